"""`python -m mlx_workers.vision`: nothing but the call, so that importing the package starts nothing."""

from .main import main

main()

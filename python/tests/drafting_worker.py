"""The mlx-text worker, which drafts whenever it may: whether that pays is of no interest to a test of its answers."""

from mlx_workers.generation.draft_pace import DraftPace
from mlx_workers.text import main

if __name__ == "__main__":
    DraftPace.drafts = property(lambda _: True)  # pyright: ignore[reportAttributeAccessIssue]
    main.main()

"""What every MLX worker shares: the generation loop and what it works on. Knows no kind of model."""

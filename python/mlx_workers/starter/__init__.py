"""Making of the MLX starter model at set-up."""

"""The mlx-text worker: text models through mlx-lm."""

"""The mlx-vision worker: models that see, run through mlx-vlm's networks by the shared generation loop."""

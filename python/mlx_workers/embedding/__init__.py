"""Encoders that turn a text into one vector: the BERT family, in plain MLX."""

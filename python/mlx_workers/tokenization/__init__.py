"""Text to token ids and back, straight from a model's own files. Runs no model."""

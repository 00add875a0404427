"""Random models for the benchmarks and tests, and mlx-lm driven in process beside them. Not part of any worker."""

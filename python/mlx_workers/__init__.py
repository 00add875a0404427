"""The MLX workers: programs that run one model each behind the frames of protocol/worker-protocol.md."""

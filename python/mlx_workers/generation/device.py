"""The machine's back end, and what follows from it for speed."""

from typing import Any

import mlx.core as mx

_KEPT_BUFFERS_BYTES = 1024**3
"""What MLX's allocator may keep of freed buffers: without a limit of its own it keeps them until the GPU's memory is
full. The server's estimate counts on this one.
"""
_DECODE_STALL_TARGET_MS = 500
_LARGEST_GPU_CHUNK = 2048
_PREFILL_TOKENS = {"gpu": 512, "cpu": 32, "cpu quantised": 4}


def device_name() -> str:
    """`cpu`, `metal` or `cuda`."""
    if mx.default_device().type == mx.DeviceType.cpu:
        return "cpu"
    return "metal" if mx.metal.is_available() else "cuda"


def keep_resident() -> None:
    """Lets a GPU hold on to what the model needs, as far as the system recommends."""
    limit = mx.device_info().get("max_recommended_working_set_size")
    if isinstance(limit, int):
        mx.set_wired_limit(limit)
    mx.set_cache_limit(_KEPT_BUFFERS_BYTES)


def prefill_tokens(config: dict[str, Any]) -> int:
    """Length of a prefill chunk of the model with this config.json."""
    if device_name() != "cpu":
        return _PREFILL_TOKENS["gpu"]
    quantised = "quantization" in config or "quantization_config" in config
    return _PREFILL_TOKENS["cpu quantised" if quantised else "cpu"]


def largest_prefill_chunk(fixed: int) -> int:
    """To which chunks may grow where nothing speaks against it; `fixed` is the length of prefill_tokens()."""
    return fixed if device_name() == "cpu" else _LARGEST_GPU_CHUNK


def default_stall_target_ms() -> int | None:
    """For how long a prefill chunk may keep those who decode; None on a CPU, where chunks have a fixed short length."""
    return None if device_name() == "cpu" else _DECODE_STALL_TARGET_MS

"""Runs a loaded network once in every way that requests will, so that none of them pays for a kernel's first use, and
what cannot run fails the load. Holds nothing.
"""

import traceback
from typing import Any

import mlx.core as mx

from ..generation.device import device_name
from ..generation.failures import LoadError, presentable
from ..generation.quantised_cache import QuantisedCache
from .network import TextNetwork

_GPU_CHUNK = 16


def warm_up(network: TextNetwork) -> int:
    """The width of the logits. Raises LoadError where the cache cannot be quantised."""
    try:
        return _run(network, network.make_cache())
    except Exception as cause:
        if network.kv_bits is None:
            raise
        traceback.print_exc()
        reason = presentable(str(cause))
        raise LoadError(f"kv_bits: the cache of this model cannot be quantised: {reason}") from cause


def _run(network: TextNetwork, cache: list[Any]) -> int:
    if device_name() != "cpu" or any(isinstance(part, QuantisedCache) for part in cache):
        network.logits_of(mx.zeros((1, _GPU_CHUNK), dtype=mx.int32), cache)
    logits = network.logits_of(mx.zeros((1, 1), dtype=mx.int32), cache)[:, -1, :]
    mx.eval(mx.argmax(logits, axis=-1))
    return logits.shape[-1]

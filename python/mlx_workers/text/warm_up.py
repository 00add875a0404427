"""Runs a loaded network once in every way that requests will, so that none of them pays for a kernel's first use, and
what cannot run fails the load. Holds nothing.
"""

import traceback

import mlx.core as mx
from msgspec.structs import replace

from ..generation.batch import can_merge
from ..generation.device import device_name
from ..generation.failures import LoadError, presentable
from ..message_parts import GREEDY
from ..sampler import BatchSampler
from .network import TextNetwork

_TRUNCATED = replace(GREEDY, temperature=1, top_p=0.9, top_k=40, min_p=0.05)


def warm_up(network: TextNetwork, chunk: int) -> int:
    """The width of the logits; `chunk` is the length of a prefill chunk. Raises LoadError where the cache cannot be
    quantised.
    """
    try:
        return _run(network, chunk)
    except Exception as cause:
        if network.kv_bits is None:
            raise
        traceback.print_exc()
        reason = presentable(str(cause))
        raise LoadError(f"kv_bits: the cache of this model cannot be quantised: {reason}") from cause


def _run(network: TextNetwork, chunk: int) -> int:
    """A CPU has nothing to compile: one token shows there that the model runs, two that it reads what it has kept."""
    cache = network.make_cache()
    on_cpu = device_name() == "cpu"
    network.logits_of(mx.zeros((1, 1 if on_cpu else chunk), dtype=mx.int32), cache)
    logits = network.logits_of(mx.zeros((1, 1), dtype=mx.int32), cache)[:, -1, :]
    if on_cpu:
        mx.eval(logits)
        return logits.shape[-1]
    mx.eval(BatchSampler([GREEDY]).choose(logits, [0]), BatchSampler([_TRUNCATED]).choose(logits, [0]))
    if can_merge(cache):
        pair = [part.merge([part, part]) for part in cache]
        both = network.logits_of(mx.zeros((2, 1), dtype=mx.int32), pair)[:, -1, :]
        mx.eval(BatchSampler([GREEDY, _TRUNCATED]).choose(both, [0, 0]))
    return logits.shape[-1]

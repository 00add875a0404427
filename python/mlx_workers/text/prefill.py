"""Runs one chunk of a prompt through the model, into the sequence's own plain cache."""

from typing import Any

import mlx.core as mx

from .lean_imports import caches
from .load import LoadedModel
from .prefix_cache import PrefixCache
from .sequence import Sequence


def begin_prefill(sequence: Sequence, model: LoadedModel, prefixes: PrefixCache) -> None:
    """Gives the sequence a cache: a kept one that begins alike, or an empty one."""
    found = prefixes.fetch(sequence.tokens)
    if found is None:
        sequence.cache = caches.make_prompt_cache(model.network)
        return
    sequence.cache, sequence.held = found
    sequence.cached = min(sequence.held, sequence.prompt_tokens)


def prefill_chunk(sequence: Sequence, model: LoadedModel) -> int:
    """Computes at most `model.prefill_tokens` tokens and waits for them; returns how many. The last token is left over.

    Chunks begin where the cached prefix ends and have a fixed length, so other sequences cannot move their borders.
    """
    count = min(model.prefill_tokens, sequence.to_prefill)
    cache: list[Any] | None = sequence.cache
    if count and cache is not None:
        chunk = mx.array(sequence.tokens[sequence.held : sequence.held + count])
        model.network(chunk[None], cache=cache)
        mx.eval([part.state for part in cache])
        sequence.held += count
        if count == model.prefill_tokens:
            mx.clear_cache()
    return count

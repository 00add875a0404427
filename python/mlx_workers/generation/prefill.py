"""Runs one chunk of a prompt through the model, into the sequence's own plain cache."""

import mlx.core as mx

from .model import LoadedModel
from .prefix_cache import PrefixCache
from .sequence import Sequence


def begin_prefill(sequence: Sequence, model: LoadedModel, prefixes: PrefixCache) -> None:
    """Gives the sequence a cache: a kept one that begins alike, or an empty one."""
    found = None if sequence.scores else prefixes.fetch(sequence.keys)
    if found is None:
        sequence.cache = model.network.make_cache()
        return
    sequence.cache, sequence.held = found
    sequence.cached = min(sequence.held, sequence.prompt_tokens)


def prefill_chunk(sequence: Sequence, model: LoadedModel) -> int:
    """Computes at most `model.prefill_tokens` tokens and waits for them; returns their number, as a cost.

    Chunks begin where the cached prefix ends and have a fixed length, so other sequences cannot move their borders.
    The last token is left over. A piece of preparation takes the place of a chunk.
    """
    count = min(model.prefill_tokens, sequence.to_prefill)
    if count and sequence.cache is not None:
        if model.network.prepare(sequence, count):
            return model.prefill_tokens
        logits = model.network.prefill(sequence, count)
        followers = sequence.tokens[sequence.held + 1 : min(sequence.held + count + 1, sequence.prompt_tokens)]
        if sequence.scores and followers:
            sequence.scores.add(logits, followers)
        mx.eval([part.state for part in sequence.cache])
        sequence.held += count
        if count == model.prefill_tokens:
            mx.clear_cache()
    return count

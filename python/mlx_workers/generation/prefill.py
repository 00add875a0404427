"""Runs prompts through the model chunk by chunk, each into its sequence's own plain cache. Decides no order."""

import time
from collections.abc import Sequence as Many

import mlx.core as mx

from .lineup import Lineup
from .model import LoadedModel
from .prefill_pace import PrefillPace
from .prefix_cache import PrefixCache
from .sequence import Sequence
from .shared_prefill import keep_for_others, partings, take_over


class Prefill:
    """What chunks are made with: the model, the caches that can be reused, and the pace."""

    def __init__(self, model: LoadedModel, prefixes: PrefixCache, pace: PrefillPace) -> None:
        self._model = model
        self._prefixes = prefixes
        self.pace = pace

    def begin(self, sequence: Sequence, lineup: Lineup) -> None:
        """Gives the sequence a cache: one that was kept, a copy of what another has computed, or an empty one."""
        found = None if sequence.scores else self._prefixes.fetch(sequence.keys)
        if found is None:
            sequence.cache = self._model.network.make_cache()
        else:
            sequence.cache, sequence.held = found
        if self._prefixes.is_on and not sequence.scores:
            take_over(sequence, lineup, self.pace.grid)
        sequence.began_at = sequence.held
        if not sequence.begun_before:
            sequence.cached = min(sequence.held, sequence.prompt_tokens)

    def chunk(self, sequence: Sequence, waiting: Many[Sequence], budget: int) -> int:
        """Computes some tokens and waits for them; returns their number, as a cost.

        Chunks of a fixed length begin where the cached prefix ends, so other sequences cannot move their borders.
        The last token is left over. A piece of preparation takes the place of a chunk.
        """
        places = partings(sequence, waiting, self.pace.grid) if self._prefixes.is_on else set[int]()
        whole = self.pace.chunk_of(budget)
        count = min(whole, sequence.to_prefill, *(place - sequence.held for place in places if place > sequence.held))
        if count and sequence.cache is not None:
            if self._model.network.prepare(sequence, count):
                return whole
            began = time.perf_counter()
            logits = self._model.network.prefill(sequence, count)
            followers = sequence.tokens[sequence.held + 1 : min(sequence.held + count + 1, sequence.prompt_tokens)]
            if sequence.scores and followers:
                sequence.scores.add(logits, followers)
            mx.eval([part.state for part in sequence.cache])
            self.pace.note(count, (time.perf_counter() - began) * 1000)
            sequence.held += count
            if count == whole:
                mx.clear_cache()
            keep_for_others(sequence, places, self._prefixes)
        return count

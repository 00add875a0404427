"""The prompt of one sequence on its way into a KV cache of its own, chunk by chunk.

Chunks have a fixed length and hold one sequence, so that neither time nor company changes a number.
"""

import time
from typing import Any

import mlx.core as mx

from ..message import PrefillProgress
from .prefix_cache import PrefixCache
from .sequence import Sequence


class Prefill:
    """Feeds all tokens but the last, which belongs to the first decode step."""

    def __init__(self, network: Any, sequence: Sequence, prefixes: PrefixCache, chunk_tokens: int) -> None:
        self.sequence = sequence
        self.tokens = sequence.known()
        self.cache, self._fed = prefixes.take(self.tokens)
        self._network = network
        self._chunk_tokens = chunk_tokens
        sequence.cached = min(self._fed, len(sequence.prompt))
        sequence.started = time.perf_counter()

    @property
    def done(self) -> bool:
        """Whether only the last token is left."""
        return self._fed >= len(self.tokens) - 1

    def progress(self) -> PrefillProgress:
        """How far the prompt is in; the frame that tells the server so."""
        total = len(self.sequence.prompt)
        return PrefillProgress(self.sequence.id, min(self._fed, total), total, self.sequence.cached)

    def advance(self) -> None:
        """Feeds one chunk, and waits for it."""
        end = min(self._fed + self._chunk_tokens, len(self.tokens) - 1)
        self._network(mx.array([self.tokens[self._fed : end]]), cache=self.cache)
        mx.eval([layer.state for layer in self.cache])
        self._fed = end

    def fed_tokens(self) -> list[int]:
        """The tokens that the cache holds by now."""
        return self.tokens[: self._fed]

"""A network of mlx-lm as the generation loop asks for it."""

from collections.abc import Sequence as Many
from typing import Any

import mlx.core as mx

from ..generation.quantised_cache import quantised
from ..generation.sequence import Sequence
from .lean_imports import caches


class TextNetwork:
    """See generation.model.Network."""

    shares_batches = True

    def __init__(self, model: Any, kv_bits: int | None = None) -> None:
        self._model = model
        self.kv_bits = kv_bits

    def make_cache(self) -> list[Any]:
        """See Network."""
        return quantised(caches.make_prompt_cache(self._model), self.kv_bits)

    def prepare(self, sequence: Sequence, count: int) -> bool:  # noqa: ARG002
        """Token ids are all that it needs."""
        return False

    def prefill(self, sequence: Sequence, count: int) -> mx.array:
        """See Network."""
        chunk = mx.array(sequence.tokens[sequence.held : sequence.held + count])
        return self.logits_of(chunk[None], sequence.cache or [])[0]

    def decode(self, inputs: mx.array, rows: Many[Sequence], cache: list[Any]) -> mx.array:  # noqa: ARG002
        """See Network."""
        return self.logits_of(inputs[:, None], cache)[:, -1, :]

    def logits_of(self, tokens: mx.array, cache: list[Any]) -> mx.array:
        """Logits [B, T, V] of token ids [B, T], which go into the cache."""
        return self._model(tokens, cache=cache)

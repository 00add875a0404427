"""A network of mlx-lm as the generation loop asks for it."""

from collections.abc import Sequence as Many
from typing import Any

import mlx.core as mx

from ..generation.sequence import Sequence
from .lean_imports import caches


class TextNetwork:
    """See generation.model.Network."""

    shares_batches = True

    def __init__(self, model: Any) -> None:
        self._model = model

    def make_cache(self) -> list[Any]:
        """See Network."""
        return caches.make_prompt_cache(self._model)

    def prepare(self, sequence: Sequence, count: int) -> bool:  # noqa: ARG002
        """Token ids are all that it needs."""
        return False

    def prefill(self, sequence: Sequence, count: int) -> mx.array:
        """See Network."""
        chunk = mx.array(sequence.tokens[sequence.held : sequence.held + count])
        return self._model(chunk[None], cache=sequence.cache)[0]

    def decode(self, inputs: mx.array, rows: Many[Sequence], cache: list[Any]) -> mx.array:  # noqa: ARG002
        """See Network."""
        return self._model(inputs[:, None], cache=cache)[:, -1, :]

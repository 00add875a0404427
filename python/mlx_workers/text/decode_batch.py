"""The rows that decode together, one step ahead of what is told: while the device computes a token, the host words the
one before. One row runs on its plain KV cache; more are merged into mlx-lm's batch caches.
"""

from dataclasses import dataclass
from typing import Any

import mlx.core as mx

from ..logprobs import PendingLogprobs
from ..sampler import BatchSampler
from .sequence import Sequence


@dataclass
class Row:
    """A sequence with the log-probabilities of the token that is on its way."""

    sequence: Sequence
    pending: PendingLogprobs | None = None


@dataclass
class Stepped:
    """One row's token of a step."""

    row: Row
    token: int
    pending: PendingLogprobs | None


def can_merge(cache: list[Any]) -> bool:
    """Whether rows with such caches can run in one batch."""
    return all(
        can_merge(layer.caches) if hasattr(layer, "caches") else hasattr(layer, "merge") for layer in cache
    )


class DecodeBatch:
    """`_tokens` [B] are sampled and not told yet; `_cache` holds everything before them."""

    def __init__(self, network: Any) -> None:
        self._network = network
        self.rows: list[Row] = []
        self._cache: list[Any] = []
        self._is_merged = False
        self._tokens: mx.array | None = None
        self._sampler: BatchSampler | None = None

    def join(self, sequence: Sequence, last_token: int, cache: list[Any]) -> None:
        """Adds a row whose `cache` holds all its tokens but the last, and starts on its first new token."""
        row = Row(sequence)
        logits = self._network(mx.array([[last_token]]), cache=cache)[:, -1, :]
        token = self._sample([row], BatchSampler([sequence.request.sampling]), logits)
        if self._tokens is None:
            self._cache, self._is_merged, self._tokens = cache, False, token
        else:
            self._extend(cache)
            self._tokens = mx.concatenate([self._tokens, token])
        self.rows.append(row)
        self._sampler = None

    def step(self) -> list[Stepped]:
        """Starts every row's next token, then waits for the current one and returns it."""
        current = self._tokens
        assert current is not None
        told = [row.pending for row in self.rows]
        logits = self._network(current[:, None], cache=self._cache)[:, -1, :]
        if self._sampler is None:
            self._sampler = BatchSampler([row.sequence.request.sampling for row in self.rows])
        self._tokens = self._sample(self.rows, self._sampler, logits)
        tokens: list[int] = current.tolist()  # pyright: ignore[reportAssignmentType]
        return [Stepped(*one) for one in zip(self.rows, tokens, told, strict=True)]

    def cache_of(self, row: Row) -> list[Any]:
        """The row's KV cache by itself: a copy, or the batch's own when the row is alone in it."""
        if not self._is_merged:
            return self._cache
        index = self.rows.index(row)
        return [layer.extract(index) for layer in self._cache]

    def leave(self, rows: list[Row]) -> None:
        """Takes rows out. A row left alone goes back to a plain cache."""
        keep = [index for index, row in enumerate(self.rows) if row not in rows]
        if len(keep) == len(self.rows):
            return
        self.rows = [self.rows[index] for index in keep]
        self._sampler = None
        if not keep:
            self._cache, self._is_merged, self._tokens = [], False, None
            return
        assert self._tokens is not None
        self._tokens = self._tokens[mx.array(keep)]
        if len(keep) == 1:
            self._cache = [layer.extract(keep[0]) for layer in self._cache]
            self._is_merged = False
        else:
            for layer in self._cache:
                layer.filter(keep)

    def _extend(self, cache: list[Any]) -> None:
        if self._is_merged:
            for layer, added in zip(self._cache, cache, strict=True):
                layer.extend(added.merge([added]))
        else:
            self._cache = [mine.merge([mine, added]) for mine, added in zip(self._cache, cache, strict=True)]
            self._is_merged = True

    def _sample(self, rows: list[Row], sampler: BatchSampler, logits: mx.array) -> mx.array:
        """Token ids [B], being computed, for logits [B, V]."""
        if any(row.sequence.penalties is not None for row in rows):
            logits = mx.stack([_penalised(row, logits[index]) for index, row in enumerate(rows)])
        tokens = sampler.choose(logits, [row.sequence.sampled for row in rows])
        waiting = [tokens]
        for index, row in enumerate(rows):
            sequence = row.sequence
            sequence.sampled += 1
            if sequence.penalties is not None:
                sequence.penalties.count(tokens[index : index + 1])
            if sequence.request.top_logprobs is not None:
                token = tokens[index : index + 1]
                row.pending = PendingLogprobs(logits[index], token, sequence.request.top_logprobs)
                waiting += row.pending.arrays()
        mx.async_eval(*waiting)
        return tokens


def _penalised(row: Row, logits: mx.array) -> mx.array:
    penalties = row.sequence.penalties
    return logits.astype(mx.float32) if penalties is None else penalties.apply(logits)

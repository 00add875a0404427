"""Speculative decoding for a row that runs alone: a small model proposes the next tokens, and the large one computes
what follows each of them in one call.

A row's random numbers depend on its seed and the position alone, so the tokens are drawn just as without a draft, and
those proposals stay that are what was drawn. Both models draw with the same numbers, so that they agree more often.
"""

import time
from collections.abc import Sequence as Many
from dataclasses import dataclass
from typing import Any, Protocol

import mlx.core as mx

from ..sampler import BatchSampler
from .draft_pace import DraftPace
from .prefix_cache import common_prefix
from .sequence import Sequence

_PROPOSALS = 3


class Chain(Protocol):
    """A network that can be asked for several positions at once, and whose cache can be cut."""

    def make_cache(self) -> list[Any]:
        """An empty cache for one sequence."""
        ...

    def logits_of(self, tokens: mx.array, cache: list[Any]) -> mx.array:
        """Logits [B, T, V] of token ids [B, T], which go into the cache."""
        ...


@dataclass(frozen=True)
class DraftPair:
    """`chunk`: tokens that the draft takes in one call while it catches up. Both know `vocabulary_size` tokens."""

    target: Chain
    draft: Chain
    chunk: int
    vocabulary_size: int


@dataclass(frozen=True)
class Drafted:
    """`tokens` follow the one that was given; the last of them [1] is not in the cache yet."""

    given: int
    tokens: list[int]
    last: mx.array


@dataclass(frozen=True)
class _Measured:
    """A step that was begun, and how many tokens the row's answer had then."""

    row: Sequence
    began: float
    sampled: int


class Drafter:
    """Holds the draft's cache, of whichever row it worked for last."""

    def __init__(self, pair: DraftPair) -> None:
        self._pair = pair
        self._cache: list[Any] = []
        self._held: list[int] = []
        self._pace = DraftPace()
        self._measured: _Measured | None = None
        self.forget()

    def forget(self) -> None:
        """After a failure that may have left arrays broken."""
        self._cache = self._pair.draft.make_cache()
        self._held = []
        self._measured = None

    def step(self, row: Sequence, given: mx.array, cache: list[Any]) -> Drafted | None:
        """What follows the token `given` [1] of the row, whose cache holds all before it. None: not this time."""
        began = time.perf_counter()
        self._note(row, began)
        end = row.limit if row.break_after is None else min(row.limit, row.break_after)
        count = min(_PROPOSALS, end - row.sampled - 1)
        if count < 1 or not may_be_drafted(row):
            return None
        if not self._pace.drafts:
            self._measured = _Measured(row, began, row.sampled)
            return None
        known = row.tokens[: row.held]
        if not self._follow(known):
            return None
        self._measured = _Measured(row, began, row.sampled)
        return self._check(row, given, cache, known, count)

    def _note(self, row: Sequence, now: float) -> None:
        """Tells the pace of the step before, if it was measured and the row is still the same."""
        before, self._measured = self._measured, None
        if before is not None and before.row is row:
            self._pace.note(row.sampled - before.sampled, (now - before.began) * 1000)

    def _check(self, row: Sequence, given: mx.array, cache: list[Any], known: list[int], count: int) -> Drafted:
        proposed = self._propose(row, given, known[len(self._held) :], count)
        inputs = mx.concatenate([given, *proposed])
        logits = self._pair.target.logits_of(inputs[None], cache)[0]
        drawn = BatchSampler([row.sampling] * (count + 1)).choose(logits, range(row.sampled, row.sampled + count + 1))
        mx.eval(inputs, drawn)
        fed: list[int] = inputs.tolist()  # pyright: ignore[reportAssignmentType]
        tokens: list[int] = drawn.tolist()  # pyright: ignore[reportAssignmentType]
        self._held = known + fed[:-1]
        agreed = common_prefix(fed[1:], tokens)
        _trim(cache, count - agreed)
        return Drafted(fed[0], tokens[: agreed + 1], drawn[agreed : agreed + 1])

    def _follow(self, known: list[int]) -> bool:
        """Brings the draft's cache to the row's tokens, by one chunk at the most; whether it is near enough now."""
        common = common_prefix(self._held, known)
        _trim(self._cache, len(self._held) - common)
        self._held = self._held[:common]
        missing = known[common : common + self._pair.chunk]
        if common + len(missing) == len(known):
            return True
        self._pair.draft.logits_of(mx.array([missing]), self._cache)
        mx.eval([part.state for part in self._cache])
        self._held += missing
        return False

    def _propose(self, row: Sequence, given: mx.array, missing: list[int], count: int) -> list[mx.array]:
        sampler = BatchSampler([row.sampling])
        inputs = mx.concatenate([mx.array(missing, dtype=mx.uint32), given])
        proposed: list[mx.array] = []
        for place in range(count):
            logits = self._pair.draft.logits_of(inputs[None], self._cache)[:, -1, : self._pair.vocabulary_size]
            inputs = sampler.choose(logits, [row.sampled + place])
            proposed.append(inputs)
        return proposed


def may_be_drafted(row: Sequence) -> bool:
    """Whether a token's logits are all that decides about it: not what came before, nor a form."""
    is_free = row.penalties is None and row.form is None and row.sampled >= row.min_tokens
    return is_free and row.top_logprobs is None


def _trim(cache: Many[Any], count: int) -> None:
    if count > 0:
        for part in cache:
            part.trim(count)

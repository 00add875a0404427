"""The sequences that decode together, one token a step, always one step ahead of the host.

A single row runs on its plain KV cache; a second one merges both into the library's batch caches. Takes no decisions.
"""

from collections.abc import Sequence as Many
from typing import Any, NamedTuple

import mlx.core as mx

from ..logprobs import PendingLogprobs
from ..sampler import BatchSampler
from .drafting import Drafted, Drafter
from .form_mask import hold_to_forms
from .model import Network
from .sequence import Sequence


class InFlight(NamedTuple):
    """The token [1] that was asked of the device for a row that paused, not known to the host yet."""

    token: mx.array
    logprobs: PendingLogprobs | None


class Sampled(NamedTuple):
    """A token that one row gained, with its log-probabilities where they were asked for."""

    row: Sequence
    token_id: int
    logprobs: PendingLogprobs | None


def can_merge(cache: Many[Any]) -> bool:
    """Whether caches of this model can run in one batch."""
    return all(hasattr(part, "merge") and can_merge(getattr(part, "caches", ())) for part in cache)


class RunningBatch:
    """Rows, their cache and the tokens that go in next. `keeps_caches`: rows that leave take their cache along.

    With a `drafter` a row that is alone may gain several tokens in one step.
    """

    def __init__(self, network: Network, *, keeps_caches: bool, drafter: Drafter | None = None) -> None:
        self._network = network
        self._drafter = drafter
        self._keeps_caches = keeps_caches
        self.rows: list[Sequence] = []
        self._cache: list[Any] = []
        self._inputs = mx.array([], dtype=mx.uint32)
        self._logprobs: list[PendingLogprobs | None] = []
        self._sampler = BatchSampler([])

    def join(self, new: Many[Sequence]) -> None:
        """Adds rows whose cache holds all their tokens but the last, or that were parked."""
        caches = [row.cache for row in new if row.cache is not None]
        if len(self.rows) == 1:
            caches.insert(0, self._cache)
        if not self.rows and len(caches) == 1:
            self._cache = caches[0]
        else:
            merged = [parts[0].merge(list(parts)) for parts in zip(*caches, strict=True)]
            if len(self.rows) > 1:
                for part, other in zip(self._cache, merged, strict=True):
                    part.extend(other)
            else:
                self._cache = merged
        inputs = [self._inputs]
        for row in new:
            row.cache = None
            parked, row.in_flight = row.in_flight, None
            inputs.append(mx.array(row.tokens[-1:], dtype=mx.uint32) if parked is None else parked.token)
            self._logprobs.append(None if parked is None else parked.logprobs)
        self.rows += new
        self._inputs = mx.concatenate(inputs)
        self._sampler = BatchSampler([row.sampling for row in self.rows])

    def park(self, row: Sequence) -> None:
        """Takes a row out so that it can join again as if it had never left."""
        place = self.rows.index(row)
        row.in_flight = InFlight(self._inputs[place : place + 1], self._logprobs[place])
        row.cache = cache = self.cache_of(place)
        self.leave([row])
        row.cache = cache
        # Else the copies would hold on to the arrays of the whole batch.
        pending = [] if row.in_flight.logprobs is None else row.in_flight.logprobs.arrays()
        mx.async_eval([part.state for part in cache], row.in_flight.token, pending)

    def leave(self, leaving: Many[Sequence]) -> None:
        """Takes rows out; the others do not notice."""
        gone = {id(row) for row in leaving}
        keep = [place for place, row in enumerate(self.rows) if id(row) not in gone]
        if self._keeps_caches:
            for place, row in enumerate(self.rows):
                if id(row) in gone:
                    row.cache = self.cache_of(place)
        if len(keep) > 1:
            for part in self._cache:
                part.filter(keep)
        else:
            self._cache = self.cache_of(keep[0]) if keep else []
        self.rows = [self.rows[place] for place in keep]
        self._inputs = self._inputs[mx.array(keep)] if keep else mx.array([], dtype=mx.uint32)
        self._logprobs = [self._logprobs[place] for place in keep]
        self._sampler = BatchSampler([row.sampling for row in self.rows])

    def cache_of(self, place: int) -> list[Any]:
        """The plain cache of one row."""
        return self._cache if len(self.rows) == 1 else [part.extract(place) for part in self._cache]

    def step(self) -> list[Sampled]:
        """Starts the next token of every row that may have one, then waits for the tokens started before.

        A row whose answer is fully sampled leaves first: nothing has to be computed for it.
        """
        if self._drafter is not None and len(self.rows) == 1:
            drafted = self._drafter.step(self.rows[0], self._inputs, self._cache)
            if drafted is not None:
                return self._take(self.rows[0], drafted)
        rows, inputs, logprobs = self.rows, self._inputs, self._logprobs
        answered = [row.joined for row in rows]
        complete = [row for row in rows if row.joined and row.is_fully_sampled]
        if complete:
            self.leave(complete)
        if self.rows:
            self._start_next()
        mx.eval(inputs, [pending.arrays() for pending in logprobs if pending is not None])
        tokens: list[int] = inputs.tolist()  # pyright: ignore[reportAssignmentType]
        return [
            Sampled(row, token, pending)
            for row, token, pending, is_answer in zip(rows, tokens, logprobs, answered, strict=True)
            if is_answer
        ]

    def _take(self, row: Sequence, drafted: Drafted) -> list[Sampled]:
        """All tokens but the last are known and in the cache; the last goes in next."""
        certain = [drafted.given, *drafted.tokens[:-1]]
        answer = certain if row.joined else certain[1:]
        row.joined = True
        row.sampled += len(drafted.tokens)
        row.held += len(certain)
        self._inputs = drafted.last
        return [Sampled(row, token, None) for token in answer]

    def _start_next(self) -> None:
        inputs = self._inputs
        logits = self._network.decode(inputs, self.rows, self._cache)
        logits = self._without_early_ends(self._penalised(logits, inputs))
        allowed = hold_to_forms(logits, self.rows, inputs)
        self._inputs = self._sampler.choose(allowed, [row.sampled for row in self.rows])
        self._logprobs = [
            None
            if row.top_logprobs is None
            else PendingLogprobs(logits[place], self._inputs[place : place + 1], row.top_logprobs)
            for place, row in enumerate(self.rows)
        ]
        mx.async_eval(self._inputs, [pending.arrays() for pending in self._logprobs if pending is not None])
        for row in self.rows:
            row.joined = True
            row.sampled += 1
            row.held += 1

    def _penalised(self, logits: mx.array, inputs: mx.array) -> mx.array:
        """Logits [B, V], new for the rows that have penalties. A row's first input is its prompt's, counted already."""
        changed: list[mx.array] = []
        places: list[int] = []
        for place, row in enumerate(self.rows):
            if row.penalties is not None:
                if row.joined:
                    row.penalties.count(inputs[place : place + 1])
                places.append(place)
                changed.append(row.penalties.apply(logits[place]))
        if not places:
            return logits
        logits = logits.astype(mx.float32)
        logits[mx.array(places)] = mx.stack(changed)
        return logits

    def _without_early_ends(self, logits: mx.array) -> mx.array:
        """Logits [B, V] in which no row that has to go on can end."""
        for place, row in enumerate(self.rows):
            if row.sampled < row.min_tokens and row.end_ids:
                logits[place, mx.array(sorted(row.end_ids))] = -mx.inf
        return logits

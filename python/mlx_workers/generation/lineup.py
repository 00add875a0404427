"""Where the sequences are: waiting for a form or a prefill, joining, in the batch, or paused. Decides nothing."""

from collections import deque
from typing import Any

from .batch import RunningBatch, Sampled
from .drafting import Drafter
from .model import Network
from .sequence import Sequence


class Lineup:
    """Every sequence is in exactly one place."""

    def __init__(self, network: Network, *, keeps_caches: bool, drafter: Drafter | None = None) -> None:
        self._network = network
        self._drafter = drafter
        self._keeps_caches = keeps_caches
        self.forming: list[Sequence] = []
        self.waiting: deque[Sequence] = deque()
        self.joining: list[Sequence] = []
        self.paused: list[Sequence] = []
        self.batch = RunningBatch(network, keeps_caches=keeps_caches, drafter=drafter)

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to compute."""
        return not (self.waiting or self.joining or self.batch.rows)

    @property
    def running(self) -> list[Sequence]:
        """Those that take part in the next step."""
        return [*self.joining, *self.batch.rows]

    @property
    def running_in_order(self) -> list[Sequence]:
        """The same, those that came last at the end."""
        return [*self.batch.rows, *self.joining]

    def send_back(self, sequence: Sequence) -> None:
        """One that was taken out is computed again once there is room, before those who wait."""
        sequence.forget()
        self.waiting.appendleft(sequence)

    def all(self) -> list[Sequence]:
        """Wherever they are."""
        return [*self.forming, *self.waiting, *self.running, *self.paused]

    def named(self, request_id: str) -> list[Sequence]:
        """The one with that id, if there is one."""
        return [sequence for sequence in self.all() if sequence.id == request_id]

    def take_out(self, sequences: list[Sequence]) -> None:
        """Wherever they are, together with what they hold."""
        self.forming = [sequence for sequence in self.forming if sequence not in sequences]
        self.waiting = deque(sequence for sequence in self.waiting if sequence not in sequences)
        self.joining = [sequence for sequence in self.joining if sequence not in sequences]
        self.paused = [sequence for sequence in self.paused if sequence not in sequences]
        rows = [row for row in self.batch.rows if row in sequences]
        if rows:
            self.batch.leave(rows)

    def pause(self, sequence: Sequence) -> None:
        """From anywhere else, its cache kept."""
        if sequence in self.batch.rows:
            self.batch.park(sequence)
        self.take_out([sequence])
        self.paused.append(sequence)

    def resume(self, sequence: Sequence) -> None:
        """It goes ahead of those who wait: it had its turn before them."""
        self.paused.remove(sequence)
        if sequence.awaits_form:
            self.forming.append(sequence)
        else:
            self.waiting.appendleft(sequence)

    def formed(self, sequence: Sequence) -> None:
        """It may be prefilled now, unless it is paused."""
        if sequence in self.forming:
            self.forming.remove(sequence)
            self.waiting.append(sequence)

    def paused_bytes(self) -> int:
        """What the KV caches of the paused hold."""
        return sum(part.nbytes for sequence in self.paused for part in sequence.cache or [])

    def with_cache(self) -> list[Sequence]:
        """Those that have begun."""
        return [sequence for sequence in self.all() if sequence.cache is not None or sequence in self.batch.rows]

    def cache_of(self, sequence: Sequence) -> list[Any]:
        """The plain cache of one that has begun; a row's is a copy of its part of the batch's."""
        if sequence in self.batch.rows:
            return self.batch.cache_of(self.batch.rows.index(sequence))
        return sequence.cache or []

    def step(self) -> list[Sampled]:
        """Takes those in that join, and the batch one step on."""
        if self.joining:
            self.batch.join(self.joining)
            self.joining = []
        return self.batch.step()

    def drop_running(self) -> list[Sequence]:
        """Begins with an empty batch and returns those that were in the old one or about to join."""
        dropped = self.running
        self.joining = []
        if self._drafter is not None:
            self._drafter.forget()
        self.batch = RunningBatch(self._network, keeps_caches=self._keeps_caches, drafter=self._drafter)
        return dropped

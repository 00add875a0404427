"""Where the sequences are that no batch holds: waiting for prefill, joining the batch, or paused. Decides nothing."""

from collections import deque
from collections.abc import Iterable

from .sequence import Sequence


class Lineup:
    """Every sequence is in exactly one of these, or a row of the batch."""

    def __init__(self) -> None:
        self.waiting: deque[Sequence] = deque()
        self.joining: list[Sequence] = []
        self.paused: list[Sequence] = []

    def all(self) -> list[Sequence]:
        """The one whose turn is next comes first."""
        return [*self.waiting, *self.joining, *self.paused]

    def take_out(self, sequences: Iterable[Sequence]) -> None:
        """Of wherever they are; those that are nowhere here are left alone."""
        gone = {id(sequence) for sequence in sequences}
        self.waiting = deque(sequence for sequence in self.waiting if id(sequence) not in gone)
        self.joining = [sequence for sequence in self.joining if id(sequence) not in gone]
        self.paused = [sequence for sequence in self.paused if id(sequence) not in gone]

    def paused_bytes(self) -> int:
        """What the KV caches of the paused hold."""
        return sum(part.nbytes for sequence in self.paused for part in sequence.cache or [])

"""Whether the KV caches of one more sequence fit beside those that run, and which row has to wait where they outgrow
what the server has set aside. A wait costs time; memory that is not there costs the machine.
"""

import time
from collections.abc import Iterable

from .lineup import Lineup
from .sequence import Sequence

_GROWTH_TOKENS = 256
"""By so much a cache grows at a time."""
_SIGN_OF_LIFE_SECONDS = 5.0


class CacheRoom:
    """`tokens` for the caches of all that run together; None: as many as it takes."""

    def __init__(self, tokens: int | None) -> None:
        self._tokens = tokens
        self._told_at = time.monotonic()

    def admits(self, sequence: Sequence, lineup: Lineup) -> bool:
        """Whether it may begin, or join. One alone always may: its context was measured to fit."""
        running = lineup.running
        if self._tokens is None or not running:
            return True
        begun = [other for other in lineup.waiting if other is not sequence and other.cache is not None]
        return _tokens_of([*running, *begun, sequence]) <= self._tokens

    def surplus(self, lineup: Lineup) -> list[Sequence]:
        """Rows that the next step has no room for: those that came last."""
        rows = lineup.running_in_order
        if self._tokens is None:
            return []
        keep = len(rows)
        while keep > 1 and _tokens_of(rows[:keep]) > self._tokens:
            keep -= 1
        return rows[keep:]

    def is_time_to_tell(self) -> bool:
        """Now and then: a server takes those of whom it hears nothing for dead."""
        now = time.monotonic()
        if now - self._told_at < _SIGN_OF_LIFE_SECONDS:
            return False
        self._told_at = now
        return True


def _tokens_of(sequences: Iterable[Sequence]) -> int:
    """In a batch every row takes as much as the longest, with the token that comes next."""
    lengths = [len(sequence.tokens) + 1 for sequence in sequences]
    longest = -(-max(lengths, default=0) // _GROWTH_TOKENS) * _GROWTH_TOKENS
    return longest * len(lengths)

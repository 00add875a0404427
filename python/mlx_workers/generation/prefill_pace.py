"""How many prompt tokens go into one prefill chunk, so that those who decode do not wait longer than they may."""

_MARGIN = 0.8
"""Part of the target that a chunk may take: the step of the batch comes on top."""
_IDLE_MS = 400.0
"""What a chunk may take while nothing decodes: a cancel waits for it."""
_SMALLEST = 16
_UNMEASURED = 128
_WEIGHT = 0.5


class PrefillPace:
    """Of a fixed length without a target; with one, as long as the speed of the last chunks allows, in powers of 2."""

    def __init__(self, tokens: int, largest: int, target_ms: float | None) -> None:
        """`tokens` is the fixed length, and the first one while nothing decodes."""
        self._tokens = tokens
        self._largest = largest
        self._target_ms = target_ms
        self._ms_per_token: float | None = None
        self.smallest = 1 if target_ms is None else min(tokens, _SMALLEST)

    @property
    def grid(self) -> int:
        """What all places where chunks end have in common: the fixed length, or 1."""
        return self._tokens if self._target_ms is None else 1

    def chunk_of(self, budget: int) -> int:
        """The next chunk's length. A fixed one may exceed what is left of a budget."""
        return self._tokens if self._target_ms is None else budget

    def budget(self, *, decoding: bool) -> int:
        """Tokens to prefill before the next step."""
        if self._target_ms is None:
            return self._tokens
        if self._ms_per_token is None:
            return min(self._tokens, _UNMEASURED) if decoding else self._tokens
        limit_ms = self._target_ms * _MARGIN if decoding else _IDLE_MS
        fitting = min(self._largest, limit_ms / self._ms_per_token)
        tokens = self.smallest
        while tokens * 2 <= fitting:
            tokens *= 2
        return tokens

    def note(self, tokens: int, took_ms: float) -> None:
        """Learns from a chunk; the shortest ones tell little."""
        if tokens >= self.smallest:
            now = took_ms / tokens
            before = now if self._ms_per_token is None else self._ms_per_token
            self._ms_per_token = before + _WEIGHT * (now - before)

"""Whether a draft pays: both ways are tried for a few steps, the faster one is used for a while, then it is tried anew.

Decides when, never what: a token is the same either way.
"""

_PLAIN_STEPS = 3
"""The first of them is not counted: it fills the pipeline that a drafted step has drained."""
_DRAFTED_STEPS = 4
_SETTLED_TOKENS = 64


class DraftPace:
    """Told of every step that was taken as it said."""

    def __init__(self) -> None:
        self._phase = "plain"
        self._steps = 0
        self._tokens = 0
        self._took_ms = 0.0
        self._plain_ms = 0.0
        self._pays = False

    @property
    def drafts(self) -> bool:
        """Whether the next step is to be drafted."""
        return self._phase == "drafted" or (self._phase == "settled" and self._pays)

    def note(self, tokens: int, took_ms: float) -> None:
        """What the last step brought and cost."""
        self._steps += 1
        if self._phase != "plain" or self._steps > 1:
            self._tokens += tokens
            self._took_ms += took_ms
        if self._phase == "plain" and self._steps == _PLAIN_STEPS:
            self._plain_ms = self._took_ms / max(1, self._tokens)
            self._enter("drafted")
        elif self._phase == "drafted" and self._steps == _DRAFTED_STEPS:
            self._pays = self._took_ms / max(1, self._tokens) < self._plain_ms
            self._enter("settled")
        elif self._phase == "settled" and self._tokens >= _SETTLED_TOKENS:
            self._enter("plain")

    def _enter(self, phase: str) -> None:
        self._phase, self._steps, self._tokens, self._took_ms = phase, 0, 0, 0.0

"""The text of one sequence on its way out: holds back what may become part of a stop string, and ends at one.

The stop string that is complete first wins; of two that end at the same character, the longer.
"""

from collections.abc import Sequence

from .detokenize import Detokenizer


class StopScanner:
    """Text in, certain text out. `matched` names the stop string that ended the stream; nothing follows it."""

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = stops
        self._held = ""
        self.matched: str | None = None

    def push(self, text: str) -> str:
        """Text that is certain by now, without anything of a stop string."""
        if self.matched is not None:
            return ""
        held = self._held + text
        first = min(((at + len(stop), at, stop) for stop in self._stops if (at := held.find(stop)) >= 0), default=None)
        if first is not None:
            _, at, self.matched = first
            self._held = ""
            return held[:at]
        certain = len(held) - self._possible_start(held)
        self._held = held[certain:]
        return held[:certain]

    def flush(self) -> str:
        """What was held back, at the end of a stream that no stop string ended."""
        held, self._held = self._held, ""
        return held

    def _possible_start(self, text: str) -> int:
        """Length of the longest end of `text` that is a beginning of a stop string."""
        longest = 0
        for stop in self._stops:
            at = text.find(stop[0], max(0, len(text) - len(stop) + 1))
            while at >= 0 and len(text) - at > longest:
                if stop.startswith(text[at:]):
                    longest = len(text) - at
                    break
                at = text.find(stop[0], at + 1)
        return longest


class TextStream:
    """Tokens in, certain text out."""

    def __init__(self, detokenizer: Detokenizer, stops: Sequence[str]) -> None:
        self._detokenizer = detokenizer
        self._scanner = StopScanner(stops) if stops else None

    @property
    def matched(self) -> str | None:
        """The stop string that ended the text."""
        return None if self._scanner is None else self._scanner.matched

    def push(self, token_id: int, *, may_stop: bool = True) -> str:
        """Text that became certain with this token. Where it may not stop, no stop string may begin either."""
        text = self._detokenizer.push(token_id)
        return text if self._scanner is None or not may_stop else self._scanner.push(text)

    def drop_partial(self) -> None:
        """What follows does not go on with a character that is not whole yet: nothing is shown of it."""
        self._detokenizer.flush()

    def flush(self) -> str:
        """The rest at the end of the sequence. A stop string that only this completes still counts."""
        text = self._detokenizer.flush()
        if self._scanner is None:
            return text
        return self._scanner.push(text) + self._scanner.flush()

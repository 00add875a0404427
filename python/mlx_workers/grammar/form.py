"""How far one sequence has come in the form that its answer must have. The engine thread alone touches it."""

from llguidance import LLMatcher

from ..generation.failures import RequestError

_PARAM = "constraint"


class Form:
    """Takes the answer's tokens, says which may come next. Never raises: what goes wrong is in `fault`."""

    def __init__(self, matcher: LLMatcher) -> None:
        self._matcher = matcher
        self.fault: RequestError | None = None

    def next_mask(self, token_id: int | None) -> bytes:
        """A bit for each token that may follow, behind `token_id` if there is a new one. Empty after a fault."""
        if self.fault is None:
            if token_id is not None:
                self._matcher.consume_token(token_id)
            mask = b"" if self._matcher.is_error() else self._matcher.compute_bitmask()
            if not self._matcher.is_error():
                return mask
            text = f"The answer's form became too much to follow: {reason_of(self._matcher)}"
            self.fault = RequestError("invalid_request", text, _PARAM)
        return b""


def reason_of(matcher: LLMatcher) -> str:
    """Why it gave up, in one line."""
    text = matcher.get_error()
    if text.startswith("NoExtension"):
        return "no text can have this form."
    return text.partition("<state>")[0][:500]

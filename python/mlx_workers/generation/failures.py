"""How a request or a load fails, in words that may reach a client: one line, no path, no stack."""

import re

from ..message_parts import ErrorCode

_LONGEST_MESSAGE = 1000
_PATH = re.compile(r"(?:[A-Za-z]:)?(?:[/\\][^\s'\"<>|:,;()\[\]]+)+")


class RequestError(Exception):
    """One request cannot be served; answered with an `error` frame that carries these fields."""

    def __init__(self, code: ErrorCode, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.code: ErrorCode = code
        self.message = presentable(message)
        self.param = param


class LoadError(Exception):
    """The model cannot be loaded; the reason is fit for a client."""


def presentable(text: str) -> str:
    """One line of bounded length in which absolute paths are replaced."""
    line = " ".join(_PATH.sub("(path)", text).split())
    return line if len(line) <= _LONGEST_MESSAGE else line[: _LONGEST_MESSAGE - 1] + "…"

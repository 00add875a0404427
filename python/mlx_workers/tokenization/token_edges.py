"""Finds the ends of a client's texts that may become a special token together with what a template puts beside them."""

import re
from collections.abc import Iterable
from functools import cached_property
from typing import Any

_WORD = re.compile(r"\w*", re.ASCII)
_TOLD_APART_BY = ("role", "type")
"""Keys whose values templates compare: a mark in them would change what a template writes."""


class TokenEdges:
    """Of one set of tokens. A token of one character cannot be put together."""

    def __init__(self, tokens: Iterable[str]) -> None:
        self._tokens = frozenset(token for token in tokens if len(token) > 1)
        self._lengths = sorted({len(token) for token in self._tokens})

    @cached_property
    def _beginnings(self) -> frozenset[str]:
        return frozenset(token[:at] for token in self._tokens for at in range(1, len(token)))

    @cached_property
    def _endings(self) -> frozenset[str]:
        return frozenset(token[at:] for token in self._tokens for at in range(1, len(token)))

    @cached_property
    def _all(self) -> str:
        return "\0".join(self._tokens)

    def mark(self, value: Any, mark: str) -> Any:
        """A copy with `mark` at every such end of its texts. White space there is left outside: templates strip it."""
        if isinstance(value, str):
            return self._mark_text(value, mark)
        if isinstance(value, dict):
            return {
                key if not isinstance(key, str) or _WORD.fullmatch(key) else self._mark_text(key, mark): entry
                if key in _TOLD_APART_BY and isinstance(entry, str)
                else self.mark(entry, mark)
                for key, entry in value.items()
            }
        if isinstance(value, list | tuple):
            return [self.mark(entry, mark) for entry in value]
        return value

    def _mark_text(self, text: str, mark: str) -> str:
        core = text.strip()
        if not core or not self._tokens:
            return text
        reach = range(1, min(len(core) + 1, self._lengths[-1]))
        is_inside = len(core) < self._lengths[-1] and core in self._all
        begins = is_inside or any(core[:count] in self._endings for count in reach)
        ends = is_inside or any(core[-count:] in self._beginnings for count in reach)
        if not begins and not ends:
            return text
        at = text.index(core)
        before, behind = text[:at], text[at + len(core) :]
        return f"{before}{mark if begins else ''}{core}{mark if ends else ''}{behind}"

    def cut(self, marked: str, mark: str, by: str) -> str:
        """A rendered text with `by` where a mark stands inside a token; the other marks are gone."""
        first, *others = marked.split(mark)
        text = "".join([first, *others])
        cuts: list[int] = []
        place = len(first)
        for part in others:
            if self._is_inside(text, place):
                cuts.append(place)
            place += len(part)
        pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
        return by.join(pieces)

    def _is_inside(self, text: str, place: int) -> bool:
        for start in range(max(0, place - self._lengths[-1] + 1), place):
            lengths = self._lengths if text[start] in self._beginnings else []
            if any(start + length > place and text[start : start + length] in self._tokens for length in lengths):
                return True
        return False

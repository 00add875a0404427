"""Finds a tokenizer's special tokens in what a client wrote, and takes them apart, in time linear in the text."""

import re
from collections.abc import Iterable
from itertools import groupby


class SpecialTokens:
    """Tokens of one character cannot be taken apart and are left alone."""

    def __init__(self, tokens: Iterable[str]) -> None:
        tree = _tree(sorted({token for token in tokens if len(token) > 1}))
        self._begins = re.compile(rf"(?={tree})(.)", re.DOTALL)

    def cut(self, text: str, mark: str) -> str:
        """`mark` behind the first character of each, so that none is whole, nor one that overlapped another."""
        return self._begins.sub(lambda found: found[1] + mark, text)


def _tree(tokens: list[str]) -> str:
    """A pattern of sorted strings that tries one branch for each next character. It matches the shortest."""
    if not tokens:
        return "(?!)"
    if tokens[0] == "":
        return ""
    branches = [
        re.escape(first) + _tree([token[1:] for token in group]) for first, group in groupby(tokens, lambda one: one[0])
    ]
    return branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"

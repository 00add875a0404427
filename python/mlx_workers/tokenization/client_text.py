"""Keeps what a client wrote from becoming special tokens: it is cut inside each of them and tokenised in pieces.

Text without any of them is left as it is, so its ids are those of the whole prompt. Where a client's text makes one
together with what the template puts beside it, it is cut as well.
"""

import json
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, NamedTuple

from .special_tokens import SpecialTokens
from .token_edges import TokenEdges

_PRIVATE_USE = range(0xE000, 0xF8FF)
_LEAD = "\n"


class Marks(NamedTuple):
    """Characters that no text of a client holds: where it is cut, and where it may turn out that it must be."""

    cut: str
    edge: str


Render = Callable[[list[dict[str, Any]], Any], str]
"""Messages and tools to the text of a template."""


class ClientText:
    """One tokenizer's tokens that no client may write. What the model itself writes, such as `<think>`, an assistant's
    turn may hold: it quotes the model. `special` are never text; `spoken` are the added tokens that a model may write.
    """

    def __init__(self, special: Iterable[str], spoken: Iterable[str]) -> None:
        never = frozenset(special)
        everything = never | readable_tokens(spoken)
        self._assistants = SpecialTokens(never)
        self._others = SpecialTokens(everything)
        self._edges = TokenEdges(everything)

    def tokens_for(self, role: str | None) -> SpecialTokens:
        """Those that a turn of this role may not hold."""
        return self._assistants if role == "assistant" else self._others

    def pieces(self, messages: list[dict[str, Any]], tools: Any, render: Render) -> list[str]:
        """What `render` makes of them, in pieces that are tokenised one by one. Raises ValueError when no character is
        left to mark cuts by.
        """
        marks = unused_characters(texts_in([messages, tools]))
        given = [
            {
                key: value if key == "role" else self._cut(value, self.tokens_for(message.get("role")), marks)
                for key, value in message.items()
            }
            for message in messages
        ]
        return self.pieces_of_cut(given, self.cut_tools(tools, marks), marks, render)

    def cut_tools(self, tools: Any, marks: Marks) -> Any:
        """A copy in which every special token is cut."""
        return self._cut(tools, self._others, marks)

    def pieces_of_cut(self, messages: list[dict[str, Any]], tools: Any, marks: Marks, render: Render) -> list[str]:
        """The same of messages and tools that are cut already. Where a template puts a text beside another, or beside
        its own, such that both make a token, it is cut there too: rendered once more, the edges have marks.
        """
        text = _unescaped(render(messages, tools), marks)
        edged = self._edges.mark([messages, tools], marks.edge)
        if edged != [messages, tools]:
            shown = _unescaped(render(*edged), marks)
            if shown.replace(marks.edge, "") == text:
                text = self._edges.cut(shown, marks.edge, marks.cut)
            else:  # The template looks at what it is given there: nobody can say which edges matter.
                text = shown.replace(marks.edge, marks.cut)
        return text.split(marks.cut)

    def _cut(self, value: Any, tokens: SpecialTokens, marks: Marks) -> Any:
        return change_texts(value, lambda text: tokens.cut(text, marks.cut))


def _unescaped(text: str, marks: Marks) -> str:
    """A template's tojson may escape the marks."""
    for mark in marks:
        text = text.replace(json.dumps(mark)[1:-1], mark)
    return text


def readable_tokens(tokens: Iterable[str]) -> frozenset[str]:
    """Those that are more than spaces: a run of spaces that is one token means nothing else."""
    return frozenset(token for token in tokens if token.replace("▁", " ").strip())


def encode_pieces(encode: Callable[[str], list[int]], pieces: list[str]) -> list[int]:
    """Ids of the pieces of one text. A piece does not begin a text, so it gets no space in front, as some tokenizers
    would give it: it is encoded behind a line break whose ids are taken away again.
    """
    ids = encode(pieces[0])
    lead = encode(_LEAD) if len(pieces) > 1 else []
    for piece in pieces[1:]:
        behind = encode(_LEAD + piece)
        ids += behind[len(lead) :] if behind[: len(lead)] == lead else encode(piece)
    return ids


def unused_characters(texts: Iterable[str]) -> Marks:
    """Two of the private use area that no text holds. Raises ValueError."""
    used = set("".join(texts))
    free = list(islice((chr(code) for code in _PRIVATE_USE if chr(code) not in used), 2))
    if len(free) < 2:
        raise ValueError("the messages use every private character of Unicode")
    return Marks(*free)


def texts_in(value: Any) -> Iterable[str]:
    """Every text in a value for a template, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, entry in value.items():
            yield from texts_in(key)
            yield from texts_in(entry)
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from texts_in(entry)


def change_texts(value: Any, change: Callable[[str], str]) -> Any:
    """A copy with every text changed, keys too: a tool's parameters are named by the client."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {
            change(key) if isinstance(key, str) else key: change_texts(entry, change) for key, entry in value.items()
        }
    if isinstance(value, list | tuple):
        return [change_texts(entry, change) for entry in value]
    return value

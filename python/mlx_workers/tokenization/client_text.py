"""Keeps what a client wrote from becoming special tokens: it is cut inside each of them and tokenised in pieces.

Text without any of them is left as it is, so its ids are those of the whole prompt.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from .special_tokens import SpecialTokens

_PRIVATE_USE = range(0xE000, 0xF8FF)
_LEAD = "\n"


class Guarded(NamedTuple):
    """Values for a chat template. `cut` stands at every cut of the rendered text; None where nothing was cut."""

    messages: list[dict[str, Any]]
    tools: Any
    cut: str | None

    def pieces(self, text: str) -> list[str]:
        """The rendered text in pieces that are tokenised one by one."""
        if self.cut is None:
            return [text]
        return text.replace(json.dumps(self.cut)[1:-1], self.cut).split(self.cut)  # A template's tojson may escape it.


class ClientText:
    """One tokenizer's tokens that no client may write. What the model itself writes, such as `<think>`, an assistant's
    turn may hold: it quotes the model. `special` are never text; `spoken` are the added tokens that a model may write.
    """

    def __init__(self, special: Iterable[str], spoken: Iterable[str]) -> None:
        never = frozenset(special)
        self._assistants = SpecialTokens(never)
        self._others = SpecialTokens(never | readable_tokens(spoken))

    def guard(self, messages: list[dict[str, Any]], tools: Any = None) -> Guarded:
        """Copies in which every special token is cut. Raises ValueError when no character is left to mark cuts by."""
        if not self._finds(messages, tools):
            return Guarded(messages, tools, None)
        cut = unused_character(_strings([messages, tools]))

        def cut_by(tokens: SpecialTokens) -> Callable[[str], str]:
            return lambda text: tokens.cut(text, cut)

        given = [
            {
                key: value if key == "role" else _changed(value, cut_by(self._tokens_for(message)))
                for key, value in message.items()
            }
            for message in messages
        ]
        return Guarded(given, _changed(tools, cut_by(self._others)), cut)

    def _tokens_for(self, message: dict[str, Any]) -> SpecialTokens:
        return self._assistants if message.get("role") == "assistant" else self._others

    def _finds(self, messages: list[dict[str, Any]], tools: Any) -> bool:
        return any(
            self._tokens_for(message).occurs(text) for message in messages for text in _strings(list(message.values()))
        ) or any(map(self._others.occurs, _strings(tools)))


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


def unused_character(texts: Iterable[str]) -> str:
    """A character of the private use area that no text holds. Raises ValueError."""
    used = set("".join(texts))
    for code in _PRIVATE_USE:
        if chr(code) not in used:
            return chr(code)
    raise ValueError("the messages use every private character of Unicode")


def _strings(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, entry in value.items():
            yield from _strings(key)
            yield from _strings(entry)
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from _strings(entry)


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    """A copy with every text changed, keys too: a tool's parameters are named by the client."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {change(key) if isinstance(key, str) else key: _changed(entry, change) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_changed(entry, change) for entry in value]
    return value

"""Messages with images to the text of a model's own chat template, in which every image has left one marker.

What a client wrote can never become a special token: its text is cut inside each of them, and tokenised in pieces.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from ..generation.failures import RequestError
from ..message_parts import ChatMessage, ImagePart, TextPart
from ..tokenization.chat_template import ChatTemplate
from ..tokenization.chat_turns import turn_of
from ..tokenization.client_text import change_texts, readable_tokens, texts_in, unused_character
from ..tokenization.special_tokens import SpecialTokens

_PROBE = "What is in this picture?"


class ImageChat:
    """One model's template. `marker` is what an image leaves in the text; None where the model has no place for one."""

    def __init__(
        self,
        template: ChatTemplate,
        *,
        markers: Iterable[str],
        special_tokens: Iterable[str],
        spoken_tokens: Iterable[str] = (),
    ) -> None:
        """`markers` are the strings that may stand for an image, the likeliest first; `spoken_tokens` those that an
        assistant's turn may hold. Tries out the template.
        """
        self._template = template
        known = list(markers)
        never = {*special_tokens, *known}
        self._assistants = SpecialTokens(never)
        self._others = SpecialTokens(never | readable_tokens(spoken_tokens))
        self._takes_text = _PROBE in self._try(_PROBE)
        shown = self._try([{"type": "image"}, {"type": "text", "text": _PROBE}])
        plain = self._try([{"type": "text", "text": _PROBE}])
        structured = [one for one in known if shown.count(one) == 1 and one not in plain]
        self._takes_parts = _PROBE in shown and "'type'" not in shown and bool(structured or not self._takes_text)
        usable = structured if self._takes_parts else known
        self.marker = usable[0] if usable else None

    def render(
        self, messages: Sequence[ChatMessage], tools: Any = None, options: dict[str, Any] | None = None
    ) -> list[str]:
        """The prompt in pieces that are tokenised one by one. Raises RequestError where the template does not agree."""
        cut = _unused_character(messages, tools)
        given = [self._given(message, cut) for message in messages]
        cut_tools = change_texts(tools, lambda text: self._others.cut(text, cut))
        try:
            text = self._template.render(given, cut_tools, options)
            return text.replace(json.dumps(cut)[1:-1], cut).split(cut)  # A template's tojson may escape it.
        except Exception as cause:
            why = f"The model's chat template refuses these messages: {cause}"
            raise RequestError("invalid_request", why, "messages") from cause

    def _try(self, content: Any) -> str:
        try:
            return self._template.render([{"role": "user", "content": content}])
        except Exception:  # A template may raise anything; that it does is the answer.
            return ""

    def _given(self, message: ChatMessage, cut: str) -> dict[str, Any]:
        special = self._assistants if message.role == "assistant" else self._others
        turn = turn_of(message, self._content(message.content, special, cut))
        return {
            key: value if key in ("role", "content") else change_texts(value, lambda text: special.cut(text, cut))
            for key, value in turn.items()
        }

    def _content(
        self, content: str | list[TextPart | ImagePart], special: SpecialTokens, cut: str
    ) -> str | list[dict[str, str]]:
        parts = [TextPart(text=content)] if isinstance(content, str) else content
        texts = [part.text for part in parts if isinstance(part, TextPart)]
        if len(texts) == len(parts) <= 1 and self._takes_text:
            return special.cut("".join(texts), cut)
        given: list[dict[str, str]] = []
        joined_by = cut if _spans(special, texts) else ""
        for part in parts:
            if isinstance(part, ImagePart):
                given.append({"type": "image"})
            else:
                given.append({"type": "text", "text": joined_by + special.cut(part.text, cut)})
        if self._takes_parts:
            return given
        return "\n".join(part.get("text", self.marker or "") for part in given)


def _spans(special: SpecialTokens, texts: list[str]) -> bool:
    """Whether a special token begins in one text and ends in the next."""
    return special.count("".join(texts)) > sum(map(special.count, texts))


def _unused_character(messages: Sequence[ChatMessage], tools: Any) -> str:
    """A character of the private use area that neither a message nor a tool holds."""
    texts = list(texts_in(tools))
    for message in messages:
        texts += texts_in(turn_of(message, ""))
        parts = [TextPart(text=message.content)] if isinstance(message.content, str) else message.content
        texts += [part.text for part in parts if isinstance(part, TextPart)]
    try:
        return unused_character(texts)
    except ValueError as cause:
        raise RequestError("invalid_request", str(cause), "messages") from cause

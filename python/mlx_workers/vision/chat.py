"""Messages with images to the text of a model's own chat template, in which every image has left one marker.

What a client wrote can never become a special token: its text is cut inside each of them, and tokenised in pieces.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from ..generation.failures import RequestError
from ..message_parts import ChatMessage, ImagePart, TextPart
from ..tokenization.chat_template import ChatTemplate
from ..tokenization.chat_turns import turn_of
from ..tokenization.client_text import ClientText, Marks, change_texts, texts_in, unused_characters
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
        self._client_text = ClientText({*special_tokens, *known}, spoken_tokens)
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
        marks = _unused_characters(messages, tools)
        given = [self._given(message, marks.cut) for message in messages]
        cut_tools = self._client_text.cut_tools(tools, marks)
        try:
            return self._client_text.pieces_of_cut(
                given, cut_tools, marks, lambda turns, tools: self._template.render(turns, tools, options)
            )
        except Exception as cause:
            why = f"The model's chat template refuses these messages: {cause}"
            raise RequestError("invalid_request", why, "messages") from cause

    def _try(self, content: Any) -> str:
        try:
            return self._template.render([{"role": "user", "content": content}])
        except Exception:  # A template may raise anything; that it does is the answer.
            return ""

    def _given(self, message: ChatMessage, cut: str) -> dict[str, Any]:
        special = self._client_text.tokens_for(message.role)
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
        for part in parts:
            if isinstance(part, ImagePart):
                given.append({"type": "image"})
            else:
                given.append({"type": "text", "text": special.cut(part.text, cut)})
        if self._takes_parts:
            return given
        return "\n".join(part.get("text", self.marker or "") for part in given)


def _unused_characters(messages: Sequence[ChatMessage], tools: Any) -> Marks:
    """Of the private use area, that neither a message nor a tool holds."""
    texts = list(texts_in(tools))
    for message in messages:
        texts += texts_in(turn_of(message, ""))
        parts = [TextPart(text=message.content)] if isinstance(message.content, str) else message.content
        texts += [part.text for part in parts if isinstance(part, TextPart)]
    try:
        return unused_characters(texts)
    except ValueError as cause:
        raise RequestError("invalid_request", str(cause), "messages") from cause

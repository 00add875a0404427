"""A request's input to token ids, for a model that reads text alone. Touches no device."""

from dataclasses import dataclass

from ..generation.failures import RequestError
from ..generation.model import Prompt
from ..message import Generate, Tokenize
from ..message_parts import ChatInput, ChatMessage, ImagePart, TextInput, TextPart
from ..tokenization.chat_turns import options_of, tools_of, turn_of
from ..tokenization.tokenizer import ChatRefusedError, Tokenizer


@dataclass(frozen=True)
class TextPromptReader:
    """See generation.model.PromptReader."""

    tokenizer: Tokenizer

    def __call__(self, request: Generate | Tokenize) -> Prompt:
        """Raises RequestError."""
        ids = self._encode(request)
        return Prompt(ids, ids)

    def _encode(self, request: Generate | Tokenize) -> list[int]:
        content = request.input
        if isinstance(content, ChatInput):
            return self._encode_chat(content)
        if isinstance(content, TextInput):
            return self.tokenizer.codec.encode_text(content.text)
        return list(content.token_ids)

    def _encode_chat(self, content: ChatInput) -> list[int]:
        if not self.tokenizer.has_chat_template:
            raise RequestError("model_unsupported", "The model has no chat template; use a completion instead.")
        messages = [turn_of(message, _text_of(message)) for message in content.messages]
        try:
            return self.tokenizer.codec.encode_chat(messages, tools_of(content), options_of(content))
        except ChatRefusedError as cause:
            raise RequestError(
                "invalid_request", f"The model's chat template refuses these messages: {cause}", "messages"
            ) from cause


def _text_of(message: ChatMessage) -> str:
    if isinstance(message.content, str):
        return message.content
    if any(isinstance(part, ImagePart) for part in message.content):
        raise RequestError("model_unsupported", "This model takes no images.", "messages")
    return "\n".join(part.text for part in message.content if isinstance(part, TextPart))

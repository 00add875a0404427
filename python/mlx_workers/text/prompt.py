"""A request's input to token ids, checked against the model. Touches no device."""

from ..message import ChatInput, ChatMessage, Generate, ImagePart, TextInput, TextPart
from .failures import RequestError
from .load import LoadedModel
from .tokenizer import ChatRefusedError


def param_of(request: Generate) -> str:
    """The request's field that a fault of the prompt is put down to."""
    return "messages" if isinstance(request.input, ChatInput) else "prompt"


def prompt_ids(request: Generate, model: LoadedModel) -> list[int]:
    """Token ids of the prompt, at least one. Raises RequestError."""
    ids = _encode(request, model)
    if not ids:
        raise RequestError("invalid_request", "The prompt is empty.", param_of(request))
    if max(ids) >= model.vocabulary_size:
        raise RequestError(
            "invalid_request",
            f"Token id {max(ids)} is not in the vocabulary of {model.vocabulary_size} tokens.",
            param_of(request),
        )
    return ids


def _encode(request: Generate, model: LoadedModel) -> list[int]:
    content = request.input
    if isinstance(content, ChatInput):
        return _encode_chat(content, model)
    if isinstance(content, TextInput):
        return model.tokenizer.codec.encode_text(content.text)
    return list(content.token_ids)


def _encode_chat(content: ChatInput, model: LoadedModel) -> list[int]:
    if not model.tokenizer.has_chat_template:
        raise RequestError("model_unsupported", "The model has no chat template; use a completion instead.")
    messages = [
        {"role": message.role, "content": _text_of(message)}
        | ({"name": message.name} if isinstance(message.name, str) else {})
        for message in content.messages
    ]
    try:
        return model.tokenizer.codec.encode_chat(messages)
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


def token_limit(request: Generate, prompt_tokens: int, model: LoadedModel) -> int:
    """How many tokens the answer may have. Raises RequestError when prompt and answer do not fit the context."""
    room = model.context_length - prompt_tokens
    if room < 1 or (request.max_tokens is not None and request.max_tokens > room):
        asked = "" if request.max_tokens is None else f" and max_tokens asks for {request.max_tokens} more"
        raise RequestError(
            "context_length_exceeded",
            f"This model's context length is {model.context_length} tokens, but the prompt has {prompt_tokens}{asked}.",
            param_of(request),
        )
    return room if request.max_tokens is None else request.max_tokens


def check_sampling(request: Generate, model: LoadedModel) -> None:
    """Raises RequestError for a logit bias, or a resumed token, beyond the vocabulary."""
    for token_id, _ in request.sampling.logit_bias:
        if token_id >= model.vocabulary_size:
            raise RequestError(
                "invalid_request",
                f"Token id {token_id} is not in the vocabulary of {model.vocabulary_size} tokens.",
                "logit_bias",
            )
    if request.resume and max(request.resume) >= model.vocabulary_size:
        raise RequestError("invalid_request", "A resumed token is not in the vocabulary.")

"""What a request may ask of a model: ids of its vocabulary, room in its context. Touches no device."""

from ..message import Generate
from ..message_parts import ChatInput, Ending
from .failures import RequestError
from .model import LoadedModel


def param_of(request: Generate) -> str:
    """The request's field that a fault of the prompt is put down to."""
    return "messages" if isinstance(request.input, ChatInput) else "prompt"


def check_prompt(request: Generate, ids: list[int], model: LoadedModel) -> None:
    """Raises RequestError for a prompt without tokens, or with one beyond the vocabulary."""
    if not ids:
        raise RequestError("invalid_request", "The prompt is empty.", param_of(request))
    if max(ids) >= model.vocabulary_size:
        raise RequestError(
            "invalid_request",
            f"Token id {max(ids)} is not in the vocabulary of {model.vocabulary_size} tokens.",
            param_of(request),
        )


def token_limit(request: Generate, prompt_tokens: int, model: LoadedModel) -> int:
    """How many tokens the answer may have. Raises RequestError when prompt and answer do not fit the context."""
    room = model.context_length - prompt_tokens
    if room < (0 if request.max_tokens == 0 else 1) or (request.max_tokens is not None and request.max_tokens > room):
        asked = "" if request.max_tokens is None else f" and max_tokens asks for {request.max_tokens} more"
        raise RequestError(
            "context_length_exceeded",
            f"This model's context length is {model.context_length} tokens, but the prompt has {prompt_tokens}{asked}.",
            param_of(request),
        )
    return room if request.max_tokens is None else request.max_tokens


def check_sampling(request: Generate, model: LoadedModel) -> None:
    """Raises RequestError for a logit bias, an end or a resumed token beyond the vocabulary."""
    ends = request.ending.stop_token_ids if isinstance(request.ending, Ending) else []
    biased = [token_id for token_id, _ in request.sampling.logit_bias]
    for param, token_ids in (("stop_token_ids", ends), ("logit_bias", biased)):
        beyond = max(token_ids, default=0)
        if beyond >= model.vocabulary_size:
            why = f"Token id {beyond} is not in the vocabulary of {model.vocabulary_size} tokens."
            raise RequestError("invalid_request", why, param)
    if request.resume and max(request.resume) >= model.vocabulary_size:
        raise RequestError("invalid_request", "A resumed token is not in the vocabulary.")

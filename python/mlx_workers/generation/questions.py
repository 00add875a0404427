"""Answers questions about a model's text and tokens. Needs its tokenizer and none of its weights."""

import sys
import traceback
from dataclasses import dataclass

from ..channel import Channel
from ..message import Detokenize, Error, FromWorker, Shutdown, Text, Tokenize, Tokens
from ..message_parts import TextInput
from ..tokenization.tokenizer import Tokenizer
from .failures import RequestError
from .model import PromptReader


@dataclass(frozen=True)
class LoadedTokenizer:
    """What is known of a model without its weights."""

    read_prompt: PromptReader
    tokenizer: Tokenizer
    context_length: int
    vocabulary_size: int


def answer_questions(model: LoadedTokenizer, channel: Channel) -> None:
    """Returns after `shutdown`."""
    while True:
        question = channel.incoming.get()
        match question:
            case Shutdown():
                return
            case Tokenize() | Detokenize():
                channel.send([_answer(model, question)])
            case _:
                print(f"ignored a {type(question).__name__} frame in a tokenizer", file=sys.stderr, flush=True)


def _answer(model: LoadedTokenizer, question: Tokenize | Detokenize) -> FromWorker:
    try:
        if isinstance(question, Tokenize):
            return Tokens(id=question.id, token_ids=_tokens(model, question))
        return Text(id=question.id, text=_text(model, question.token_ids))
    except RequestError as error:
        return Error(id=question.id, code=error.code, message=error.message, param=error.param)
    except Exception:
        traceback.print_exc()
        return Error(id=question.id, code="internal", message="The tokenizer failed.", param=None)


def _tokens(model: LoadedTokenizer, question: Tokenize) -> list[int]:
    content = question.input
    if isinstance(content, TextInput) and not question.add_special:
        return model.tokenizer.codec.encode_rendered(content.text)
    return model.read_prompt(question).ids


def _text(model: LoadedTokenizer, token_ids: list[int]) -> str:
    if token_ids and max(token_ids) >= model.vocabulary_size:
        raise RequestError(
            "invalid_request",
            f"Token id {max(token_ids)} is not in the vocabulary of {model.vocabulary_size} tokens.",
            "tokens",
        )
    return model.tokenizer.codec.decode(token_ids)

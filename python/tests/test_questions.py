"""A worker without weights: text to tokens and back, as the worker with weights would have it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import started
from tiny_model import CONTEXT, VOCABULARY, tokenizer
from worker_orders import chat, generate

from mlx_workers.message import Detokenize, Error, FromWorker, Ready, Text, Tokenize, Tokens
from mlx_workers.message_parts import TextInput
from worker_client import Worker


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory, quantised_model: Path) -> Iterator[Worker]:
    """On a copy of the model whose weights are garbage."""
    folder = tmp_path_factory.mktemp("weightless")
    for file in quantised_model.iterdir():
        (folder / file.name).write_bytes(b"no" if file.suffix == ".safetensors" else file.read_bytes())
    with started(folder, purpose="tokenize") as ready:
        yield ready


def answer(worker: Worker, question: Tokenize | Detokenize) -> FromWorker:
    worker.send(question)
    return worker.receive_until(
        lambda message: isinstance(message, Tokens | Text | Error) and message.id == question.id
    )


def tokens_of(worker: Worker, question: Tokenize) -> list[int]:
    told = answer(worker, question)
    assert isinstance(told, Tokens), told
    return told.token_ids


def test_ready_says_what_the_model_was_made_for(quantised_model: Path):
    with Worker() as one:
        ready = one.load(quantised_model, purpose="tokenize")
        assert isinstance(ready, Ready)
        assert (ready.context_length, ready.vocabulary_size) == (CONTEXT, VOCABULARY)
        assert one.shut_down() == 0


def test_a_chat_has_as_many_tokens_as_its_prompt_will(asked: Worker, worker: Worker):
    messages = chat(("user", "the tea"), ("user", "<|end|>"))
    (real,) = worker.ask(generate("r", messages, max_tokens=1))
    assert len(tokens_of(asked, Tokenize(id="q", input=messages, add_special=True))) == real.end.usage.prompt_tokens


def test_text_becomes_tokens_and_text_again(asked: Worker):
    text = "Grüße <|end|> 🦊"
    ids = tokens_of(asked, Tokenize(id="q", input=TextInput(text=text), add_special=False))
    assert ids == tokenizer().encode(text).ids
    told = answer(asked, Detokenize(id="q", token_ids=ids))
    assert isinstance(told, Text)
    assert told.text == text


def test_no_text_is_no_tokens(asked: Worker):
    assert tokens_of(asked, Tokenize(id="q", input=TextInput(text=""), add_special=True)) == []
    told = answer(asked, Detokenize(id="q", token_ids=[]))
    assert isinstance(told, Text)
    assert told.text == ""


def test_a_token_beyond_the_vocabulary_is_the_clients_error(asked: Worker):
    told = answer(asked, Detokenize(id="q", token_ids=[1, VOCABULARY]))
    assert isinstance(told, Error)
    assert (told.code, told.param) == ("invalid_request", "tokens")

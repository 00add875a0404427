"""The encoder against an independent one in numpy, on random weights; pooling, limits and order in the real worker."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy
import pytest
from conftest import started
from encoder_files import LONGEST, WORDS, hidden_states, write_encoder

from mlx_workers.message import Embed, Embeddings, Error, FromWorker, Ready
from worker_client import Worker


def unit(vector: Any) -> Any:
    return vector / numpy.linalg.norm(vector)


def ask(worker: Worker, *inputs: str | list[int]) -> FromWorker:
    worker.answers.pop("q", None)
    worker.send(Embed(id="q", inputs=list(inputs)))
    return worker.receive_until(lambda message: isinstance(message, Embeddings | Error))


def vectors_of(worker: Worker, *inputs: str | list[int]) -> Any:
    told = ask(worker, *inputs)
    assert isinstance(told, Embeddings), told
    return numpy.frombuffer(told.vectors, dtype="<f4").reshape(len(inputs), told.dimensions)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_encoder(tmp_path_factory.mktemp("encoder"))


@pytest.fixture(scope="module")
def embedding(encoder: Path) -> Iterator[Worker]:
    with started(encoder, purpose="embed") as ready:
        yield ready


def test_a_vector_is_the_normalised_mean_of_the_hidden_states(embedding: Worker, encoder: Path):
    ids = [2, 4, 5, 7, 3]
    expected = unit(hidden_states(encoder, ids).mean(0))
    text, tokens = vectors_of(embedding, "tea rains", ids)
    assert numpy.abs(text - expected).max() < 1e-5
    assert numpy.abs(tokens - expected).max() < 1e-5


@pytest.mark.parametrize("kind", ["roberta", "xlm-roberta", "camembert", "distilbert"])
def test_kin_of_bert_have_their_own_names_and_first_position(tmp_path: Path, kind: str):
    folder = write_encoder(tmp_path, kind=kind)
    rows = [[2, 4, 5, 7, 3], [2, 8, 3]]
    with started(folder, purpose="embed") as one:
        vectors = vectors_of(one, *rows)
    for vector, ids in zip(vectors, rows, strict=True):
        assert numpy.abs(vector - unit(hidden_states(folder, ids, kind=kind).mean(0))).max() < 1e-5


def test_an_encoder_of_another_family_is_refused_with_what_there_is(tmp_path: Path):
    folder = write_encoder(tmp_path)
    config = json.loads((folder / "config.json").read_text()) | {"model_type": "mpnet"}
    (folder / "config.json").write_text(json.dumps(config))
    with Worker() as one:
        failure = one.load(folder, purpose="embed")
    assert isinstance(failure, Error)
    assert "'mpnet' are not supported, only bert, roberta" in failure.message


def test_a_vector_does_not_feel_the_others(embedding: Worker):
    rows: list[str | list[int]] = [[4 + place % 5] * (1 + place % LONGEST) for place in range(40)]
    together = vectors_of(embedding, *rows)
    alone = numpy.concatenate([vectors_of(embedding, row) for row in rows])
    assert numpy.abs(together - alone).max() < 1e-5


@pytest.mark.parametrize("mode", ["cls_token", "max_tokens"])
def test_other_poolings_and_no_norm(tmp_path: Path, mode: str):
    folder = write_encoder(tmp_path, modes=(mode,), modules=())
    with started(folder, purpose="embed") as one:
        (vector,) = vectors_of(one, "tea sun")
    hidden = hidden_states(folder, [2, 4, 6, 3])
    expected = hidden[0] if mode == "cls_token" else hidden.max(0)
    assert numpy.abs(vector - expected).max() < 1e-4


@pytest.mark.parametrize("options", [{"modules": ("Dense",)}, {"modes": ("mean_tokens", "max_tokens")}], ids=str)
def test_what_cannot_be_pooled_is_no_model_here(tmp_path: Path, options: dict[str, Any]):
    folder = write_encoder(tmp_path, **options)
    with Worker() as one:
        failure = one.load(folder, purpose="embed")
        assert isinstance(failure, Error)
        assert failure.code == "load_failed"
        assert "not supported" in failure.message


def test_ready_says_how_long_an_input_may_be(encoder: Path):
    with Worker() as one:
        ready = one.load(encoder, purpose="embed")
        assert isinstance(ready, Ready)
        assert (ready.context_length, ready.vocabulary_size) == (LONGEST, len(WORDS))
        assert one.shut_down() == 0


def test_tokens_are_counted_with_the_special_ones(embedding: Worker):
    told = ask(embedding, "tea", "tea rains", [4])
    assert isinstance(told, Embeddings)
    assert told.token_counts == [3, 5, 1]


def test_special_tokens_in_a_text_are_text(embedding: Worker):
    told = ask(embedding, "tea [SEP] sun")
    assert isinstance(told, Embeddings)
    assert told.token_counts == [2 + 2 + 3]


@pytest.mark.parametrize(
    ("given", "code"),
    [([], "invalid_request"), ([len(WORDS)], "invalid_request"), ([4] * (LONGEST + 1), "context_length_exceeded")],
)
def test_an_input_that_cannot_be_is_the_clients_error(embedding: Worker, given: list[int], code: str):
    told = ask(embedding, [4], given)
    assert isinstance(told, Error)
    assert (told.code, told.param) == (code, "input")

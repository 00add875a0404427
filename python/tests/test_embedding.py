"""The encoder against an independent one in numpy, on random weights; pooling, limits and order in the real worker."""

import json
from collections.abc import Iterator
from math import erf
from pathlib import Path
from typing import Any

import mlx.core as mx
import numpy
import pytest
import tokenizers
from conftest import started

from mlx_workers.message import Embed, Embeddings, Error, FromWorker, Ready
from worker_client import Worker

WIDTH, INNER, HEADS, LAYERS, POSITIONS, LONGEST, EPSILON = 24, 40, 3, 2, 32, 20, 1e-12
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "tea", "rain", "sun", "##s", "cup", "<", "sep", ">", "[", "]"]
Weights = dict[str, Any]


def write_encoder(
    folder: Path, *, modes: tuple[str, ...] = ("mean_tokens",), modules: tuple[str, ...] = ("Normalize",)
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    chance = numpy.random.default_rng(5)
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (len(WORDS), WIDTH),
        "embeddings.position_embeddings.weight": (POSITIONS, WIDTH),
        "embeddings.token_type_embeddings.weight": (2, WIDTH),
    }
    linear = {"attention.self.query": (WIDTH, WIDTH), "attention.self.key": (WIDTH, WIDTH)}
    linear |= {"attention.self.value": (WIDTH, WIDTH), "attention.output.dense": (WIDTH, WIDTH)}
    linear |= {"intermediate.dense": (INNER, WIDTH), "output.dense": (WIDTH, INNER)}
    norms = ["embeddings.LayerNorm"]
    for layer in range(LAYERS):
        for name, (rows, columns) in linear.items():
            shapes[f"encoder.layer.{layer}.{name}.weight"] = (rows, columns)
            shapes[f"encoder.layer.{layer}.{name}.bias"] = (rows,)
        norms += [f"encoder.layer.{layer}.{name}.LayerNorm" for name in ("attention.output", "output")]
    for name in norms:
        shapes[f"{name}.weight"] = shapes[f"{name}.bias"] = (WIDTH,)
    weights = {name: chance.normal(size=shape).astype("float32") * 0.4 for name, shape in shapes.items()}
    mx.save_safetensors(str(folder / "model.safetensors"), {name: mx.array(one) for name, one in weights.items()})
    config = {
        "model_type": "bert", "hidden_act": "gelu", "hidden_size": WIDTH, "intermediate_size": INNER,
        "num_attention_heads": HEADS, "num_hidden_layers": LAYERS, "max_position_embeddings": POSITIONS,
        "layer_norm_eps": EPSILON, "vocab_size": len(WORDS),
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    made = tokenizers.Tokenizer(
        tokenizers.models.WordPiece({word: place for place, word in enumerate(WORDS)}, unk_token="[UNK]")
    )
    made.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()  # pyright: ignore[reportAttributeAccessIssue]
    made.add_special_tokens(WORDS[:4])
    made.post_processor = tokenizers.processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))  # pyright: ignore[reportAttributeAccessIssue]
    made.save(str(folder / "tokenizer.json"))
    kinds = ["Transformer", "Pooling", *modules]
    listed = [
        {"path": "1_Pooling" if kind == "Pooling" else "", "type": f"sentence_transformers.models.{kind}"}
        for kind in kinds
    ]
    (folder / "modules.json").write_text(json.dumps(listed))
    (folder / "1_Pooling").mkdir(exist_ok=True)
    pooling = {f"pooling_mode_{mode}": mode in modes for mode in ("mean_tokens", "cls_token", "max_tokens", *modes)}
    (folder / "1_Pooling/config.json").write_text(json.dumps({"word_embedding_dimension": WIDTH, **pooling}))
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": LONGEST}))
    return folder


def hidden_states(folder: Path, ids: list[int], *, heads: int = HEADS, layers: int = LAYERS) -> Any:
    """BERT written down once more, in numpy and float64, for one row and without a mask."""
    loaded: Any = mx.load(str(folder / "model.safetensors"))
    weights: Weights = {name: numpy.array(array.astype(mx.float32)).astype("float64") for name, array in loaded.items()}

    def linear(values: Any, name: str) -> Any:
        return values @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    def norm(values: Any, name: str) -> Any:
        centred = values - values.mean(-1, keepdims=True)
        spread = numpy.sqrt((centred**2).mean(-1, keepdims=True) + EPSILON)
        return centred / spread * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    word, place, kind = (weights[f"embeddings.{name}_embeddings.weight"] for name in ("word", "position", "token_type"))
    hidden = norm(word[ids] + place[: len(ids)] + kind[0], "embeddings.LayerNorm")

    def gelu(values: Any) -> Any:
        return values * (1 + numpy.vectorize(erf)(values / 2**0.5)) / 2

    for layer in range(layers):
        name = f"encoder.layer.{layer}"
        query, key, value = (linear(hidden, f"{name}.attention.self.{one}") for one in ("query", "key", "value"))
        size = hidden.shape[-1] // heads
        mixed: list[Any] = []
        for head in range(heads):
            part = slice(head * size, (head + 1) * size)
            scores = query[:, part] @ key[:, part].T / size**0.5
            chances = numpy.exp(scores - scores.max(-1, keepdims=True))
            mixed.append(chances / chances.sum(-1, keepdims=True) @ value[:, part])
        attended = linear(numpy.concatenate(mixed, -1), f"{name}.attention.output.dense")
        hidden = norm(hidden + attended, f"{name}.attention.output.LayerNorm")
        inner = linear(gelu(linear(hidden, f"{name}.intermediate.dense")), f"{name}.output.dense")
        hidden = norm(hidden + inner, f"{name}.output.LayerNorm")
    return hidden


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

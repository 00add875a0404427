"""Embedding models with random weights, as files; and what they are to compute, by an independent encoder in numpy."""

import json
from math import erf
from pathlib import Path
from typing import Any

import mlx.core as mx
import numpy
import tokenizers

WIDTH, INNER, HEADS, LAYERS, POSITIONS, LONGEST, EPSILON = 24, 40, 3, 2, 32, 20, 1e-12
PADDING = 5
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "tea", "rain", "sun", "##s", "cup", "<", "sep", ">", "[", "]"]
Weights = dict[str, Any]


DISTIL = {
    "attention.self.query": "attention.q_lin", "attention.self.key": "attention.k_lin",
    "attention.self.value": "attention.v_lin", "attention.output.dense": "attention.out_lin",
    "attention.output.LayerNorm": "sa_layer_norm", "intermediate.dense": "ffn.lin1", "output.dense": "ffn.lin2",
    "output.LayerNorm": "output_layer_norm",
}  # fmt: skip


def named_as(kind: str, name: str) -> str:
    """As the kind of model calls a weight of BERT's; with a head in front of it the RoBERTas put a prefix."""
    if kind != "distilbert":
        return name if kind == "bert" else f"roberta.{name}"
    if not name.startswith("encoder.layer."):
        return name
    *layer, rest = name.removeprefix("encoder.").split(".", 2)
    inner, end = rest.rsplit(".", 1)
    return ".".join(["transformer", *layer, DISTIL[inner], end])


def config_of(kind: str) -> dict[str, Any]:
    if kind == "distilbert":
        numbers = {"dim": WIDTH, "hidden_dim": INNER, "n_heads": HEADS, "n_layers": LAYERS, "activation": "gelu"}
    else:
        numbers = {
            "hidden_act": "gelu", "hidden_size": WIDTH, "intermediate_size": INNER, "num_attention_heads": HEADS,
            "num_hidden_layers": LAYERS, "layer_norm_eps": EPSILON, "pad_token_id": 0 if kind == "bert" else PADDING,
        }  # fmt: skip
    return {"model_type": kind, "max_position_embeddings": POSITIONS, "vocab_size": len(WORDS), **numbers}


def write_encoder(
    folder: Path,
    *,
    kind: str = "bert",
    modes: tuple[str, ...] = ("mean_tokens",),
    modules: tuple[str, ...] = ("Normalize",),
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    chance = numpy.random.default_rng(5)
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (len(WORDS), WIDTH),
        "embeddings.position_embeddings.weight": (POSITIONS, WIDTH),
    }
    if kind != "distilbert":
        shapes["embeddings.token_type_embeddings.weight"] = (2 if kind == "bert" else 1, WIDTH)
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
    told = {named_as(kind, name): mx.array(one) for name, one in weights.items()}
    mx.save_safetensors(str(folder / "model.safetensors"), told)
    (folder / "config.json").write_text(json.dumps(config_of(kind)))
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


def hidden_states(folder: Path, ids: list[int], *, kind: str = "bert", heads: int = HEADS, layers: int = LAYERS) -> Any:
    """BERT written down once more, in numpy and float64, for one row and without a mask."""
    loaded: Any = mx.load(str(folder / "model.safetensors"))
    told: Weights = {name: numpy.array(array.astype(mx.float32)).astype("float64") for name, array in loaded.items()}

    def weight(name: str) -> Any:
        return told[named_as(kind, name)]

    def linear(values: Any, name: str) -> Any:
        return values @ weight(f"{name}.weight").T + weight(f"{name}.bias")

    def norm(values: Any, name: str) -> Any:
        centred = values - values.mean(-1, keepdims=True)
        spread = numpy.sqrt((centred**2).mean(-1, keepdims=True) + EPSILON)
        return centred / spread * weight(f"{name}.weight") + weight(f"{name}.bias")

    first = 0 if kind in {"bert", "distilbert"} else PADDING + 1
    word, place = (weight(f"embeddings.{name}_embeddings.weight") for name in ("word", "position"))
    summed = word[ids] + place[first : first + len(ids)]
    if kind != "distilbert":
        summed = summed + weight("embeddings.token_type_embeddings.weight")[0]
    hidden = norm(summed, "embeddings.LayerNorm")

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

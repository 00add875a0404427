"""The members of the BERT family under one set of names: what each calls its numbers and weights, and where its
positions begin. Computes nothing.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import mlx.core as mx


class UnsupportedEncoderError(Exception):
    """The reason is fit for a client."""


@dataclass(frozen=True)
class EncoderShape:
    """`positions` tokens fit into a text, the first of which has the place `first_position` in the table."""

    width: int
    heads: int
    layers: int
    epsilon: float
    positions: int
    first_position: int


Weights = dict[str, mx.array]

_BERT = {"bert": "bert.", "roberta": "roberta.", "xlm-roberta": "roberta.", "camembert": "roberta."}
"""Model types that have BERT's names, and the prefix of their weights in a model with a head."""

_DISTIL_NAMES = {
    r"^distilbert\.": "",
    r"^transformer\.": "encoder.",
    r"\.attention\.q_lin\.": ".attention.self.query.",
    r"\.attention\.k_lin\.": ".attention.self.key.",
    r"\.attention\.v_lin\.": ".attention.self.value.",
    r"\.attention\.out_lin\.": ".attention.output.dense.",
    r"\.sa_layer_norm\.": ".attention.output.LayerNorm.",
    r"\.ffn\.lin1\.": ".intermediate.dense.",
    r"\.ffn\.lin2\.": ".output.dense.",
    r"\.output_layer_norm\.": ".output.LayerNorm.",
}


def read_family(config: dict[str, Any], weights: Weights) -> tuple[EncoderShape, Weights]:
    """The shape, and the weights under BERT's names. Raises UnsupportedEncoderError, or KeyError for a number that is
    not there.
    """
    kind = config.get("model_type")
    if kind == "distilbert":
        return _distilbert(config, weights)
    if kind not in _BERT:
        known = ", ".join([*_BERT, "distilbert"])
        raise UnsupportedEncoderError(f"Embedding models with model_type {kind!r} are not supported, only {known}.")
    _require(config, {"hidden_act": "gelu", "position_embedding_type": "absolute"})
    # RoBERTa and its kin count positions from behind the padding token's id.
    first = 0 if kind == "bert" else config["pad_token_id"] + 1
    shape = EncoderShape(
        width=config["hidden_size"],
        heads=config["num_attention_heads"],
        layers=config["num_hidden_layers"],
        epsilon=config["layer_norm_eps"],
        positions=config["max_position_embeddings"] - first,
        first_position=first,
    )
    return shape, {name.removeprefix(_BERT[kind]): array for name, array in weights.items()}


def _distilbert(config: dict[str, Any], weights: Weights) -> tuple[EncoderShape, Weights]:
    _require(config, {"activation": "gelu"})
    shape = EncoderShape(
        width=config["dim"],
        heads=config["n_heads"],
        layers=config["n_layers"],
        epsilon=1e-12,
        positions=config["max_position_embeddings"],
        first_position=0,
    )
    return shape, {_renamed(name, _DISTIL_NAMES): array for name, array in weights.items()}


def _renamed(name: str, names: Mapping[str, str]) -> str:
    for pattern, replacement in names.items():
        name = re.sub(pattern, replacement, name)
    return name


def _require(config: dict[str, Any], wanted: Mapping[str, str]) -> None:
    for key, value in wanted.items():
        found = config.get(key, value)
        if found != value:
            raise UnsupportedEncoderError(f"Embedding models with {key} {found!r} are not supported, only {value!r}.")

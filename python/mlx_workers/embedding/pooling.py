"""From the hidden states of a text to its one vector, as a sentence-transformers folder says."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlx.core as mx

from ..tokenization.chat_source import read_json
from .family import UnsupportedEncoderError

Pool = Callable[[mx.array, mx.array], mx.array]
"""Hidden states [B, L, D] and what is present [B, L] to vectors [B, D]."""


def _mean(hidden: mx.array, present: mx.array) -> mx.array:
    weights = present.astype(mx.float32)[..., None]
    return (hidden * weights).sum(axis=1) / weights.sum(axis=1)


def _first(hidden: mx.array, present: mx.array) -> mx.array:  # noqa: ARG001
    return hidden[:, 0]


def _largest(hidden: mx.array, present: mx.array) -> mx.array:
    return mx.where(present[..., None], hidden, -mx.inf).max(axis=1)


_MODES: dict[str, Pool] = {
    "pooling_mode_mean_tokens": _mean,
    "pooling_mode_cls_token": _first,
    "pooling_mode_max_tokens": _largest,
}


def pooling_of(folder: Path, modules: list[dict[str, Any]]) -> Pool:
    """Raises UnsupportedEncoderError for a module that is none of these."""
    pool: Pool | None = None
    normalises = False
    for module in modules:
        kind = str(module.get("type", "")).rsplit(".", 1)[-1]
        if kind == "Pooling":
            pool = _mode(read_json(folder / _inside(module) / "config.json"))
        elif kind == "Normalize":
            normalises = True
        elif kind != "Transformer":
            raise UnsupportedEncoderError(f"Embedding models with a module {kind[:64]!r} are not supported.")
    chosen = pool or _mean
    if not normalises:
        return chosen
    return lambda hidden, present: normalised(chosen(hidden, present))


def normalised(vectors: mx.array) -> mx.array:
    """Of length 1."""
    return vectors / mx.maximum(mx.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)


def _mode(config: dict[str, Any]) -> Pool:
    wanted = [name for name, value in config.items() if name.startswith("pooling_mode_") and value is True]
    if len(wanted) == 1 and wanted[0] in _MODES:
        return _MODES[wanted[0]]
    raise UnsupportedEncoderError(f"Embedding models that pool by {wanted} are not supported.")


def _inside(module: dict[str, Any]) -> str:
    """The module's folder, which never leads out of the model's."""
    path = str(module.get("path", ""))
    if "/" in path or "\\" in path or path == "..":
        raise UnsupportedEncoderError("A module of the embedding model lies outside its folder.")
    return path

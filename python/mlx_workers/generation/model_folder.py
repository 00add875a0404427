"""What a model's folder says about it, read without running anything from it."""

import json
from pathlib import Path
from typing import Any

from .failures import LoadError

_CONTEXT_KEYS = ("max_position_embeddings", "n_positions", "max_sequence_length", "seq_length", "n_ctx")
_CONTEXT_WHEN_UNKNOWN = 4096
_VOCABULARY_WHEN_UNKNOWN = 2**31


def read_config(folder: Path) -> dict[str, Any]:
    """config.json. Raises LoadError for a folder that holds no model, or one that would have code run."""
    if not folder.is_dir():
        raise LoadError("The model is not a folder.")
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as cause:
        raise LoadError("The model has no readable config.json.") from cause
    if not isinstance(config, dict):
        raise LoadError("The model's config.json is not a map.")
    for key in ("model_file", "auto_map"):
        if key in config:
            raise LoadError(f"The model's config.json asks for code from its folder ({key}); such code is never run.")
    if not any(folder.glob("model*.safetensors")):
        raise LoadError("The model has no safetensors files.")
    return config


def end_ids(value: Any) -> list[int]:
    """`eos_token_id` of a config: absent, one or several."""
    if value is None:
        return []
    return [value] if isinstance(value, int) else list(value)


def vocabulary_size(config: dict[str, Any]) -> int:
    """As the config says; where it does not, no id is beyond it."""
    nested = config.get("text_config")
    places = [config, nested] if isinstance(nested, dict) else [config]
    known = [place["vocab_size"] for place in places if isinstance(place.get("vocab_size"), int)]
    return max(1, known[0]) if known else _VOCABULARY_WHEN_UNKNOWN


def context_length(config: dict[str, Any], requested: int | None) -> int:
    """The smaller of what the model was made for and what was asked for."""
    nested = config.get("text_config")
    places = [config, nested] if isinstance(nested, dict) else [config]
    known = [place[key] for place in places for key in _CONTEXT_KEYS if isinstance(place.get(key), int)]
    limits = [limit for limit in (*known[:1], requested) if limit is not None]
    return max(1, min(limits, default=_CONTEXT_WHEN_UNKNOWN))

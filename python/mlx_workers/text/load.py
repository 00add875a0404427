"""A folder of safetensors to a model that is ready to run. Refuses whatever would execute code from that folder."""

import json
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlx.core as mx

from .failures import LoadError, presentable
from .lean_imports import caches, utils
from .lean_tokenizer import load_lean_tokenizer
from .slow_tokenizer import load_slow_tokenizer
from .tokenizer import Tokenizer

_CONTEXT_KEYS = ("max_position_embeddings", "n_positions", "max_sequence_length", "seq_length", "n_ctx")
_CONTEXT_WHEN_UNKNOWN = 4096
_PREFILL_TOKENS = {"gpu": 512, "cpu": 32, "cpu quantised": 8}


@dataclass(frozen=True)
class LoadedModel:
    """What the engine runs. A prefill chunk has `prefill_tokens`, fixed so that time cannot change numbers."""

    network: Any
    tokenizer: Tokenizer
    context_length: int
    vocabulary_size: int
    prefill_tokens: int


def device_name() -> str:
    """`cpu`, `metal` or `cuda`."""
    if mx.default_device().type == mx.DeviceType.cpu:
        return "cpu"
    return "metal" if mx.metal.is_available() else "cuda"


def load_model(path: str, requested_context: int | None) -> LoadedModel:
    """Loads and warms the model up. Raises LoadError with a reason that holds no path."""
    folder = Path(path)
    config = _checked_config(folder)
    try:
        network, tokenizer = _load(folder)
        vocabulary_size = _warm_up(network)
    except Exception as cause:
        traceback.print_exc()
        raise LoadError(presentable(f"{type(cause).__name__}: {str(cause).replace(path, '(path)')}")) from cause
    quantised = "quantization" in config or "quantization_config" in config
    on_cpu = device_name() == "cpu"
    return LoadedModel(
        network=network,
        tokenizer=tokenizer,
        context_length=_context_length(config, requested_context),
        vocabulary_size=vocabulary_size,
        prefill_tokens=_PREFILL_TOKENS[("cpu quantised" if quantised else "cpu") if on_cpu else "gpu"],
    )


def _checked_config(folder: Path) -> dict[str, Any]:
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


def _load(folder: Path) -> tuple[Any, Tokenizer]:
    on_cpu = device_name() == "cpu"
    if on_cpu:
        mx.disable_compile()
    network, full_config = utils.load_model(folder, lazy=True, trust_remote_code=False)
    if on_cpu:
        network.set_dtype(mx.float32)
    else:
        utils.maybe_set_recommended_wired_limit()
    mx.eval(network.parameters())
    end_ids = _end_ids(full_config.get("eos_token_id"))
    tokenizer = load_lean_tokenizer(folder, end_ids) or load_slow_tokenizer(folder, end_ids)
    return network, tokenizer


def _end_ids(value: Any) -> list[int]:
    if value is None:
        return []
    return [value] if isinstance(value, int) else list(value)


def _context_length(config: dict[str, Any], requested: int | None) -> int:
    """The smaller of what the model was made for and what was asked for."""
    nested = config.get("text_config")
    places = [config, nested] if isinstance(nested, dict) else [config]
    known = [place[key] for place in places for key in _CONTEXT_KEYS if isinstance(place.get(key), int)]
    limits = [limit for limit in (*known[:1], requested) if limit is not None]
    return max(1, min(limits, default=_CONTEXT_WHEN_UNKNOWN))


def _warm_up(network: Any) -> int:
    """Runs prefill and decode once, so that no request pays for kernels; returns the width of the logits."""
    cache = caches.make_prompt_cache(network)
    if device_name() != "cpu":
        network(mx.zeros((1, 16), dtype=mx.int32), cache=cache)
    logits = network(mx.zeros((1, 1), dtype=mx.int32), cache=cache)[:, -1, :]
    mx.eval(mx.argmax(logits, axis=-1))
    return logits.shape[-1]

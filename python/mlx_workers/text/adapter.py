"""A LoRA adapter over a loaded network: mlx-lm's own folder of adapters.safetensors and adapter_config.json, put beside
the weights and not into them: to quantise the sum again would lose most of what the adapter says.
"""

import importlib
import json
import traceback
from pathlib import Path
from typing import Any

import mlx.core as mx
from mlx.utils import tree_flatten

from ..generation.failures import LoadError, presentable

_CONFIG, _WEIGHTS = "adapter_config.json", "adapters.safetensors"
_LORA_LEAVES = ("lora_a", "lora_b")
_MOST_NAMED = 3


def apply_adapter(model: Any, path: str) -> None:
    """Changes `model`. Runs nothing from the folder. Raises LoadError with a reason that holds no path."""
    folder = Path(path)
    _check_config(folder)
    # Its package brings the whole trainer along, which only a model with an adapter pays for.
    loader: Any = importlib.import_module("mlx_lm.tuner.utils")
    try:
        weights: Any = mx.load(str(folder / _WEIGHTS))
        loader.load_adapters(model, path)
    except Exception as cause:
        traceback.print_exc()
        raise LoadError(
            f"adapter: {presentable(f'{type(cause).__name__}: {cause}'.replace(path, '(path)'))}"
        ) from cause
    parameters: Any = tree_flatten(model.parameters())
    missing = [name for name, _ in parameters if name.endswith(_LORA_LEAVES) and name not in weights]
    if missing:
        raise LoadError(
            f"adapter: its weights lack {len(missing)} tensors, {', '.join(missing[:_MOST_NAMED])} among them"
        )
    model.eval()


def _check_config(folder: Path) -> None:
    if not (folder / _WEIGHTS).is_file():
        raise LoadError(f"adapter: it must be a folder with {_CONFIG} and {_WEIGHTS}")
    try:
        config = json.loads((folder / _CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as cause:
        raise LoadError(f"adapter: it has no readable {_CONFIG}") from cause
    if not isinstance(config, dict):
        raise LoadError(f"adapter: its {_CONFIG} is not a map")
    if config.get("fine_tune_type") != "full" and not {"num_layers", "lora_parameters"} <= config.keys():
        raise LoadError(f"adapter: its {_CONFIG} is not mlx-lm's: num_layers or lora_parameters is missing")

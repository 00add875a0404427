"""A sentence-transformers folder to an encoder that is ready to run. Runs nothing from that folder."""

import json
import traceback
from pathlib import Path
from typing import Any

import mlx.core as mx
import tokenizers

from ..generation.failures import LoadError, presentable
from ..generation.model_folder import read_config
from ..generation.tuning import Tuning
from ..tokenization.chat_source import read_json
from .bert import Bert
from .embedder import Embedder
from .family import UnsupportedEncoderError, read_family
from .pooling import pooling_of


def load_embedder(path: str, requested_context: int | None, tuning: Tuning) -> Embedder:
    """Raises LoadError with a reason that holds no path."""
    tuning.refuse("kv_bits", "draft_path", "adapter_path")
    folder = Path(path)
    config = read_config(folder)
    try:
        return _load(folder, config, requested_context)
    except UnsupportedEncoderError as cause:
        raise LoadError(presentable(str(cause))) from cause
    except Exception as cause:
        traceback.print_exc()
        raise LoadError(presentable(f"{type(cause).__name__}: {str(cause).replace(path, '(path)')}")) from cause


def _load(folder: Path, config: dict[str, Any], requested_context: int | None) -> Embedder:
    modules = _modules(folder)
    weights: dict[str, mx.array] = {}
    for file in sorted(folder.glob("model*.safetensors")):
        weights |= mx.load(str(file))  # pyright: ignore[reportArgumentType, reportOperatorIssue, reportCallIssue]
    bert = Bert(*read_family(config, weights))
    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    longest = read_json(folder / "sentence_bert_config.json").get("max_seq_length")
    limits = [bert.shape.positions, longest, requested_context]
    return Embedder(
        bert,
        tokenizer,
        pool=pooling_of(folder, modules),
        context_length=min(limit for limit in limits if isinstance(limit, int) and limit > 0),
    )


def _modules(folder: Path) -> list[dict[str, Any]]:
    file = folder / "modules.json"
    modules: Any = json.loads(file.read_text(encoding="utf-8")) if file.exists() else None
    if isinstance(modules, list) and all(isinstance(module, dict) for module in modules):
        return modules
    raise UnsupportedEncoderError("The model is no embedding model: it has no list of modules.")

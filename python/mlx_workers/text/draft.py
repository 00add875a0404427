"""A small model beside a large one, to propose tokens to it. Refuses pairs that cannot work together."""

import json
import traceback
from pathlib import Path
from typing import Any

import mlx.core as mx

from ..generation.device import device_name, prefill_tokens
from ..generation.drafting import DraftPair
from ..generation.failures import LoadError, presentable
from ..generation.model_folder import read_config
from ..generation.quantised_cache import can_be_cut
from .lean_imports import utils
from .network import TextNetwork

_CHUNKS_AT_ONCE = 4
"""A draft model is a fraction of the model, and takes as much longer pieces of a prompt."""


def load_draft(target: TextNetwork, target_path: str, draft_path: str, vocabulary_size: int) -> DraftPair:
    """Raises LoadError with a reason that holds no path."""
    folder = Path(draft_path)
    try:
        config = read_config(folder)
    except LoadError as cause:
        raise LoadError(f"draft_model: {cause}") from cause
    if _vocabulary(folder) != _vocabulary(Path(target_path)):
        raise LoadError("draft_model: its vocabulary is another than the model's")
    try:
        draft = _load(folder)
    except Exception as cause:
        traceback.print_exc()
        reason = presentable(f"{type(cause).__name__}: {cause}".replace(draft_path, "(path)"))
        raise LoadError(f"draft_model: {reason}") from cause
    for who, network in (("its own", draft), ("the model's", target)):
        if not all(can_be_cut(part) for part in network.make_cache()):
            raise LoadError(f"draft_model: {who} cache cannot be cut back (windows or states), which a draft needs")
    return DraftPair(target, draft, prefill_tokens(config) * _CHUNKS_AT_ONCE, vocabulary_size)


def _load(folder: Path) -> TextNetwork:
    network, _ = utils.load_model(folder, lazy=True, trust_remote_code=False)
    if device_name() == "cpu":
        network.set_dtype(mx.float32)
    mx.eval(network.parameters())
    draft = TextNetwork(network)
    mx.eval(draft.logits_of(mx.zeros((1, 1), dtype=mx.int32), draft.make_cache()))
    return draft


def _vocabulary(folder: Path) -> Any:
    """Which text has which id, as tokenizer.json says it."""
    try:
        content = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
        added = [(one["id"], one["content"]) for one in content.get("added_tokens") or []]
        return content["model"]["vocab"], added
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as cause:
        raise LoadError("draft_model: it and the model need a tokenizer.json, to see that they fit") from cause

"""A folder of safetensors to a text model that is ready to run. Refuses what would execute code from that folder."""

import traceback
from pathlib import Path
from typing import Any

import mlx.core as mx

from ..generation.device import device_name, keep_resident, prefill_tokens
from ..generation.failures import LoadError, presentable
from ..generation.model import LoadedModel
from ..generation.model_folder import context_length, end_ids, read_config, vocabulary_size
from ..generation.questions import LoadedTokenizer
from ..generation.tuning import Tuning
from ..tokenization.lean_tokenizer import load_lean_tokenizer
from ..tokenization.tokenizer import Tokenizer
from .adapter import apply_adapter
from .lean_imports import utils
from .network import TextNetwork
from .prompt import TextPromptReader
from .slow_tokenizer import load_slow_tokenizer
from .warm_up import warm_up


def load_model(path: str, requested_context: int | None, tuning: Tuning) -> LoadedModel:
    """Loads and warms the model up. Raises LoadError with a reason that holds no path."""
    tuning.refuse("draft_path")
    folder = Path(path)
    config = read_config(folder)
    try:
        model, tokenizer = _load(folder, tuning.adapter_path)
        network = TextNetwork(model, tuning.kv_bits)
        width = warm_up(network)
    except LoadError:
        raise
    except Exception as cause:
        traceback.print_exc()
        raise LoadError(presentable(f"{type(cause).__name__}: {str(cause).replace(path, '(path)')}")) from cause
    return LoadedModel(
        network=network,
        read_prompt=TextPromptReader(tokenizer),
        tokenizer=tokenizer,
        context_length=context_length(config, requested_context),
        vocabulary_size=width,
        prefill_tokens=prefill_tokens(config),
    )


def load_tokenizer(path: str, requested_context: int | None) -> LoadedTokenizer:
    """All that can be known without the weights. Raises LoadError with a reason that holds no path."""
    folder = Path(path)
    config = read_config(folder)
    try:
        tokenizer = _tokenizer(folder, end_ids(config.get("eos_token_id")))
    except Exception as cause:
        traceback.print_exc()
        raise LoadError(presentable(f"{type(cause).__name__}: {str(cause).replace(path, '(path)')}")) from cause
    return LoadedTokenizer(
        read_prompt=TextPromptReader(tokenizer),
        tokenizer=tokenizer,
        context_length=context_length(config, requested_context),
        vocabulary_size=vocabulary_size(config),
    )


def _tokenizer(folder: Path, ends: list[int]) -> Tokenizer:
    return load_lean_tokenizer(folder, ends) or load_slow_tokenizer(folder, ends)


def _load(folder: Path, adapter: str | None) -> tuple[Any, Tokenizer]:
    on_cpu = device_name() == "cpu"
    if on_cpu:
        mx.disable_compile()
    network, full_config = utils.load_model(folder, lazy=True, trust_remote_code=False)
    if adapter is not None:
        apply_adapter(network, adapter)
    if on_cpu:
        network.set_dtype(mx.float32)
    else:
        keep_resident()
    mx.eval(network.parameters())
    return network, _tokenizer(folder, end_ids(full_config.get("eos_token_id")))

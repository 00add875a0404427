"""Writes a random Llama of two layers and 300 tokens as a model folder, with a tokenizer of the tokenizers package."""

import json
from pathlib import Path
from typing import Any

import mlx.core as mx
import mlx.nn as nn
import tokenizers
from mlx.utils import tree_flatten

from mlx_workers.text import lean_imports

VOCABULARY = 300
SPECIAL = ["<|end|>", "<|user|>", "<|assistant|>"]
END = 0
CONTEXT = 16384
TEMPLATE = "{% for message in messages %}<|user|>{{ message['content'] }}{% endfor %}<|assistant|>"


def tokenizer() -> tokenizers.Tokenizer:
    """Byte-level BPE: 3 special tokens, 256 bytes, and pairs of letters up to 300."""
    alphabet = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    pairs = [(first, second) for first in "Ġetao" for second in "abcdeinorst"][: VOCABULARY - 3 - len(alphabet)]
    tokens = [*SPECIAL, *alphabet, *("".join(pair) for pair in pairs)]
    model = tokenizers.models.BPE(vocab={token: place for place, token in enumerate(tokens)}, merges=pairs)
    made = tokenizers.Tokenizer(model)
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)  # pyright: ignore[reportAttributeAccessIssue]
    made.decoder = tokenizers.decoders.ByteLevel()  # pyright: ignore[reportAttributeAccessIssue]
    made.add_special_tokens(SPECIAL)
    return made


def write_tokenizer(folder: Path, **config: Any) -> None:
    """tokenizer.json and tokenizer_config.json; `config` adds to the latter."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer().save(str(folder / "tokenizer.json"))
    content = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": SPECIAL[END], **config}
    (folder / "tokenizer_config.json").write_text(json.dumps(content), encoding="utf-8")


def write_model(folder: Path, *, quantised: bool, template: str | None = TEMPLATE, **changes: Any) -> Path:
    """The whole folder: the same weights at every call, in float32 or in 4 bits with groups of 32. `changes` go into
    the config.
    """
    write_tokenizer(folder, **({} if template is None else {"chat_template": template}))
    config: dict[str, Any] = {
        "model_type": "llama",
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0,
        "vocab_size": VOCABULARY,
        "max_position_embeddings": CONTEXT,
        "tie_word_embeddings": False,
        "eos_token_id": END,
        **changes,
    }
    mx.random.seed(7)
    model_class, arguments_class = lean_imports.utils._get_classes(config)
    model = model_class(arguments_class.from_dict(config))
    parameters: dict[str, mx.array] = dict(tree_flatten(model.parameters()))  # pyright: ignore[reportAssignmentType]
    for name, array in parameters.items():
        if array.ndim == 2:
            spread = 1.0 if "embed" in name else 2.5 * array.shape[1] ** -0.5
            model.load_weights([(name, mx.random.normal(array.shape) * spread)], strict=False)
    if quantised:
        nn.quantize(model, group_size=32, bits=4)
        config["quantization"] = {"group_size": 32, "bits": 4}
    mx.save_safetensors(str(folder / "model.safetensors"), dict(tree_flatten(model.parameters())), {"format": "mlx"})
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder

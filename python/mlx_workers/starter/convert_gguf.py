"""A Llama model in GGUF (Q4_1 with an 8-bit embedding) → the same weights in MLX's safetensors layout, without loss.

`python -m mlx_workers.starter.convert_gguf SOURCE.gguf FOLDER`. Used at set-up only. Q4_1 is MLX's affine 4-bit
quantisation with groups of 32, so values stay and names change; GGUF interleaves the rotary halves of the rows of q and
k (llama.cpp, convert_hf_to_gguf.py: permute), which is undone.
"""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import mlx.core as mx

_GROUP_SIZE = 32
_SPECIAL_TOKEN = 3
_LAYER_NAMES = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
}
_TOP_NAMES = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}


def convert(source: Path, target: Path) -> None:
    """Writes the folder `target` whole or not at all; it must not exist. Raises ValueError for other architectures."""
    tensors, metadata = _load_gguf(source)
    if metadata.get("general.architecture") != "llama":
        raise ValueError("only the llama architecture is converted")
    heads, kv_heads = _number(metadata, "attention.head_count"), _number(metadata, "attention.head_count_kv")
    weights = dict(_renamed(tensors, heads, kv_heads))
    work = target.with_name(target.name + ".unfinished")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    mx.save_safetensors(str(work / "model.safetensors"), weights, metadata={"format": "mlx"})
    _write_json(work / "config.json", _config(weights, metadata))
    _write_json(work / "generation_config.json", _generation_config(metadata))
    _write_json(work / "tokenizer.json", _tokenizer(metadata))
    _write_json(work / "tokenizer_config.json", _tokenizer_config(metadata))
    work.rename(target)


def _load_gguf(source: Path) -> tuple[dict[str, mx.array], dict[str, Any]]:
    loaded: Any = mx.load(str(source), return_metadata=True)
    tensors, metadata = loaded
    return tensors, metadata


def _number(metadata: dict[str, Any], key: str) -> int:
    return int(metadata[f"llama.{key}"].item())


def _renamed(tensors: dict[str, mx.array], heads: int, kv_heads: int) -> list[tuple[str, mx.array]]:
    """MLX's name for every tensor; a quantised one is three: weight, scales, biases."""
    renamed: list[tuple[str, mx.array]] = []
    for name, array in tensors.items():
        *path, part = name.split(".")
        if path[0] == "blk":
            layer, kind = path[1], path[2]
            if kind in ("attn_q", "attn_k"):
                array = _rotary_halves_apart(array, heads if kind == "attn_q" else kv_heads)
            base = f"model.layers.{layer}.{_LAYER_NAMES[kind]}"
        else:
            base = _TOP_NAMES[path[0]]
        renamed.append((f"{base}.{part}", array.astype(mx.float16) if array.dtype == mx.float32 else array))
    return renamed


def _rotary_halves_apart(array: mx.array, heads: int) -> mx.array:
    """Rows of one head from pairs (0, 0', 1, 1', …) to halves (0, 1, …, 0', 1', …); array is [rows, columns]."""
    rows = array.shape[0]
    return array.reshape(heads, rows // heads // 2, 2, *array.shape[1:]).swapaxes(1, 2).reshape(array.shape)


def _config(weights: dict[str, mx.array], metadata: dict[str, Any]) -> dict[str, Any]:
    hidden = _number(metadata, "embedding_length")
    quantization: dict[str, Any] = {"group_size": _GROUP_SIZE, "bits": 4, "mode": "affine"}
    for base in ("model.embed_tokens", "lm_head"):
        if f"{base}.scales" in weights:
            bits = weights[f"{base}.weight"].shape[1] * 32 // hidden
            if bits != 4:
                quantization[base] = {"group_size": _GROUP_SIZE, "bits": bits}
    end = _token_id(metadata, "eos")
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_act": "silu",
        "hidden_size": hidden,
        "intermediate_size": _number(metadata, "feed_forward_length"),
        "num_hidden_layers": _number(metadata, "block_count"),
        "num_attention_heads": _number(metadata, "attention.head_count"),
        "num_key_value_heads": _number(metadata, "attention.head_count_kv"),
        "rms_norm_eps": float(metadata["llama.attention.layer_norm_rms_epsilon"].item()),
        "rope_theta": float(metadata["llama.rope.freq_base"].item()),
        "max_position_embeddings": _number(metadata, "context_length"),
        "vocab_size": len(metadata["tokenizer.ggml.tokens"]),
        "tie_word_embeddings": "lm_head.weight" not in weights,
        "bos_token_id": _token_id(metadata, "bos"),
        "eos_token_id": end,
        "pad_token_id": end,
        "torch_dtype": "float16",
        "quantization": quantization,
    }


def _generation_config(metadata: dict[str, Any]) -> dict[str, Any]:
    """SmolLM2's recommended sampling (huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct), and what ends a text."""
    return {"temperature": 0.2, "top_p": 0.9, "do_sample": True, "eos_token_id": _token_id(metadata, "eos")}


def _token_id(metadata: dict[str, Any], name: str) -> int:
    return int(metadata[f"tokenizer.ggml.{name}_token_id"].item())


def _tokenizer(metadata: dict[str, Any]) -> dict[str, Any]:
    """Byte-level BPE with single digits, as GGUF's `smollm` pre-tokenizer stands for (llama.cpp, llama-vocab.cpp)."""
    tokens, kinds = metadata["tokenizer.ggml.tokens"], metadata["tokenizer.ggml.token_type"].tolist()
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    special = [
        {"id": place, "content": token, **flags}
        for place, (token, kind) in enumerate(zip(tokens, kinds, strict=True))
        if kind == _SPECIAL_TOKEN
    ]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": special,
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [{"type": "Digits", "individual_digits": True}, byte_level],
        },
        "post_processor": None,
        "decoder": byte_level,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": {token: place for place, token in enumerate(tokens)},
            "merges": metadata["tokenizer.ggml.merges"],
        },
    }


def _tokenizer_config(metadata: dict[str, Any]) -> dict[str, Any]:
    tokens = metadata["tokenizer.ggml.tokens"]
    end = tokens[_token_id(metadata, "eos")]
    return {
        "tokenizer_class": "GPT2Tokenizer",
        "bos_token": tokens[_token_id(metadata, "bos")],
        "eos_token": end,
        "pad_token": end,
        "unk_token": "<|endoftext|>",
        "add_prefix_space": False,
        "clean_up_tokenization_spaces": False,
        "model_max_length": _number(metadata, "context_length"),
        "chat_template": metadata["tokenizer.chat_template"],
    }


def _write_json(file: Path, content: dict[str, Any]) -> None:
    file.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]))

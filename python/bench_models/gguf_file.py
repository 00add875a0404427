"""Writes the same random Llama as one float32 GGUF file, as llama.cpp's converter would name and order it."""

from pathlib import Path

import mlx.core as mx

from .random_llama import CHAT_TEMPLATE, END_OF_TURN, SPECIAL_TOKENS, Shape, merges, tokens

_LAYER_NAMES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
}
_TOP_NAMES = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}
_NORMAL_TOKEN, _CONTROL_TOKEN, _UNUSED_TOKEN = 1, 3, 5
_ALL_FLOAT32 = 0


def _name(name: str) -> str:
    base = name.removesuffix(".weight")
    if base in _TOP_NAMES:
        return f"{_TOP_NAMES[base]}.weight"
    _, _, layer, rest = base.split(".", 3)
    return f"blk.{layer}.{_LAYER_NAMES[rest]}.weight"


def _interleave(rows: mx.array, heads: int) -> mx.array:
    """[heads * head, columns] with each head's two rotary halves interleaved, as GGUF's llama layout wants them."""
    count, columns = rows.shape
    return rows.reshape(heads, 2, count // heads // 2, columns).swapaxes(1, 2).reshape(count, columns)


def _tensors(shape: Shape, weights: dict[str, mx.array]) -> dict[str, mx.array]:
    tensors: dict[str, mx.array] = {}
    for name, value in weights.items():
        if ".q_proj." in name:
            value = _interleave(value, shape.heads)
        elif ".k_proj." in name:
            value = _interleave(value, shape.key_value_heads)
        tensors[_name(name)] = mx.contiguous(value)
    return tensors


def _metadata(shape: Shape, name: str) -> dict[str, mx.array | str | list[str]]:
    def count(value: int) -> mx.array:
        return mx.array(value, dtype=mx.uint32)

    known = tokens(shape)
    unused = [f"<|unused_{place}|>" for place in range(len(known), shape.vocabulary)]
    kinds = (
        [_CONTROL_TOKEN] * len(SPECIAL_TOKENS)
        + [_NORMAL_TOKEN] * (len(known) - len(SPECIAL_TOKENS))
        + [_UNUSED_TOKEN] * len(unused)
    )
    return {
        "general.architecture": "llama",
        "general.name": name,
        "general.file_type": count(_ALL_FLOAT32),
        "llama.context_length": count(shape.context),
        "llama.embedding_length": count(shape.hidden),
        "llama.block_count": count(shape.layers),
        "llama.feed_forward_length": count(shape.intermediate),
        "llama.rope.dimension_count": count(shape.head),
        "llama.attention.head_count": count(shape.heads),
        "llama.attention.head_count_kv": count(shape.key_value_heads),
        "llama.attention.layer_norm_rms_epsilon": mx.array(1e-5, dtype=mx.float32),
        "llama.rope.freq_base": mx.array(10000.0, dtype=mx.float32),
        "llama.vocab_size": count(shape.vocabulary),
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "gpt-2",
        "tokenizer.ggml.tokens": known + unused,
        "tokenizer.ggml.token_type": mx.array(kinds, dtype=mx.int32),
        "tokenizer.ggml.merges": [" ".join(pair) for pair in merges(shape.vocabulary)],
        "tokenizer.ggml.bos_token_id": count(1),
        "tokenizer.ggml.eos_token_id": count(END_OF_TURN),
        "tokenizer.chat_template": CHAT_TEMPLATE,
    }


def write_gguf(file: Path, shape: Shape, weights: dict[str, mx.array]) -> None:
    """Writes `file` (its folder is made); the weights are those of the Hugging Face layout, float32."""
    file.parent.mkdir(parents=True, exist_ok=True)
    mx.save_gguf(str(file), _tensors(shape, weights), _metadata(shape, file.stem))

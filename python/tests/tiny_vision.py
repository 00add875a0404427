"""Writes small random vision models as folders: one of each way in which images reach mlx-vlm's language parts."""

import json
from pathlib import Path
from typing import Any

import mlx.core as mx
import tokenizers
from mlx.utils import tree_flatten

from mlx_workers.vision.library import utils

SPECIAL = [
    "<|end|>",
    "<|start|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
    "<|video_pad|>",
    "<start_of_image>",
    "<end_of_image>",
    "<image_soft_token>",
    "<image>",
    "<fake_token_around_image>",
    "<global-img>",
    "<end_of_utterance>",
]
END = 0
VOCABULARY = len(SPECIAL) + 256
CONTEXT = 2048


def template(image: str) -> str:
    """Takes strings and parts; `image` is what an image leaves."""
    return (
        "{% for message in messages %}<|start|>{{ message['role'] }}\n"
        "{% if message['content'] is string %}{{ message['content'] }}"
        "{% else %}{% for part in message['content'] %}"
        "{% if part['type'] == 'image' %}" + image + "{% else %}{{ part['text'] }}{% endif %}"
        "{% endfor %}{% endif %}<|end|>\n{% endfor %}<|start|>assistant"
    )


_TEXT: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 16,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "vocab_size": VOCABULARY,
    "max_position_embeddings": CONTEXT,
    "tie_word_embeddings": False,
    "rope_scaling": {"type": "mrope", "mrope_section": [4, 2, 2]},
}
_QWEN_IDS = {
    "image_token_id": 4,
    "video_token_id": 5,
    "vision_start_token_id": 2,
    "vision_end_token_id": 3,
    "vision_token_id": 3,
}
_QWEN_PREPROCESSOR = {
    "image_processor_type": "Qwen2VLImageProcessor",
    "patch_size": 14,
    "temporal_patch_size": 2,
    "merge_size": 2,
    "min_pixels": 28 * 28 * 4,
    "max_pixels": 28 * 28 * 16,
}
_QWEN_VISION = {
    "depth": 2,
    "hidden_size": 32,
    "intermediate_size": 64,
    "out_hidden_size": 32,
    "num_heads": 2,
    "patch_size": 14,
    "spatial_merge_size": 2,
    "temporal_patch_size": 2,
    "in_channels": 3,
    "window_size": 56,
    "fullatt_block_indexes": [1],
}
_SIGLIP = {
    "num_hidden_layers": 2,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_attention_heads": 2,
    "patch_size": 14,
    "image_size": 56,
    "num_channels": 3,
}
_QWEN_TEMPLATE = template("<|vision_start|><|image_pad|><|vision_end|>")

MODELS: dict[str, dict[str, Any]] = {
    "qwen2_5_vl": {
        "config": _TEXT | _QWEN_IDS | {"model_type": "qwen2_5_vl", "vision_config": _QWEN_VISION},
        "preprocessor": _QWEN_PREPROCESSOR | {"processor_class": "Qwen2_5_VLProcessor"},
        "template": _QWEN_TEMPLATE,
    },
    "qwen3_vl": {
        "config": _QWEN_IDS
        | {
            "model_type": "qwen3_vl",
            "text_config": _TEXT | {"model_type": "qwen3_vl_text"},
            "vision_config": _QWEN_VISION
            | {"model_type": "qwen3_vl", "num_position_embeddings": 16, "deepstack_visual_indexes": [0, 1]},
        },
        "preprocessor": _QWEN_PREPROCESSOR | {"processor_class": "Qwen3VLProcessor"},
        "template": _QWEN_TEMPLATE,
    },
    "gemma3": {
        "config": {
            "model_type": "gemma3",
            "image_token_index": 8,
            "hidden_size": 32,
            "pad_token_id": 5,
            "text_config": _TEXT
            | {
                "model_type": "gemma3_text",
                "rope_scaling": None,
                "sliding_window": 16,
                "sliding_window_pattern": 2,
                "query_pre_attn_scalar": 16,
                "mm_tokens_per_image": 4,
            },
            "vision_config": _SIGLIP | {"model_type": "siglip_vision_model"},
        },
        "preprocessor": {
            "image_processor_type": "Gemma3ImageProcessor",
            "processor_class": "Gemma3Processor",
            "image_seq_length": 4,
            "size": {"height": 56, "width": 56},
            "do_convert_rgb": True,
        },
        "processor": {"processor_class": "Gemma3Processor", "image_seq_length": 4},
        "tokenizer": {
            "extra_special_tokens": {
                "boi_token": "<start_of_image>",
                "eoi_token": "<end_of_image>",
                "image_token": "<image_soft_token>",
            }
        },
        "template": template("<start_of_image>"),
    },
    "smolvlm": {
        "config": {
            "model_type": "smolvlm",
            "image_token_id": 9,
            "image_token_index": 9,
            "scale_factor": 2,
            "vocab_size": VOCABULARY,
            "text_config": _TEXT | {"model_type": "llama", "rope_scaling": None},
            "vision_config": _SIGLIP | {"model_type": "smolvlm_vision"},
        },
        "preprocessor": {
            "image_processor_type": "SmolVLMImageProcessor",
            "processor_class": "SmolVLMProcessor",
            "do_image_splitting": False,
            "size": {"longest_edge": 56},
            "max_image_size": {"longest_edge": 56},
            "do_pad": True,
        },
        "processor": {"processor_class": "SmolVLMProcessor", "image_seq_len": 4},
        "template": template("<image>"),
    },
}


def _write_tokenizer(folder: Path, **more: Any) -> None:
    """Byte-level, without merges; `more` goes into tokenizer_config.json."""
    alphabet = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: place for place, token in enumerate([*SPECIAL, *alphabet])}
    made = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=vocabulary, merges=[]))
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)  # pyright: ignore[reportAttributeAccessIssue]
    made.decoder = tokenizers.decoders.ByteLevel()  # pyright: ignore[reportAttributeAccessIssue]
    made.add_special_tokens(SPECIAL)
    made.save(str(folder / "tokenizer.json"))
    content = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "eos_token": SPECIAL[END],
        "pad_token": SPECIAL[END],
        **more,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(content), encoding="utf-8")


def write_vision_model(folder: Path, kind: str, *, chat_template: str | None = None) -> Path:
    """The whole folder: the same weights at every call, in float32."""
    folder.mkdir(parents=True, exist_ok=True)
    about = MODELS[kind]
    _write_tokenizer(folder, **about.get("tokenizer", {}))
    config = about["config"] | {"eos_token_id": END}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "preprocessor_config.json").write_text(json.dumps(about["preprocessor"]), encoding="utf-8")
    if "processor" in about:
        (folder / "processor_config.json").write_text(json.dumps(about["processor"]), encoding="utf-8")
    (folder / "chat_template.jinja").write_text(chat_template or about["template"], encoding="utf-8")
    loaded = json.loads((folder / "config.json").read_text())
    model_class, _ = utils.get_model_and_args(loaded)
    made = model_class.ModelConfig.from_dict(loaded)
    made = utils.update_module_configs(made, model_class, loaded, ["text", "vision", "perceiver", "projector", "audio"])
    model = model_class.Model(made)
    mx.random.seed(11)
    parameters: Any = tree_flatten(model.parameters())
    weights: dict[str, mx.array] = {}
    for name, array in parameters:
        spread = 1.0 if "embed_tokens" in name else 2.0 * max(1, array.size // max(1, array.shape[0])) ** -0.5
        weights[name] = mx.random.normal(array.shape) * spread if array.ndim > 1 else array
    mx.save_safetensors(str(folder / "model.safetensors"), weights, {"format": "mlx"})
    return folder

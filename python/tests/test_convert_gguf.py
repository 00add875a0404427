"""The starter model in MLX's layout has exactly the numbers of the GGUF file that it was made of."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlx.core as mx
import pytest

from mlx_workers.starter import convert_gguf
from mlx_workers.starter.convert_gguf import convert

FOLDER = Path(__file__).resolve().parents[2] / ".runtime/models/starter/smollm2-135m-instruct-gguf"
HEADS, KEY_VALUE_HEADS, HIDDEN = 9, 3, 576


@pytest.fixture(scope="module")
def gguf() -> Path:
    files = sorted(FOLDER.glob("*.gguf"))
    assert files, f"no GGUF file in {FOLDER}: the set-up of npm test puts the starter model there"
    return files[0]


@pytest.fixture(scope="module")
def source(gguf: Path) -> dict[str, mx.array]:
    loaded: Any = mx.load(str(gguf))
    return loaded


@pytest.fixture(scope="module")
def folder(gguf: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    target = tmp_path_factory.mktemp("converted") / "model"
    convert(gguf, target)
    yield target
    (target / "model.safetensors").unlink()


@pytest.fixture(scope="module")
def converted(folder: Path) -> dict[str, mx.array]:
    loaded: Any = mx.load(str(folder / "model.safetensors"))
    return loaded


def values(weights: dict[str, mx.array], base: str) -> mx.array:
    """A tensor [rows, columns] without its quantisation."""
    weight = weights[f"{base}.weight"]
    if f"{base}.scales" not in weights:
        return weight
    bits = weight.shape[1] * 32 // HIDDEN
    return mx.dequantize(weight, weights[f"{base}.scales"], weights[f"{base}.biases"], group_size=32, bits=bits)


def pairs_together(rows: mx.array, heads: int) -> mx.array:
    """From the halves of Hugging Face's rows to the pairs of GGUF's: what llama.cpp's `permute` does."""
    size = rows.shape[0] // heads
    order = [head * size + half * (size // 2) + i for head in range(heads) for i in range(size // 2) for half in (0, 1)]
    return rows[mx.array(order)]


def same(first: mx.array, second: mx.array) -> bool:
    return first.shape == second.shape and bool(mx.all(first == second).item())


@pytest.mark.parametrize("layer", [0, 13, 29])
@pytest.mark.parametrize(("kind", "heads"), [("q", HEADS), ("k", KEY_VALUE_HEADS)])
def test_rotary_rows_are_reordered_and_otherwise_exact(
    source: dict[str, mx.array], converted: dict[str, mx.array], layer: int, kind: str, heads: int
):
    expected = values(source, f"blk.{layer}.attn_{kind}")
    found = values(converted, f"model.layers.{layer}.self_attn.{kind}_proj")
    assert not same(found, expected)
    assert same(pairs_together(found, heads), expected)


@pytest.mark.parametrize(
    ("name", "new_name"),
    [
        ("blk.0.attn_v", "model.layers.0.self_attn.v_proj"),
        ("blk.29.attn_output", "model.layers.29.self_attn.o_proj"),
        ("blk.7.ffn_gate", "model.layers.7.mlp.gate_proj"),
        ("token_embd", "model.embed_tokens"),
    ],
)
def test_every_other_tensor_is_exact(
    source: dict[str, mx.array], converted: dict[str, mx.array], name: str, new_name: str
):
    assert same(values(converted, new_name), values(source, name))


def test_no_tensor_is_lost(source: dict[str, mx.array], converted: dict[str, mx.array]):
    assert len(source) == len(converted)
    assert sum(array.size for array in source.values()) == sum(array.size for array in converted.values())


def test_the_description_is_that_of_the_model(folder: Path):
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert (config["num_attention_heads"], config["num_key_value_heads"]) == (HEADS, KEY_VALUE_HEADS)
    assert config["quantization"]["model.embed_tokens"]["bits"] == 8
    tokenizer = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    assert len(tokenizer["model"]["vocab"]) == config["vocab_size"] == 49152


def test_nothing_but_the_model_is_left_beside_it(folder: Path):
    assert [file.name for file in folder.parent.iterdir()] == [folder.name]
    names = {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"}
    assert names <= {file.name for file in folder.iterdir()}


def test_a_conversion_that_fails_leaves_no_model(gguf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full_disk(*_: object) -> None:
        raise OSError("no space left")

    target = tmp_path / "model"
    monkeypatch.setattr(convert_gguf, "_write_json", full_disk)
    with pytest.raises(OSError, match="no space left"):
        convert(gguf, target)
    assert not target.exists()
    monkeypatch.undo()
    convert(gguf, target)
    assert (target / "tokenizer_config.json").exists()

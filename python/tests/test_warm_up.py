"""What a model has run once before it is reported ready."""

from pathlib import Path
from typing import Any

import mlx.core as mx
import pytest
from tiny_model import write_model

from mlx_workers.generation.tuning import Tuning
from mlx_workers.text import load, warm_up
from mlx_workers.text.network import TextNetwork


@pytest.fixture
def shapes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """Of the tokens of each call, in order."""
    seen: list[tuple[int, ...]] = []
    usual = TextNetwork.logits_of

    def recorded(self: TextNetwork, tokens: mx.array, cache: list[Any]) -> mx.array:
        seen.append(tokens.shape)
        return usual(self, tokens, cache)

    monkeypatch.setattr(TextNetwork, "logits_of", recorded)
    return seen


@pytest.mark.parametrize("kv_bits", [None, 8])
def test_on_a_gpu_a_chunk_a_step_and_a_step_of_two_rows(
    kv_bits: int | None, tmp_path: Path, shapes: list[tuple[int, ...]], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(warm_up, "device_name", lambda: "metal")
    model = load.load_model(str(write_model(tmp_path / "m", quantised=True, head_dim=64)), None, Tuning(kv_bits))
    assert shapes == [(1, model.prefill_tokens), (1, 1), (2, 1)]


def test_on_a_cpu_two_tokens(quantised_model: Path, shapes: list[tuple[int, ...]]):
    load.load_model(str(quantised_model), None, Tuning())
    assert shapes == [(1, 1), (1, 1)]

"""A LoRA adapter: it changes what the model says just as mlx-lm's own loader has it, and a wrong one fails the load."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlx.core as mx
import pytest
from conftest import started
from mlx.utils import tree_flatten
from worker_orders import generate

from mlx_workers.generation.tuning import Tuning
from mlx_workers.message import Error
from mlx_workers.text import load
from mlx_workers.text.lean_imports import utils
from mlx_workers.text.network import TextNetwork
from worker_client import Worker

PROMPT = [3 + place * 7 % 290 for place in range(40)]
RANK = 4
CONFIG: dict[str, Any] = {
    "fine_tune_type": "lora",
    "num_layers": 2,
    "lora_parameters": {"rank": RANK, "scale": 8.0, "dropout": 0.5, "keys": ["self_attn.q_proj", "mlp.up_proj"]},
}
_SIZES = {"self_attn.q_proj": (32, 32), "mlp.up_proj": (32, 64)}


def tensors(fill: Callable[[tuple[int, int]], mx.array], *, rank: int = RANK) -> dict[str, mx.array]:
    """A pair for each of two modules in each of two layers."""
    mx.random.seed(5)
    made: dict[str, mx.array] = {}
    for layer in range(2):
        for module, (inputs, outputs) in _SIZES.items():
            made[f"model.layers.{layer}.{module}.lora_a"] = mx.random.normal((inputs, rank)) * 0.2
            made[f"model.layers.{layer}.{module}.lora_b"] = fill((rank, outputs))
    return made


def write_adapter(folder: Path, weights: dict[str, mx.array], config: Any = CONFIG) -> Path:
    folder.mkdir()
    (folder / "adapter_config.json").write_text(json.dumps(config), encoding="utf-8")
    mx.save_safetensors(str(folder / "adapters.safetensors"), weights)
    return folder


def random_adapter(folder: Path) -> Path:
    return write_adapter(folder, tensors(lambda shape: mx.random.normal(shape) * 0.2))


def logits(model: Path, adapter: Path | None) -> mx.array:
    """As this worker computes them."""
    tuning = Tuning(adapter_path=None if adapter is None else str(adapter))
    network = load.load_model(str(model), None, tuning).network
    assert isinstance(network, TextNetwork)
    return network.logits_of(mx.array([PROMPT]), network.make_cache())


@pytest.mark.parametrize("kind", ["quantised_model", "dense_model"])
def test_an_adapter_changes_the_numbers_to_those_of_mlx_lm(kind: str, tmp_path: Path, request: pytest.FixtureRequest):
    model: Path = request.getfixturevalue(kind)
    adapter = random_adapter(tmp_path / "adapter")
    own, _ = utils.load_model(model)
    own = utils.load_adapters(own, str(adapter))
    own.eval()
    expected = own(mx.array([PROMPT]))
    found = logits(model, adapter)
    assert mx.array_equal(found, expected)
    assert float(mx.abs(found - logits(model, None)).max()) > 0.1


def test_an_adapter_of_zeros_changes_nothing(quantised_model: Path, tmp_path: Path):
    adapter = write_adapter(tmp_path / "adapter", tensors(mx.zeros))
    assert mx.array_equal(logits(quantised_model, adapter), logits(quantised_model, None))


def test_a_worker_with_an_adapter_answers_otherwise_and_the_same_in_company(quantised_model: Path, tmp_path: Path):
    requests = [generate(f"r{place}", [9 + place, *PROMPT]) for place in range(3)]
    with started(quantised_model) as plain, started(quantised_model, adapter=random_adapter(tmp_path / "a")) as tuned:
        together = [answer.tokens for answer in tuned.ask(*requests)]
        assert together == [tuned.ask(one)[0].tokens for one in requests]
        assert together != [answer.tokens for answer in plain.ask(*requests)]


def test_weights_that_were_trained_whole_take_the_place_of_the_models(dense_model: Path, tmp_path: Path):
    network: Any = utils.load_model(dense_model)[0]
    norm = dict[str, mx.array](tree_flatten(network.parameters()))["model.norm.weight"]
    adapter = write_adapter(tmp_path / "full", {"model.norm.weight": norm * 2}, {"fine_tune_type": "full"})
    assert mx.allclose(logits(dense_model, adapter), logits(dense_model, None) * 2, rtol=1e-4, atol=1e-4)


def reason(model: Path, adapter: Path) -> str:
    with Worker() as worker:
        answer = worker.load(model, adapter=adapter)
        assert isinstance(answer, Error)
        assert answer.code == "load_failed"
        assert "\n" not in answer.message
        assert str(adapter) not in answer.message
    return answer.message


def small(shape: tuple[int, int]) -> mx.array:
    return mx.random.normal(shape)


WRONG: dict[str, tuple[Callable[[Path], object], str]] = {
    "nothing": (lambda folder: folder.mkdir(), "must be a folder with adapter_config.json and adapters.safetensors"),
    "rank": (lambda folder: write_adapter(folder, tensors(small, rank=3)), "adapter shape (32, 3) does not match"),
    "foreign": (lambda folder: write_adapter(folder, {"q.lora_a": mx.zeros((2, 2))}), "not an adapter parameter"),
    "half": (lambda folder: write_adapter(folder, dict([*tensors(small).items()][:3])), "its weights lack 5 tensors"),
    "peft": (lambda folder: write_adapter(folder, tensors(small), {"peft_type": "LORA", "r": 4}), "is not mlx-lm's"),
    "list": (lambda folder: write_adapter(folder, tensors(small), [1]), "is not a map"),
    "huge": (
        lambda folder: write_adapter(
            folder, tensors(small), CONFIG | {"lora_parameters": CONFIG["lora_parameters"] | {"rank": 2**40}}
        ),
        "adapter: ",
    ),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_adapter_fails_the_load_with_the_reason_in_one_line(kind: str, quantised_model: Path, tmp_path: Path):
    write, expected = WRONG[kind]
    write(tmp_path / "adapter")
    assert expected in reason(quantised_model, tmp_path / "adapter")


def test_a_file_that_is_no_safetensors_fails_the_load(quantised_model: Path, tmp_path: Path):
    adapter = random_adapter(tmp_path / "adapter")
    (adapter / "adapters.safetensors").write_bytes(b"\x80\x04\x95 pickled \n" * 9)
    assert reason(quantised_model, adapter).startswith("adapter: ")

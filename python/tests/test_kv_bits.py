"""A KV cache of few bits: smaller by the engine's own count, and refused where it cannot be had. That answers do not
depend on their company is in test_other_caches.py.
"""

from pathlib import Path
from typing import Any, Literal

import mlx.core as mx
import pytest
from conftest import PLENTY_OF_BYTES, started
from test_other_caches import CONFIGS
from tiny_model import write_model
from worker_orders import chat, generate

from mlx_workers.generation.prefix_cache import PrefixCache
from mlx_workers.generation.tuning import Tuning
from mlx_workers.message import Error
from mlx_workers.text import load
from mlx_workers.text.network import TextNetwork
from worker_client import Worker

PROMPT = [3 + place * 7 % 290 for place in range(200)]


@pytest.fixture(scope="module")
def wide_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Heads of 64 numbers, as most models have at least."""
    return write_model(tmp_path_factory.mktemp("models") / "wide", quantised=False, head_dim=64)


def filled(model: Path, kv_bits: int | None) -> tuple[list[Any], mx.array]:
    """The cache of a prompt, and the logits behind it."""
    network = load.load_model(str(model), None, Tuning(kv_bits=kv_bits)).network
    assert isinstance(network, TextNetwork)
    cache = network.make_cache()
    logits = network.logits_of(mx.array([PROMPT]), cache)[0, -1]
    mx.eval(logits, [part.state for part in cache])
    return cache, logits


def test_fewer_bits_hold_the_same_prompt_in_fewer_bytes_and_give_nearly_the_same_numbers(wide_model: Path):
    plain, expected = filled(wide_model, None)
    kept_bytes: list[int] = []
    differences: list[float] = []
    for bits in (8, 4):
        cache, logits = filled(wide_model, bits)
        kept_bytes.append(sum(part.nbytes for part in cache))
        differences.append(float(mx.linalg.norm(logits - expected) / mx.linalg.norm(expected - mx.mean(expected))))
    whole = sum(part.nbytes for part in plain)
    # A number has 32 bits on a CPU; a scale and a bias for every 64 come on top of the few.
    assert [bytes_ / whole for bytes_ in kept_bytes] == [9 / 32, 5 / 32]
    assert 0 < differences[0] < 0.05 < differences[1] < 0.7


def test_more_prompts_stay_in_the_same_room(wide_model: Path):
    room = sum(part.nbytes for part in filled(wide_model, None)[0]) + 1
    prompts = [[9 + place, *PROMPT] for place in range(3)]

    def cached(kv_bits: Literal[4, 8] | None) -> list[int]:
        more: dict[str, Any] = {} if kv_bits is None else {"kv_bits": kv_bits}
        with started(wide_model, prompt_cache_bytes=room, **more) as worker:
            answers = [worker.ask(generate("one", prompt, max_tokens=1))[0] for prompt in [*prompts, *prompts]]
            return [answer.end.usage.cached_tokens for answer in answers[3:]]

    assert cached(None) == [0, 0, 0]
    assert cached(8) == [200, 200, 200]


def test_a_cut_prefix_is_as_good_as_a_computed_one(wide_model: Path):
    cache, _ = filled(wide_model, 8)
    kept = PrefixCache(PLENTY_OF_BYTES)
    kept.store(PROMPT, cache)
    found = kept.fetch([*PROMPT[:150], 5, 6])
    assert found is not None
    part, length = found
    assert length == 150
    assert [one.offset for one in part] == [150, 150]
    assert [one.offset for one in cache] == [200, 200]


def refusal(model: Path) -> Error:
    with Worker() as worker:
        answer = worker.load(model, kv_bits=8)
        assert isinstance(answer, Error)
        assert worker.process.wait(timeout=10) == 1
    return answer


def test_heads_that_no_group_fits_fail_the_load_with_the_reason(dense_model: Path):
    error = refusal(dense_model)
    assert error.code == "load_failed"
    assert error.message == (
        "kv_bits: the cache of this model cannot be quantised: its heads have 16 numbers, no multiple of 32"
    )


def test_a_model_without_keys_and_values_fails_the_load(tmp_path: Path):
    config = CONFIGS["state space"]
    model = write_model(tmp_path / "mamba", quantised=False, **config)
    assert "no part that keeps all keys and values" in refusal(model).message


@pytest.mark.parametrize(
    ("setting", "tuning"),
    [("kv_bits", {"kv_bits": 8}), ("draft_model", {"draft": Path("x")}), ("adapter", {"adapter": Path("x")})],
)
@pytest.mark.parametrize("kind", ["embed", "vision"])
def test_workers_that_cannot_do_what_is_asked_do_not_load(
    kind: str, setting: str, tuning: dict[str, Any], dense_model: Path
):
    order: dict[str, Any] = {**tuning}
    if kind == "embed":
        order["purpose"] = "embed"
    with Worker(module="mlx_workers.vision" if kind == "vision" else "mlx_workers.text") as worker:
        answer = worker.load(dense_model, **order)
    assert isinstance(answer, Error)
    assert answer.code == "load_failed"
    assert answer.message.startswith(f"{setting}: ")


def test_real_weights_still_answer_rightly(starter: Path):
    question = chat(("user", "What is the capital of France?"))
    with started(starter, kv_bits=8) as worker:
        (answer,) = worker.ask(generate("paris", question, max_tokens=8))
    assert "Paris" in answer.text

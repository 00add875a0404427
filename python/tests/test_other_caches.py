"""Models whose cache is no plain KV cache: state-space layers, sliding windows, few bits. The same promises hold."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlx.core as mx
import pytest
from conftest import PLENTY_OF_BYTES, started
from mlx.utils import tree_flatten
from tiny_model import END, VOCABULARY, write_tokenizer
from worker_orders import generate, sampling

from mlx_workers.message import Paused
from mlx_workers.message_parts import Sampling
from mlx_workers.text import lean_imports
from worker_client import Answer, Worker

CONFIGS: dict[str, dict[str, Any]] = {
    "state space": {
        "model_type": "mamba",
        "hidden_size": 32,
        "intermediate_size": 64,
        "state_size": 8,
        "num_hidden_layers": 2,
        "conv_kernel": 4,
        "use_bias": False,
        "use_conv_bias": True,
        "time_step_rank": 4,
        "tie_word_embeddings": False,
    },
    "sliding window": {
        "model_type": "gemma3_text",
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 16,
        "sliding_window": 16,
        "sliding_window_pattern": 2,
        "rms_norm_eps": 1e-5,
        "query_pre_attn_scalar": 16,
        "max_position_embeddings": 4096,
    },
    "wide heads": {
        "model_type": "llama",
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 64,
        "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0,
        "max_position_embeddings": 4096,
        "tie_word_embeddings": False,
    },
}
CONFIGS["wide window"] = CONFIGS["sliding window"] | {"head_dim": 32}


CASES: list[tuple[str, dict[str, Any]]] = [
    ("state space", {}),
    ("sliding window", {}),
    ("wide window", {"kv_bits": 8}),
    ("wide heads", {"kv_bits": 8}),
    ("wide heads", {"kv_bits": 4}),
]


@pytest.fixture(scope="module", params=CASES, ids=[f"{kind} {load or ''}" for kind, load in CASES])
def case(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    return request.param


@pytest.fixture(scope="module")
def model(case: tuple[str, dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("other") / "model"
    write_tokenizer(folder)
    config = CONFIGS[case[0]] | {"vocab_size": VOCABULARY, "eos_token_id": END}
    mx.random.seed(3)
    model_class, arguments_class = lean_imports.utils._get_classes(config)
    network = model_class(arguments_class.from_dict(config))
    parameters: Any = tree_flatten(network.parameters())
    for name, array in parameters:
        if array.ndim == 2 and "A_log" not in name:
            network.load_weights([(name, mx.random.normal(array.shape) * 2 * array.shape[1] ** -0.5)], strict=False)
    mx.save_safetensors(str(folder / "model.safetensors"), dict(tree_flatten(network.parameters())), {"format": "mlx"})
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def plain(model: Path, case: tuple[str, dict[str, Any]]) -> Iterator[Worker]:
    with started(model, **case[1]) as worker:
        yield worker


@pytest.fixture(scope="module")
def keeping(model: Path, case: tuple[str, dict[str, Any]]) -> Iterator[Worker]:
    with started(model, prompt_cache_bytes=PLENTY_OF_BYTES, **case[1]) as worker:
        yield worker


def prompt(length: int, step: int) -> list[int]:
    return [3 + place * step % 290 for place in range(length)]


def how(seed: int) -> Sampling:
    return sampling(temperature=0.8, seed=seed, logit_bias=[(END, -100.0)])


def test_together_and_alone_give_the_same(plain: Worker):
    requests = [generate(f"r{place}", prompt(5 + place * 9, place + 1), how=how(place)) for place in range(6)]
    together = [answer.tokens for answer in plain.ask(*requests)]
    assert together == [plain.ask(request)[0].tokens for request in requests]


def test_a_resumed_answer_goes_on_as_the_undisturbed_one(plain: Worker):
    (whole,) = plain.ask(generate("whole", prompt(30, 7), how=how(4), max_tokens=12))
    for cut in (1, 6, 11):
        request = generate("resumed", prompt(30, 7), how=how(4), max_tokens=12, resume=whole.tokens[:cut])
        assert plain.ask(request)[0].tokens == whole.tokens[cut:]


def test_a_prompt_that_goes_on_from_a_kept_one_gives_the_same(keeping: Worker, plain: Worker):
    first_prompt = prompt(40, 11)
    (first,) = keeping.ask(generate("first", first_prompt, how=how(1)))
    longer = generate("longer", [*first_prompt, *first.tokens, 20, 21], how=how(2))
    cached, fresh = keeping.ask(longer)[0], plain.ask(longer)[0]
    assert cached.end.usage.cached_tokens == 55
    assert cached.tokens == fresh.tokens


def test_a_prompt_that_parts_from_a_kept_one_gives_the_same(keeping: Worker, plain: Worker):
    first_prompt = prompt(40, 13)
    keeping.ask(generate("first", first_prompt, how=how(1)))
    parted = generate("parted", [*first_prompt[:30], 9, 9, 9], how=how(2))
    assert keeping.ask(parted)[0].tokens == plain.ask(parted)[0].tokens


def test_a_paused_answer_goes_on_as_the_undisturbed_one(plain: Worker):
    asked = generate("held", prompt(30, 7), how=how(4), max_tokens=40)
    others = [generate(f"o{place}", prompt(9 + place, 5), how=how(place), max_tokens=30) for place in range(2)]
    expected = [plain.ask(one)[0].tokens for one in [asked, *others]]
    for one in [asked, *others]:
        plain.answers[one.id] = Answer()
    plain.send(asked, *others)
    for count in (3, 9):
        plain.receive_until(lambda _: len(plain.answers["held"].tokens) >= count)  # noqa: B023
        assert isinstance(plain.pause("held"), Paused)
        plain.ask(generate("between", prompt(8, 3), max_tokens=3))
        plain.go_on("held")
    assert [plain.wait(one.id).tokens for one in [asked, *others]] == expected


def test_prompts_that_come_together_share_what_they_begin_with(keeping: Worker, plain: Worker):
    beginning = prompt(100, 17)
    requests = [generate(f"s{place}", [*beginning, 40 + place, 7, 8], how=how(place)) for place in range(3)]
    together = keeping.ask(*requests)
    for answer in together[1:]:
        assert 68 < answer.end.usage.cached_tokens <= 100
    assert [answer.tokens for answer in together] == [plain.ask(one)[0].tokens for one in requests]

"""Choosing tokens: every row by itself, whatever the others are."""

import random
from collections.abc import Sequence
from typing import Any

import mlx.core as mx
import numpy as np
import pytest
from worker_orders import sampling

from mlx_workers.message_parts import Sampling
from mlx_workers.sampler import BatchSampler, random_key

VOCABULARY = 300
LOGITS = (np.random.default_rng(3).normal(size=(12, VOCABULARY)) * 3).astype(np.float32)

KINDS = [
    sampling(),
    sampling(temperature=1, seed=1),
    sampling(temperature=0.7, seed=2, top_k=20),
    sampling(temperature=1.3, seed=3, top_k=20),
    sampling(temperature=1, seed=4, top_p=0.8),
    sampling(temperature=0.5, seed=5, top_p=0.95),
    sampling(temperature=1, seed=6, min_p=0.05),
    sampling(temperature=2, seed=7, min_p=0.2),
    sampling(temperature=0.9, seed=8, top_k=40, top_p=0.9, min_p=0.02),
    sampling(temperature=0.9, seed=9, top_k=3, top_p=0.9),
    sampling(temperature=1, seed=2**53 - 1),
    sampling(temperature=0, seed=11, top_k=5, top_p=0.5),
]


def choose(rows: Sequence[Sampling], logits: Any, positions: Sequence[int]) -> list[int]:
    tokens: Any = BatchSampler(rows).choose(mx.array(logits), positions)
    return tokens.tolist()


def draws(how: dict[str, Any], logits: Any, count: int) -> Any:
    """`count` tokens for one row of logits, each by another seed."""
    rows = [sampling(**how, seed=seed) for seed in range(count)]
    return np.array(choose(rows, np.broadcast_to(logits, (count, len(logits))), [0] * count))


def softmax(logits: Any) -> Any:
    powers = np.exp(logits.astype(np.float64) - logits.max())
    return powers / powers.sum()


def kept(logits: Any, *, temperature: float, top_k: int = 0, top_p: float = 1, min_p: float = 0) -> set[int]:
    """What topK, then topP, then minP leave of a row."""
    scaled = logits.astype(np.float64) / temperature
    order = np.argsort(-scaled)
    if top_k:
        order = order[:top_k]
    probability = softmax(scaled[order])
    order = order[np.cumsum(probability) - probability < top_p]
    return {int(one) for one in order if np.exp(scaled[one] - scaled.max()) >= min_p * (1 - 1e-6)}


@pytest.mark.parametrize("position", [0, 1, 77, 4000])
def test_a_rows_token_does_not_depend_on_the_other_rows(position: int):
    alone = [choose([how], LOGITS[[row]], [position])[0] for row, how in enumerate(KINDS)]
    chance = random.Random(position)
    for _ in range(12):
        rows = chance.sample(range(len(KINDS)), k=chance.randint(2, len(KINDS)))
        together = choose([KINDS[row] for row in rows], LOGITS[rows], [position] * len(rows))
        assert together == [alone[row] for row in rows]


def test_rows_at_different_positions_choose_as_if_alone():
    positions = [3 * row for row in range(len(KINDS))]
    alone = [choose([how], LOGITS[[row]], [positions[row]])[0] for row, how in enumerate(KINDS)]
    assert choose(KINDS, LOGITS, positions) == alone


def test_other_seeds_and_other_positions_choose_other_tokens():
    rows = [sampling(temperature=1, seed=seed) for seed in range(32)]
    flat = np.zeros((32, VOCABULARY), dtype=np.float32)
    assert len(set(choose(rows, flat, [0] * 32))) > 20
    assert len(set(choose([rows[0]] * 32, flat, range(32)))) > 20


def test_neighbouring_seeds_and_positions_have_keys_of_their_own():
    keys = {random_key(seed, position) for seed in range(100) for position in range(100)}
    assert len(keys) == 10_000


def test_seeds_that_differ_only_above_32_bits_have_keys_of_their_own():
    assert random_key(5, 0) != random_key(5 + 2**32, 0)
    assert random_key(2**53 - 1, 0) != random_key(2**53 - 2, 0)


def test_greedy_is_the_likeliest_token():
    assert choose([sampling()] * 12, LOGITS, [0] * 12) == LOGITS.argmax(axis=-1).tolist()


def test_top_k_of_1_is_the_likeliest_token_at_any_temperature():
    rows = [sampling(temperature=2, top_k=1, seed=seed) for seed in range(12)]
    assert choose(rows, LOGITS, [0] * 12) == LOGITS.argmax(axis=-1).tolist()


def test_a_top_p_next_to_nothing_is_the_likeliest_token():
    rows = [sampling(temperature=2, top_p=1e-6, seed=seed) for seed in range(12)]
    assert choose(rows, LOGITS, [0] * 12) == LOGITS.argmax(axis=-1).tolist()


@pytest.mark.parametrize("top_k", [VOCABULARY, VOCABULARY + 1, 2**53 - 1])
def test_a_top_k_of_the_whole_vocabulary_or_more_is_off(top_k: int):
    plain = choose([sampling(temperature=1, seed=4)], LOGITS[:1], [0])
    assert choose([sampling(temperature=1, seed=4, top_k=top_k)], LOGITS[:1], [0]) == plain


@pytest.mark.parametrize(
    "how",
    [
        {"temperature": 1.5, "top_k": 7},
        {"temperature": 1.5, "top_p": 0.6},
        {"temperature": 1.5, "min_p": 0.1},
        {"temperature": 2.0, "top_k": 25, "top_p": 0.8},
        {"temperature": 2.0, "top_p": 0.9, "min_p": 0.05},
        {"temperature": 1.2, "top_k": 25, "top_p": 0.9, "min_p": 0.1},
    ],
    ids=str,
)
def test_draws_never_leave_the_kept_tokens_and_reach_all_of_them(how: dict[str, Any]):
    logits = LOGITS[0]
    allowed = kept(logits, **how)
    probability = softmax(logits / how["temperature"])[sorted(allowed)]
    seen = set(draws(how, logits, 4000).tolist())
    assert seen <= allowed
    expected = {
        one for one, share in zip(sorted(allowed), probability / probability.sum(), strict=True) if share > 0.01
    }
    assert expected <= seen


@pytest.mark.parametrize("temperature", [0.5, 1.0, 1.7])
def test_draws_are_distributed_as_softmax_says(temperature: float):
    """Pearson's chi-squared; its mean is 15 for 16 tokens, and it is over 50 once in 80 000 fair runs."""
    logits = LOGITS[1][:16]
    count = 8000
    expected = softmax(logits / temperature) * count
    seen = np.bincount(draws({"temperature": temperature}, logits, count), minlength=16)
    common = expected >= 5
    rest = max(float(expected[~common].sum()), 1e-9)
    distance = ((seen[common] - expected[common]) ** 2 / expected[common]).sum()
    assert distance < 50
    assert abs(seen[~common].sum() - rest) <= 5 * rest**0.5 + 5


def test_truncation_keeps_the_ratios_of_what_it_keeps():
    how = {"temperature": 1.0, "top_k": 5}
    logits = LOGITS[2]
    best = np.argsort(-logits)[:5]
    seen = np.bincount(draws(how, logits, 8000), minlength=VOCABULARY)[best]
    expected = softmax(logits[best]) * 8000
    assert ((seen - expected) ** 2 / expected).sum() < 40


def test_half_precision_logits_are_drawn_in_float32():
    half = LOGITS[:1].astype(np.float16)
    how = [sampling(temperature=0.8, seed=3, top_p=0.9)]
    assert choose(how, half, [5]) == choose(how, half.astype(np.float32), [5])

"""Log-probabilities against numpy."""

from typing import Any

import mlx.core as mx
import numpy as np
import pytest

from mlx_workers.logprobs import PendingLogprobs

LOGITS = (np.random.default_rng(2).normal(size=200) * 5).astype(np.float32)


def log_softmax(logits: Any) -> Any:
    wide = logits.astype(np.float64)
    return wide - wide.max() - np.log(np.exp(wide - wide.max()).sum())


@pytest.mark.parametrize("count", [1, 5, 20, 200])
def test_logprobs_equal_log_softmax_and_come_best_first(count: int):
    expected = log_softmax(LOGITS)
    entry = PendingLogprobs(mx.array(LOGITS), mx.array([17]), count).read(17, str)
    best = np.argsort(-expected)[:count]
    assert [one.token_id for one in entry.top] == best.tolist()
    np.testing.assert_allclose([one.logprob for one in entry.top], expected[best], atol=1e-4)
    assert (entry.token_id, entry.text) == (17, "17")
    assert entry.logprob == pytest.approx(expected[17], abs=1e-4)


def test_no_candidates_are_given_when_none_are_asked_for():
    entry = PendingLogprobs(mx.array(LOGITS), mx.array([3]), 0).read(3, str)
    assert entry.top == []
    assert entry.logprob == pytest.approx(log_softmax(LOGITS)[3], abs=1e-4)


def test_more_candidates_than_tokens_are_all_tokens():
    entry = PendingLogprobs(mx.array(LOGITS[:4]), mx.array([0]), 20).read(0, str)
    assert sorted(one.token_id for one in entry.top) == [0, 1, 2, 3]


def test_a_probability_of_zero_stays_a_finite_number():
    logits = mx.array([0.0, -float("inf"), 1.0])
    entry = PendingLogprobs(logits, mx.array([1]), 3).read(1, str)
    assert entry.logprob == -9999.0
    assert entry.top[-1].logprob == -9999.0


def test_equally_likely_candidates_come_in_the_order_of_their_ids():
    entry = PendingLogprobs(mx.zeros((6,)), mx.array([4]), 6).read(4, str)
    assert [one.token_id for one in entry.top] == [0, 1, 2, 3, 4, 5]


def test_a_token_that_is_not_computed_yet_is_taken_as_it_comes():
    logits = mx.array(LOGITS)
    entry = PendingLogprobs(logits, mx.argmax(logits, keepdims=True), 1).read(int(LOGITS.argmax()), str)
    assert entry.logprob == entry.top[0].logprob

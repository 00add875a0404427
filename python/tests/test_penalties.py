"""Logit bias and penalties against a reference in numpy."""

from typing import Any

import mlx.core as mx
import numpy as np
import pytest
from worker_orders import sampling

from mlx_workers.message_parts import Sampling
from mlx_workers.penalties import Penalties, is_neutral

VOCABULARY = 50
PROMPT = [3, 3, 7, 11]
ANSWER = [7, 20, 20, 20, 31]
LOGITS = np.random.default_rng(1).normal(size=VOCABULARY).astype(np.float32) * 4

EACH = {
    "repetition": sampling(repetition_penalty=1.3),
    "repetition below 1": sampling(repetition_penalty=0.7),
    "presence": sampling(presence_penalty=0.8),
    "frequency": sampling(frequency_penalty=-0.6),
    "bias": sampling(logit_bias=[(3, 5.0), (20, -100.0)]),
    "all": sampling(
        repetition_penalty=1.1, presence_penalty=-0.5, frequency_penalty=0.4, logit_bias=[(7, 2.5), (0, -1.0)]
    ),
}


def reference(how: Sampling, prompt: list[int], answer: list[int]) -> Any:
    logits = LOGITS.copy()
    for token, bias in how.logit_bias:
        logits[token] += bias
    for token in {*prompt, *answer}:
        logits[token] = (
            logits[token] * how.repetition_penalty if logits[token] < 0 else logits[token] / how.repetition_penalty
        )
    for token in set(answer):
        logits[token] -= how.presence_penalty + how.frequency_penalty * answer.count(token)
    return logits


def applied(penalties: Penalties) -> Any:
    return np.array(penalties.apply(mx.array(LOGITS)))


@pytest.mark.parametrize("how", EACH.values(), ids=EACH.keys())
def test_penalties_equal_the_reference_at_every_token(how: Sampling):
    penalties = Penalties(how, PROMPT, [], VOCABULARY)
    for length, token in enumerate(ANSWER):
        np.testing.assert_allclose(applied(penalties), reference(how, PROMPT, ANSWER[:length]), rtol=1e-5, atol=1e-5)
        penalties.count(mx.array([token], dtype=mx.uint32))
    np.testing.assert_allclose(applied(penalties), reference(how, PROMPT, ANSWER), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("how", EACH.values(), ids=EACH.keys())
@pytest.mark.parametrize("given", range(len(ANSWER) + 1))
def test_a_resumed_answer_is_penalised_bit_for_bit_like_a_counted_one(how: Sampling, given: int):
    counted = Penalties(how, PROMPT, [], VOCABULARY)
    resumed = Penalties(how, PROMPT, ANSWER[:given], VOCABULARY)
    for place, token in enumerate(ANSWER):
        counted.count(mx.array([token], dtype=mx.uint32))
        if place >= given:
            resumed.count(mx.array([token], dtype=mx.uint32))
    assert applied(resumed).tolist() == applied(counted).tolist()


def test_presence_and_frequency_leave_the_prompt_alone():
    penalties = Penalties(sampling(presence_penalty=2, frequency_penalty=2), PROMPT, [], VOCABULARY)
    assert applied(penalties).tolist() == LOGITS.tolist()


def test_half_precision_logits_become_float32():
    penalties = Penalties(EACH["all"], PROMPT, ANSWER, VOCABULARY)
    assert penalties.apply(mx.array(LOGITS).astype(mx.float16)).dtype == mx.float32


def test_only_a_request_that_changes_no_logit_is_neutral():
    assert is_neutral(sampling(temperature=1, top_p=0.5, top_k=3, seed=9))
    assert not any(is_neutral(how) for how in EACH.values())

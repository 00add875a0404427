"""Real weights: the starter alone, in a batch, resumed, with a kept prefix. Slow: a CPU makes ten tokens a second."""

import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import PLENTY_OF_BYTES, started
from worker_orders import chat, generate, sampling

from mlx_workers.message import Generate
from worker_client import Answer, Worker

SUBJECTS = ["sea", "fox", "winter", "bread", "moon", "train", "music", "rain", "garden", "glass"]
STOPS = [[], ["."], ["the", "er"], ["ing", " a "], []]


def various(count: int) -> list[Generate]:
    """Short requests that differ in everything."""
    chance = random.Random(1)
    requests: list[Generate] = []
    for place in range(count):
        how = sampling(
            temperature=0 if place % 4 == 0 else chance.choice([0.4, 0.8, 1.2]),
            seed=2**53 - 1 - place,
            top_p=chance.choice([1.0, 0.9]),
            top_k=chance.choice([0, 0, 40]),
            min_p=chance.choice([0, 0, 0.02]),
            repetition_penalty=chance.choice([1.0, 1.0, 1.3]),
            frequency_penalty=chance.choice([0, 0, 0.4]),
            logit_bias=[(300 + place, 2.5)] if place % 8 == 3 else [],
        )
        prompt = f"The {SUBJECTS[place % len(SUBJECTS)]}" + " and" * (place % 4)
        stop, top_logprobs = STOPS[place % len(STOPS)], 3 if place % 5 == 4 else None
        requests.append(
            generate(f"r{place}", prompt, how=how, stop=stop, max_tokens=5 + place % 6, top_logprobs=top_logprobs)
        )
    return requests


@pytest.fixture(scope="module")
def plain(starter: Path):
    """Without a prefix cache."""
    with started(starter) as worker:
        yield worker


@pytest.fixture(scope="module")
def keeping(starter: Path):
    """With a prefix cache."""
    with started(starter, prompt_cache_bytes=PLENTY_OF_BYTES) as worker:
        yield worker


def one_by_one(worker: Worker, requests: list[Generate]) -> list[Answer]:
    return [worker.ask(request)[0] for request in requests]


def test_20_requests_together_give_what_they_give_alone(plain: Worker, starter: Path):
    requests = various(20)
    with started(starter) as other, ThreadPoolExecutor() as pool:
        alone = pool.submit(one_by_one, other, requests)
        together = plain.ask(*requests, timeout=200)
        for one, two in zip(together, alone.result(), strict=True):
            assert (one.tokens, one.text, one.logprobs) == (two.tokens, two.text, two.logprobs)
            assert (one.end.finish_reason, one.end.stop_sequence) == (two.end.finish_reason, two.end.stop_sequence)


def test_it_knows_a_capital_and_ends_its_turn(plain: Worker):
    (answer,) = plain.ask(generate("paris", chat(("user", "What is the capital of France?"))))
    assert answer.text == "The capital of France is Paris."
    assert answer.end.finish_reason == "stop"
    assert answer.end.usage.completion_tokens == len(answer.tokens)


def test_an_answer_resumed_at_several_positions_goes_on_as_the_undisturbed_one(plain: Worker):
    how = sampling(temperature=0.9, top_p=0.9, seed=11)
    (whole,) = plain.ask(generate("whole", "Once upon a time", how=how, max_tokens=12))
    cuts = [1, 6, 11, 12]
    resumed = [
        generate(f"from{cut}", "Once upon a time", how=how, max_tokens=12, resume=whole.tokens[:cut]) for cut in cuts
    ]
    for cut, answer in zip(cuts, plain.ask(*resumed), strict=True):
        assert answer.tokens == whole.tokens[cut:]
        assert whole.text.endswith(answer.text)


def test_the_second_turn_of_a_chat_reads_only_what_is_new_and_answers_the_same(keeping: Worker, plain: Worker):
    first_turn = [("user", "What is the capital of France?")]
    (first,) = keeping.ask(generate("first", chat(*first_turn)))
    second_turn = chat(*first_turn, ("assistant", first.text), ("user", "And of Italy?"))
    (cached,) = keeping.ask(generate("second", second_turn, max_tokens=10))
    (fresh,) = plain.ask(generate("second", second_turn, max_tokens=10))
    assert cached.text == fresh.text
    assert fresh.end.usage.cached_tokens == 0
    answered = first.end.usage.prompt_tokens + first.end.usage.completion_tokens
    assert cached.end.usage.cached_tokens > answered
    assert cached.progress[0].processed == cached.progress[0].cached == cached.end.usage.cached_tokens

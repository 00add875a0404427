"""An exception inside the engine costs the sequences it struck, never the worker."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import PLENTY_OF_BYTES
from faulty_worker import FATAL_TOKEN
from worker_orders import generate, sampling

from mlx_workers.message import Ready
from worker_client import Answer, Worker

ENDLESS = sampling(temperature=1, seed=5, logit_bias=[(0, -100.0), (FATAL_TOKEN, -100.0)])


@pytest.fixture(scope="module")
def fragile(quantised_model: Path) -> Iterator[Worker]:
    with Worker(module="tests.faulty_worker") as worker:
        assert isinstance(worker.load(quantised_model, prompt_cache_bytes=PLENTY_OF_BYTES), Ready)
        yield worker


def assert_internal(answer: Answer) -> None:
    assert (answer.error.code, answer.error.param) == ("internal", None)
    for part in ("/", "secret", "Traceback"):
        assert part not in answer.error.message


def test_a_prompt_that_breaks_the_prefill_fails_alone(fragile: Worker):
    fine = generate("fine", [5, 6, 7], how=ENDLESS, max_tokens=60)
    (alone,) = fragile.ask(fine)
    together, broken = fragile.ask(fine, generate("broken", [4, FATAL_TOKEN, 5, 6]))
    assert_internal(broken)
    assert (together.tokens, together.text) == (alone.tokens, alone.text)


def test_a_step_that_breaks_fails_its_sequences_and_the_next_ones_are_served(fragile: Worker):
    fragile.send(generate("bystander", [5, 6, 7], how=ENDLESS, max_tokens=None))
    fragile.receive_until(lambda _: bool(fragile.answers.get("bystander", Answer()).tokens))
    (broken,) = fragile.ask(generate("broken", [4, 5, FATAL_TOKEN]))
    assert_internal(broken)
    assert_internal(fragile.wait("bystander"))
    (after,) = fragile.ask(generate("after", [5, 6, 7], how=ENDLESS, max_tokens=8))
    (again,) = fragile.ask(generate("again", [5, 6, 7], how=ENDLESS, max_tokens=8))
    assert after.end.usage.cached_tokens == 0
    assert again.tokens == after.tokens

"""Prompts that come together and begin alike: computed once, and nobody's numbers change."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from conftest import PLENTY_OF_BYTES, started
from test_engine import content
from tiny_model import END
from worker_orders import generate, sampling

from mlx_workers.message import Generate, Paused, PrefillProgress
from mlx_workers.message_parts import ChoiceForm, Constraint
from worker_client import Answer, Worker

BEGINNING = [20 + place * 7 % 250 for place in range(150)]


@pytest.fixture(scope="module", params=["quantised_model", "dense_model"])
def model(request: pytest.FixtureRequest) -> Path:
    return request.getfixturevalue(request.param)


@pytest.fixture
def keeping(model: Path) -> Iterator[Worker]:
    """A new one for each test: nothing is kept yet."""
    with started(model, prompt_cache_bytes=PLENTY_OF_BYTES) as worker:
        yield worker


@pytest.fixture(scope="module")
def forgetting(model: Path) -> Iterator[Worker]:
    with started(model) as worker:
        yield worker


def asked(count: int, *, max_tokens: int = 12) -> list[Generate]:
    how = [sampling(temperature=1, seed=place, logit_bias=[(END, -100.0)]) for place in range(count)]
    return [
        generate(
            f"r{place}", [*BEGINNING, 9 + place, 99, *range(30, 30 + place)], how=how[place], max_tokens=max_tokens
        )
        for place in range(count)
    ]


def cached(answer: Answer) -> int:
    return answer.end.usage.cached_tokens


def computed(answer: Answer) -> int:
    """Prompt tokens, by the frames that tell of progress."""
    return answer.progress[-1].processed - answer.progress[0].processed


def said(answer: Answer) -> tuple[object, ...]:
    return (answer.tokens, answer.text, answer.logprobs, answer.end.finish_reason)


def test_a_new_beginning_is_computed_once_and_the_answers_are_those_of_each_alone(keeping: Worker, forgetting: Worker):
    requests = asked(8)
    together = keeping.ask(*requests)
    assert cached(together[0]) == 0
    for answer in together[1:]:
        assert 0 <= len(BEGINNING) - cached(answer) < 32
        assert answer.progress[0].cached == answer.progress[0].processed == cached(answer)
        assert computed(answer) == answer.end.usage.prompt_tokens - cached(answer)
    assert [said(answer) for answer in together] == [said(forgetting.ask(one)[0]) for one in requests]


def test_one_whose_answer_must_have_a_form_shares_the_beginning_with_those_that_are_free(
    keeping: Worker, forgetting: Worker
):
    requests = asked(4)
    form = Constraint(form=ChoiceForm(choices=["red", "blue"]), after=None)
    requests[0] = msgspec.structs.replace(requests[0], constraint=form, sampling=sampling(temperature=1, seed=0))
    together = keeping.ask(*requests)
    # Its form is read while the others begin.
    assert sorted(cached(answer) > 0 for answer in together) == [False, True, True, True]
    assert together[0].text in ("red", "blue")
    assert [said(answer) for answer in together] == [said(forgetting.ask(one)[0]) for one in requests]


def test_several_answers_to_one_prompt_share_all_of_it_but_the_last_token(keeping: Worker, forgetting: Worker):
    requests = [generate(f"n{seed}", BEGINNING, how=sampling(temperature=1, seed=seed)) for seed in range(4)]
    together = keeping.ask(*requests)
    assert [cached(answer) for answer in together] == [0, 149, 149, 149]
    assert [said(answer) for answer in together] == [said(forgetting.ask(one)[0]) for one in requests]


def test_a_prompt_takes_over_from_an_answer_that_is_running_or_paused(keeping: Worker, forgetting: Worker):
    (first,) = asked(1, max_tokens=600)
    _, second, third = asked(3)
    keeping.answers[first.id] = Answer()
    keeping.send(first)
    keeping.receive_until(lambda _: len(keeping.answers[first.id].tokens) >= 5)
    (beside,) = keeping.ask(second)
    assert isinstance(keeping.pause(first.id), Paused)
    (after,) = keeping.ask(third)
    keeping.go_on(first.id)
    answers = [keeping.wait(first.id), beside, after]
    assert all(cached(answer) > 100 for answer in answers[1:])
    assert [said(answer) for answer in answers] == [said(forgetting.ask(one)[0]) for one in (first, second, third)]


def test_the_first_may_leave_in_its_prefill_and_what_it_has_computed_is_used(keeping: Worker, forgetting: Worker):
    first, second = asked(2)
    keeping.answers = {first.id: Answer(), second.id: Answer()}
    keeping.send(first, second)
    keeping.receive_until(lambda message: isinstance(message, PrefillProgress) and message.processed > 60)
    keeping.cancel(first.id)
    answer = keeping.wait(second.id)
    assert 60 <= cached(answer) <= len(BEGINNING)
    assert said(answer) == said(forgetting.ask(second)[0])


def test_nothing_is_shared_where_nothing_may_be_kept(forgetting: Worker):
    together = forgetting.ask(*asked(3))
    assert [cached(answer) for answer in together] == [0, 0, 0]
    assert content(together[0]) == content(forgetting.ask(asked(1)[0])[0])


def test_a_stall_target_shortens_the_chunks_beside_an_answer(model: Path):
    """How short they get depends on the machine; alone, a prompt has hundreds of milliseconds a chunk."""
    with started(model, decode_stall_target_ms=1) as worker:
        worker.ask(generate("first", [200 - place % 100 for place in range(200)], max_tokens=1))
        (alone,) = worker.ask(generate("alone", [120 + place % 100 for place in range(200)], max_tokens=1))
        running = generate("running", [5, 6, 7], max_tokens=2000)
        worker.answers = {"running": Answer()}
        worker.send(running)
        worker.receive_until(lambda _: len(worker.answers["running"].tokens) >= 2)
        (beside,) = worker.ask(generate("long", [20 + place % 100 for place in range(200)], max_tokens=1))
        assert worker.answers["running"].last is None
        shortest = all(
            after.processed - before.processed <= 16
            for before, after in zip(alone.progress, alone.progress[1:], strict=False)
        )
        assert shortest or len(beside.progress) > len(alone.progress)
        worker.cancel("running")
        assert worker.wait("running").end

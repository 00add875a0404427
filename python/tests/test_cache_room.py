"""KV caches that would outgrow what is set aside for them: requests wait, none fails, and no answer changes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import PLENTY_OF_BYTES, started
from tiny_model import END
from worker_orders import generate, sampling

from mlx_workers.generation.cache_room import CacheRoom
from mlx_workers.message import Generate, Step
from mlx_workers.message_parts import ChoiceForm, Constraint
from worker_client import Answer, Worker

ROOM = 1024
"""Two rows of up to 512 tokens each, or four of up to 256."""


@pytest.fixture(scope="module")
def free(quantised_model: Path) -> Iterator[Worker]:
    """As much room as it takes."""
    with started(quantised_model) as worker:
        yield worker


@pytest.fixture(params=[0, PLENTY_OF_BYTES], ids=["keeps-nothing", "keeps-prompts"])
def narrow(request: pytest.FixtureRequest, quantised_model: Path) -> Iterator[Worker]:
    with started(quantised_model, prompt_cache_bytes=request.param, cache_tokens=ROOM) as worker:
        yield worker


def asked(count: int, *, prompt: int, answer: int, penalty: float = 1.0) -> list[Generate]:
    """Of prompts that begin differently, with random answers that do not end by themselves."""
    how = [
        sampling(temperature=1, seed=place, repetition_penalty=penalty, logit_bias=[(END, -100.0)])
        for place in range(count)
    ]
    return [
        generate(
            f"r{place}", [20 + (place * 50 + at * 7) % 250 for at in range(prompt)], how=how[place], max_tokens=answer
        )
        for place in range(count)
    ]


def said(answer: Answer) -> tuple[object, ...]:
    return (answer.tokens, answer.text, answer.end.finish_reason, answer.end.usage.completion_tokens)


def most_at_once(worker: Worker, requests: list[Generate]) -> int:
    """Asks, and counts the rows of the fullest step."""
    worker.answers = {request.id: Answer() for request in requests}
    worker.send(*requests)
    most = 0

    def all_ended(message: object) -> bool:
        nonlocal most
        if isinstance(message, Step):
            most = max(most, len({delta.id for delta in message.deltas}))
        return all(answer.last is not None for answer in worker.answers.values())

    worker.receive_until(all_ended, timeout=120)
    return most


def test_prompts_for_which_there_is_no_room_wait_until_others_have_ended(narrow: Worker, free: Worker):
    requests = asked(4, prompt=300, answer=150)
    assert most_at_once(narrow, requests) == 2
    assert [said(narrow.answers[one.id]) for one in requests] == [said(free.ask(one)[0]) for one in requests]


def test_short_ones_run_together_as_many_as_fit(narrow: Worker):
    assert most_at_once(narrow, asked(6, prompt=20, answer=60)) == 4


@pytest.mark.parametrize("penalty", [1.0, 1.3])
def test_an_answer_that_grows_too_long_sends_later_ones_back_and_none_changes(
    narrow: Worker, free: Worker, penalty: float
):
    requests = asked(4, prompt=40, answer=300, penalty=penalty)
    assert most_at_once(narrow, requests) == 4
    answers = [narrow.answers[one.id] for one in requests]
    assert [said(answer) for answer in answers] == [said(free.ask(one)[0]) for one in requests]
    # Told once how much of the prompt was there; what is computed again is no news.
    assert all(len([at for at in answer.progress if at.processed == at.cached]) == 1 for answer in answers)


def test_one_with_a_form_goes_on_in_it_after_it_was_sent_back(narrow: Worker):
    requests = asked(4, prompt=40, answer=300)
    form = Constraint(form=ChoiceForm(choices=["red " * 75, "blue " * 75]), after=None)
    requests[3] = generate("formed", list(range(20, 60)), how=sampling(temperature=1, seed=9), max_tokens=300)
    requests[3].constraint = form
    most_at_once(narrow, requests)
    text = narrow.answers["formed"].text
    assert text
    assert ("red " * 75).startswith(text) or ("blue " * 75).startswith(text)


def test_one_alone_runs_whatever_it_takes(narrow: Worker, free: Worker):
    (request,) = asked(1, prompt=1200, answer=4)
    assert said(narrow.ask(request)[0]) == said(free.ask(request)[0])


def test_without_a_number_nobody_waits(quantised_model: Path):
    with started(quantised_model) as worker:
        assert most_at_once(worker, asked(4, prompt=40, answer=300)) == 4


def test_a_sign_of_life_is_due_now_and_then_only(monkeypatch: pytest.MonkeyPatch):
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    room = CacheRoom(None)
    assert not room.is_time_to_tell()
    now[0] += 6
    assert [room.is_time_to_tell(), room.is_time_to_tell()] == [True, False]

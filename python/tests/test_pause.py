"""The real worker process: a paused sequence goes on as if nothing had been, and costs nothing meanwhile."""

import random
from typing import Any

import msgspec
import pytest
from test_engine import content, various
from worker_orders import generate, sampling

from mlx_workers.message import Continue, End, FromWorker, Generate, Pause, Paused, PrefillProgress, Shutdown, Step
from mlx_workers.message_parts import Constraint, RegexForm
from worker_client import Answer, Worker


def start(worker: Worker, *requests: Generate) -> None:
    for request in requests:
        worker.answers[request.id] = Answer()
    worker.send(*requests)


def tokens_of(worker: Worker, request_id: str) -> list[int]:
    return worker.answers[request_id].tokens


def alone(worker: Worker, requests: list[Generate]) -> list[tuple[Any, ...]]:
    return [content(worker.ask(one)[0]) for one in requests]


def with_forms(requests: list[Generate]) -> list[Generate]:
    """Every second of them must have a form."""
    form = Constraint(form=RegexForm(pattern="([c-z]{2,6} [0-9]{2}, ){12}[.]"), after=None)
    return [msgspec.structs.replace(one, constraint=form) if place % 2 else one for place, one in enumerate(requests)]


@pytest.mark.parametrize("has_forms", [False, True])
@pytest.mark.parametrize("kind", ["worker", "dense_worker"])
def test_answers_that_are_paused_at_any_point_are_those_of_an_undisturbed_run(
    kind: str, has_forms: bool, request: pytest.FixtureRequest
):
    worker: Worker = request.getfixturevalue(kind)
    requests = various(8, max_tokens=40)
    if has_forms:
        requests = with_forms(requests)
    expected = alone(worker, requests)
    chance = random.Random(11)
    start(worker, *requests)
    paused: list[str] = []
    for _ in range(24):
        going = [one.id for one in requests if one.id not in paused and worker.answers[one.id].last is None]
        if going and (not paused or chance.random() < 0.5):
            chosen = chance.choice(going)
            if isinstance(worker.pause(chosen), Paused):
                paused.append(chosen)
        elif paused:
            worker.go_on(paused.pop(chance.randrange(len(paused))))
        if len(going) > 1:
            worker.receive_until(lambda message: isinstance(message, Step | End))
    for one in paused:
        worker.go_on(one)
    assert [content(worker.wait(one.id)) for one in requests] == expected


def test_a_paused_answer_says_nothing_and_computes_no_prompt_again(worker: Worker):
    asked = generate("held", list(range(10, 70)), how=sampling(temperature=1, seed=3), max_tokens=60)
    other = generate("other", [5, 6, 7], max_tokens=60)
    expected = alone(worker, [asked, other])
    start(worker, asked)
    worker.receive_until(lambda _: len(tokens_of(worker, "held")) >= 9)
    assert isinstance(worker.pause("held"), Paused)
    told = len(tokens_of(worker, "held"))
    prefilled = len(worker.answers["held"].progress)
    assert [content(answer) for answer in worker.ask(other)] == expected[1:]
    assert len(tokens_of(worker, "held")) == told
    worker.go_on("held")
    assert content(worker.wait("held")) == expected[0]
    assert len(worker.answers["held"].progress) == prefilled


def test_a_prompt_that_is_paused_goes_on_where_it_was(dense_worker: Worker):
    asked = generate("long", [20 + place % 200 for place in range(3000)], max_tokens=6)
    (expected,) = alone(dense_worker, [asked])
    start(dense_worker, asked)
    dense_worker.receive_until(lambda message: isinstance(message, PrefillProgress) and message.processed > 0)
    assert isinstance(dense_worker.pause("long"), Paused)
    reached = dense_worker.answers["long"].progress[-1].processed
    assert reached < 3000
    dense_worker.ask(generate("between", [7, 8, 9]))
    assert dense_worker.answers["long"].progress[-1].processed == reached
    dense_worker.go_on("long")
    assert content(dense_worker.wait("long")) == expected
    steps = [progress.processed for progress in dense_worker.answers["long"].progress]
    assert steps == sorted(set(steps))


def test_a_full_batch_takes_a_new_answer_when_one_is_paused(narrow_worker: Worker):
    first, second = generate("first", [5, 6], max_tokens=50), generate("second", [8, 9], max_tokens=5)
    expected = alone(narrow_worker, [first, second])
    start(narrow_worker, first)
    narrow_worker.receive_until(lambda _: len(tokens_of(narrow_worker, "first")) >= 3)
    assert isinstance(narrow_worker.pause("first"), Paused)
    assert content(narrow_worker.ask(second)[0]) == expected[1]
    narrow_worker.go_on("first")
    assert content(narrow_worker.wait("first")) == expected[0]


def test_cancel_ends_a_paused_answer_and_its_tokens_stay_for_the_next_turn(caching_worker: Worker):
    asked = generate("left", list(range(40, 100)), max_tokens=60)
    start(caching_worker, asked)
    caching_worker.receive_until(lambda _: len(tokens_of(caching_worker, "left")) >= 4)
    assert isinstance(caching_worker.pause("left"), Paused)
    caching_worker.cancel("left")
    end = caching_worker.wait("left").end
    assert end.finish_reason == "cancelled"
    assert end.usage.completion_tokens == len(tokens_of(caching_worker, "left"))
    (again,) = caching_worker.ask(generate("again", list(range(40, 100)), max_tokens=2))
    assert again.end.usage.cached_tokens == 59


def test_orders_to_pause_or_continue_what_is_not_there_are_ignored(worker: Worker):
    (ended,) = worker.ask(generate("gone", [5, 6], max_tokens=2))
    assert ended.end
    worker.send(Pause(id="gone"), Continue(id="gone"), Pause(id="nobody"), Continue(id="nobody"))
    frames: list[FromWorker] = []

    def is_over(message: FromWorker) -> bool:
        frames.append(message)
        return isinstance(message, End)

    start(worker, generate("next", [5, 6], max_tokens=2))
    worker.receive_until(is_over)
    assert {type(frame) for frame in frames} == {PrefillProgress, Step, End}


def test_a_second_pause_is_not_answered_twice_and_shutdown_ends_the_paused(quantised_model: Any):
    with Worker() as worker:
        worker.load(quantised_model)
        start(worker, generate("a", [5, 6], max_tokens=1000))
        worker.receive_until(lambda _: len(tokens_of(worker, "a")) >= 2)
        worker.send(Pause(id="a"), Pause(id="a"))
        worker.receive_until(lambda message: isinstance(message, Paused))
        worker.send(Shutdown())
        frames = list(iter(worker.receive, None))
        assert [type(frame) for frame in frames] == [End]
        assert worker.answers["a"].end.finish_reason == "cancelled"

"""A draft model: the text is the one without it, in fewer steps; a pair that does not fit fails the load."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlx.core as mx
import msgspec
import pytest
from conftest import PLENTY_OF_BYTES, started
from mlx.utils import tree_flatten
from test_engine import content, various
from test_other_caches import CONFIGS
from tiny_model import write_model
from worker_orders import generate, sampling

from mlx_workers.message import End, Error, FromWorker, Generate, Paused, Ready, Step
from mlx_workers.message_parts import Constraint, Ending, RegexForm, Sampling
from mlx_workers.text.lean_imports import utils
from worker_client import Answer, Worker

PROMPT = [3 + place * 7 % 290 for place in range(70)]
PROPOSALS = 3
ENDLESS = Ending(min_tokens=0, ignore_end=True, stop_token_ids=[])


def drafting(model: Path, **load: Any) -> Worker:
    """A worker that drafts whenever it may."""
    worker = Worker(module="tests.drafting_worker")
    answer = worker.load(model, **load)
    assert isinstance(answer, Ready), answer
    return worker


@pytest.fixture(scope="module")
def other_model(quantised_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Near the model, but not the same: some of its proposals are wrong."""
    folder = tmp_path_factory.mktemp("models") / "other"
    shutil.copytree(quantised_model, folder)
    network = utils.load_model(quantised_model)[0]
    weights = dict[str, mx.array](tree_flatten(network.parameters()))
    weights["lm_head.scales"] = weights["lm_head.scales"] * (1 + 0.4 * mx.random.normal((300, 1)))
    mx.save_safetensors(str(folder / "model.safetensors"), weights, {"format": "mlx"})
    return folder


@pytest.fixture(scope="module", params=["itself", "another"])
def drafted(request: pytest.FixtureRequest, quantised_model: Path, other_model: Path) -> Iterator[Worker]:
    with drafting(quantised_model, draft=quantised_model if request.param == "itself" else other_model) as worker:
        yield worker


def how(seed: int, temperature: float = 0.9) -> Sampling:
    return sampling(temperature=temperature, seed=seed, top_p=0.95)


def steps_of(worker: Worker, request: Generate) -> list[int]:
    """How many tokens each step brought."""
    counts: list[int] = []

    def ended(message: FromWorker) -> bool:
        if isinstance(message, Step):
            counts.append(sum(len(delta.token_ids) for delta in message.deltas))
        return isinstance(message, End)

    worker.answers[request.id] = Answer()
    worker.send(request)
    worker.receive_until(ended)
    return counts


def test_answers_of_all_kinds_are_those_without_a_draft(drafted: Worker, worker: Worker):
    requests = various(6, max_tokens=60)
    plain = [msgspec.structs.replace(one, sampling=how(place), top_logprobs=None) for place, one in enumerate(requests)]
    for one in [*requests, *plain]:
        assert content(drafted.ask(one)[0]) == content(worker.ask(one)[0])


def test_together_they_are_too(drafted: Worker, worker: Worker):
    requests = [generate(f"r{place}", PROMPT[place:], how=how(place), max_tokens=20 + place * 9) for place in range(5)]
    expected = [content(worker.ask(one)[0]) for one in requests]
    assert [content(answer) for answer in drafted.ask(*requests)] == expected


def test_a_draft_that_is_always_right_brings_four_tokens_a_step(quantised_model: Path):
    request = generate("fast", PROMPT, how=how(3), ending=ENDLESS, max_tokens=40)
    with drafting(quantised_model, draft=quantised_model) as worker:
        assert max(steps_of(worker, request)) == PROPOSALS + 1
        assert len(steps_of(worker, request)) < 16


def test_a_draft_that_is_often_wrong_still_brings_more_than_one(quantised_model: Path, other_model: Path):
    with drafting(quantised_model, draft=other_model) as worker:
        counts = steps_of(worker, generate("some", PROMPT, how=how(3), ending=ENDLESS, max_tokens=60))
    assert max(counts) > 1
    assert len(set(counts)) > 1


def test_a_draft_is_tried_before_it_is_left_alone(quantised_model: Path):
    with started(quantised_model, draft=quantised_model) as worker:
        counts = steps_of(worker, generate("tried", PROMPT[:8], how=how(3), ending=ENDLESS, max_tokens=40))
    assert counts.count(PROPOSALS + 1) >= 3


def test_a_resumed_answer_goes_on_as_the_undisturbed_one(drafted: Worker):
    (whole,) = drafted.ask(generate("whole", PROMPT, how=how(4), ending=ENDLESS, max_tokens=40))
    for cut in (1, 7, 20, 39):
        resumed = generate("resumed", PROMPT, how=how(4), ending=ENDLESS, max_tokens=40, resume=whole.tokens[:cut])
        assert drafted.ask(resumed)[0].tokens == whole.tokens[cut:]


def test_a_paused_answer_goes_on_as_the_undisturbed_one(drafted: Worker, worker: Worker):
    request = generate("held", PROMPT, how=how(6), ending=ENDLESS, max_tokens=90)
    expected = worker.ask(request)[0].tokens
    drafted.answers["held"] = Answer()
    drafted.send(request)
    drafted.receive_until(lambda _: len(drafted.answers["held"].tokens) > 30)
    if isinstance(drafted.pause("held"), Paused):
        drafted.ask(generate("between", PROMPT[5:], how=how(1)))
        drafted.go_on("held")
    assert drafted.wait("held").tokens == expected


def test_what_is_kept_of_an_answer_that_ended_early_is_right(quantised_model: Path, worker: Worker):
    (whole,) = worker.ask(generate("whole", PROMPT, how=how(8), ending=ENDLESS, max_tokens=40))
    with drafting(quantised_model, draft=quantised_model, prompt_cache_bytes=PLENTY_OF_BYTES) as keeping:
        for place in range(20, 27):
            ending = msgspec.structs.replace(
                generate("short", PROMPT, how=how(8), ending=ENDLESS, max_tokens=40),
                stop=[whole.text[place : place + 4]],
            )
            (short,) = keeping.ask(ending)
            longer = generate("longer", [*PROMPT, *short.tokens, 20, 21], how=how(2))
            (kept,), (fresh,) = keeping.ask(longer), worker.ask(longer)
            assert kept.tokens == fresh.tokens
            assert kept.end.usage.cached_tokens >= len(PROMPT)


def test_a_cache_of_few_bits_is_cut_back_too(tmp_path: Path):
    model = write_model(tmp_path / "wide", quantised=True, head_dim=64)
    request = generate("bits", PROMPT, how=how(5), ending=ENDLESS, max_tokens=40)
    with started(model, kv_bits=8) as plain, drafting(model, kv_bits=8, draft=model) as drafted:
        counts = steps_of(drafted, request)
        assert max(counts) > 1
        assert drafted.answers["bits"].tokens == plain.ask(request)[0].tokens


def test_a_form_is_held_to(drafted: Worker, worker: Worker):
    form = Constraint(form=RegexForm(pattern="[a-f]{9}"), after=None)
    request = generate("form", PROMPT, how=how(2), constraint=form)
    assert drafted.ask(request)[0].text == worker.ask(request)[0].text


def reason(model: Path, draft: Path) -> str:
    with Worker() as worker:
        answer = worker.load(model, draft=draft)
    assert isinstance(answer, Error)
    assert answer.code == "load_failed"
    return answer.message


def test_another_vocabulary_fails_the_load(quantised_model: Path, tmp_path: Path):
    shutil.copytree(quantised_model, tmp_path / "draft")
    content = json.loads((tmp_path / "draft/tokenizer.json").read_text(encoding="utf-8"))
    first, second = list(content["model"]["vocab"])[10:12]
    vocabulary = content["model"]["vocab"]
    vocabulary[first], vocabulary[second] = vocabulary[second], vocabulary[first]
    (tmp_path / "draft/tokenizer.json").write_text(json.dumps(content), encoding="utf-8")
    assert reason(quantised_model, tmp_path / "draft") == "draft_model: its vocabulary is another than the model's"


def test_a_model_whose_cache_cannot_be_cut_back_fails_the_load(quantised_model: Path, tmp_path: Path):
    window = write_model(tmp_path / "window", quantised=False, **CONFIGS["sliding window"])
    assert reason(quantised_model, window).startswith("draft_model: its own cache cannot be cut back")
    assert reason(window, quantised_model).startswith("draft_model: the model's cache cannot be cut back")


def test_a_folder_without_a_model_fails_the_load(quantised_model: Path, tmp_path: Path):
    assert reason(quantised_model, tmp_path) == "draft_model: The model has no readable config.json."

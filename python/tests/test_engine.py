"""The real worker process: an answer is the same alone, in a batch, after a restart."""

import random
from typing import Any

import pytest
import tokenizers
from worker_orders import chat, generate, sampling

from mlx_workers.message import End, FromWorker, Generate, Step
from mlx_workers.message_parts import Delta, Sampling
from worker_client import Answer, Worker


def various(count: int, *, max_tokens: int = 24) -> list[Generate]:
    """Requests that differ in everything."""
    chance = random.Random(4)
    requests: list[Generate] = []
    for place in range(count):
        how = sampling(
            temperature=chance.choice([0, 0.4, 0.8, 1.0, 1.5]),
            top_p=chance.choice([1.0, 0.9, 0.6]),
            top_k=chance.choice([0, 0, 5, 40]),
            min_p=chance.choice([0, 0, 0.05]),
            seed=chance.randrange(2**53),
            repetition_penalty=chance.choice([1.0, 1.0, 1.2]),
            presence_penalty=chance.choice([0, 0.5]),
            frequency_penalty=chance.choice([0, 0, -0.3]),
            logit_bias=chance.choice([[], [(40, 3.0), (41, -100.0)]]),
        )
        prompt = [chance.randrange(3, 300) for _ in range(chance.randint(1, 60))]
        stop = chance.choice([[], ["e", "th"], ["a"]])
        top_logprobs = chance.choice([None, None, 0, 5])
        requests.append(
            generate(f"r{place}", prompt, how=how, stop=stop, max_tokens=max_tokens, top_logprobs=top_logprobs)
        )
    return requests


def content(answer: Answer) -> tuple[Any, ...]:
    """Everything of an answer but its times."""
    end = answer.end
    return answer.tokens, answer.text, answer.logprobs, end.finish_reason, end.stop_sequence, end.usage


def deltas_of(worker: Worker, request: Generate) -> tuple[list[Delta], End]:
    """What one request alone gains at each step."""
    worker.answers.pop(request.id, None)
    worker.send(request)
    deltas: list[Delta] = []

    def ended(message: FromWorker) -> bool:
        if isinstance(message, Step):
            deltas.extend(delta for delta in message.deltas if delta.id == request.id)
        return isinstance(message, End) and message.id == request.id

    end = worker.receive_until(ended)
    assert isinstance(end, End)
    return deltas, end


@pytest.mark.parametrize("kind", ["worker", "dense_worker"])
def test_twenty_different_requests_at_once_answer_as_each_alone(kind: str, request: pytest.FixtureRequest):
    worker: Worker = request.getfixturevalue(kind)
    requests = various(20)
    together = [content(answer) for answer in worker.ask(*requests)]
    assert together == [content(worker.ask(one)[0]) for one in requests]
    assert len({str(answer) for answer in together}) == 20


def test_a_late_joiner_changes_nothing_for_itself_or_the_others(worker: Worker):
    first = [
        generate(f"first{seed}", [5, 6, 7 + seed], how=sampling(temperature=1, seed=seed), max_tokens=80)
        for seed in range(2)
    ]
    late = generate("late", list(range(10, 90)), how=sampling(temperature=1, seed=9), max_tokens=20)
    alone = [content(worker.ask(one)[0]) for one in [*first, late]]
    for one in [*first, late]:
        worker.answers.pop(one.id)
    worker.send(*first)
    worker.receive_until(lambda _: len(worker.answers.get("first1", Answer()).tokens) >= 5)
    assert [content(answer) for answer in [*worker.ask(late), *map(worker.wait, ["first0", "first1"])]] == [
        alone[2],
        *alone[:2],
    ]


HOW = {
    "greedy": sampling(logit_bias=[(0, -100.0)]),
    "drawn": sampling(temperature=1, seed=3, top_p=0.95, logit_bias=[(0, -100.0)]),
    "penalised": sampling(temperature=0.9, seed=2**40, repetition_penalty=1.2, presence_penalty=0.3),
}


@pytest.mark.parametrize("how", HOW.values(), ids=HOW.keys())
@pytest.mark.parametrize("stop", [[], ["@nothing", "e"]], ids=["no stop", "stop"])
def test_an_answer_resumed_at_any_position_goes_on_as_the_undisturbed_one(
    worker: Worker, how: Sampling, stop: list[str]
):
    whole = generate("whole", "tea or coffee", how=how, stop=stop, max_tokens=24, top_logprobs=2)
    deltas, end = deltas_of(worker, whole)
    tokens = [token for delta in deltas for token in delta.token_ids]
    resumed = [
        generate(f"from{cut}", "tea or coffee", how=how, stop=stop, max_tokens=24, top_logprobs=2, resume=tokens[:cut])
        for cut in range(len(tokens) + 1)
    ]
    for cut, answer in enumerate(worker.ask(*resumed)):
        assert answer.tokens == tokens[cut:]
        assert answer.text == "".join(delta.text for delta in deltas[cut:])
        assert answer.logprobs == [entry for delta in deltas[cut:] for entry in delta.logprobs or []]
        assert (answer.end.finish_reason, answer.end.stop_sequence) == (end.finish_reason, end.stop_sequence)
        assert answer.end.usage == end.usage


@pytest.mark.parametrize("stop", [[], ["@nothing", "e"]], ids=["no stop", "stop"])
def test_an_answer_leaves_at_any_token_and_comes_back_as_the_undisturbed_one(worker: Worker, stop: list[str]):
    how = HOW["drawn"]
    deltas, end = deltas_of(worker, generate("whole", "tea or coffee", how=how, stop=stop, max_tokens=24))
    tokens = [token for delta in deltas for token in delta.token_ids]
    for cut in range(len(tokens)):
        order = generate(f"until{cut}", "tea or coffee", how=how, stop=stop, max_tokens=24, break_after=cut)
        [first] = worker.ask(order)
        assert (first.tokens, first.end.finish_reason) == (tokens[:cut], "cancelled")
        assert first.end.usage.completion_tokens == cut
        assert first.text == "".join(delta.text for delta in deltas[:cut])
        back = generate(f"from{cut}", "tea or coffee", how=how, stop=stop, max_tokens=24, resume=tokens[:cut])
        [rest] = worker.ask(back)
        assert (rest.tokens, rest.end.finish_reason) == (tokens[cut:], end.finish_reason)
        assert first.text + rest.text == "".join(delta.text for delta in deltas)


def test_an_answer_goes_on_with_what_it_is_told_as_if_it_had_said_so_itself(worker: Worker):
    how = HOW["penalised"]
    begun = deltas_of(worker, generate("begun", [5, 6], how=how, max_tokens=6))[0]
    before = [token for delta in begun for token in delta.token_ids]
    told = generate("told", [5, 6], how=how, max_tokens=16, resume=before, go_on_with="<|user|> tea")
    deltas, end = deltas_of(worker, told)
    assert (deltas[0].text, deltas[0].token_ids[0]) == ("<|user|> tea", 1)
    assert end.usage.completion_tokens == sum(len(delta.token_ids) for delta in [*begun, *deltas]) == 16
    said = [*before, *deltas[0].token_ids]
    [resumed] = worker.ask(generate("resumed", [5, 6], how=how, max_tokens=16, resume=said))
    assert resumed.tokens == [token for delta in deltas[1:] for token in delta.token_ids]
    assert resumed.text == "".join(delta.text for delta in deltas[1:])


def test_what_an_answer_is_told_is_cut_at_its_end_and_at_a_stop_string(worker: Worker):
    [short] = worker.ask(generate("short", [5, 6], max_tokens=2, go_on_with="xyz"))
    assert (short.text, short.end.finish_reason, short.end.usage.completion_tokens) == ("xy", "length", 2)
    [stopped] = worker.ask(generate("stopped", [5, 6], stop=["z"], go_on_with="xyzxyz"))
    assert (stopped.text, stopped.end.finish_reason, stopped.end.stop_sequence) == ("xy", "stop", "z")


def test_a_character_that_is_told_something_else_in_its_middle_is_not_shown(worker: Worker):
    first_byte = 3 + sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet()).index("ð")
    [answer] = worker.ask(generate("a", [5, 6], max_tokens=4, resume=[first_byte], go_on_with="xyz"))
    assert answer.text == "xyz"


def test_a_longer_prompt_takes_up_the_kept_one_and_answers_the_same(caching_worker: Worker, worker: Worker):
    how = sampling(logit_bias=[(0, -100.0)])
    prompt = [3 + place * 7 % 290 for place in range(70)]
    first = caching_worker.ask(generate("first", prompt, how=how))[0]
    assert first.end.usage.cached_tokens == 0
    longer = generate("longer", [*prompt, *first.tokens, 20, 21, 22], how=how)
    cached, fresh = caching_worker.ask(longer)[0], worker.ask(longer)[0]
    assert cached.end.usage.cached_tokens == 85
    assert [cached.progress[0].processed, cached.progress[0].cached] == [85, 85]
    assert fresh.end.usage.cached_tokens == 0
    assert (cached.text, cached.tokens) == (fresh.text, fresh.tokens)


def test_the_same_prompt_again_leaves_only_its_last_token_to_compute(caching_worker: Worker):
    request = generate("again", "over and over and over", how=sampling(temperature=1, seed=1))
    first, second = caching_worker.ask(request)[0], caching_worker.ask(request)[0]
    assert second.end.usage.cached_tokens == second.end.usage.prompt_tokens - 1
    assert (first.text, first.tokens) == (second.text, second.tokens)


def test_answers_in_a_batch_with_a_prefix_cache_equal_those_without(caching_worker: Worker, worker: Worker):
    requests = various(12)
    caching_worker.ask(*requests)
    again = caching_worker.ask(*requests)
    assert any(answer.end.usage.cached_tokens for answer in again)
    for cached, fresh in zip(again, worker.ask(*requests), strict=True):
        assert (cached.tokens, cached.text) == (fresh.tokens, fresh.text)


def test_logprobs_in_a_batch_equal_those_alone(worker: Worker):
    requests = [
        generate(f"p{seed}", "a text", how=sampling(temperature=1, seed=seed), max_tokens=8, top_logprobs=seed)
        for seed in range(6)
    ]
    for seed, answer in enumerate(worker.ask(*requests)):
        assert answer.logprobs == worker.ask(requests[seed])[0].logprobs
        assert [entry.token_id for entry in answer.logprobs] == answer.tokens
        assert all(len(entry.top) == seed for entry in answer.logprobs)


def test_the_progress_of_a_prompt_begins_at_nothing_and_ends_at_all(worker: Worker):
    (answer,) = worker.ask(generate("long", list(range(3, 103)), max_tokens=1))
    processed = [one.processed for one in answer.progress]
    assert (processed[0], processed[-1]) == (0, 100)
    assert processed == sorted(set(processed))
    assert {one.total for one in answer.progress} == {100}


def test_a_chat_is_put_into_the_models_own_words(worker: Worker):
    spoken = worker.ask(generate("chat", chat(("user", "tea"))))[0]
    written = worker.ask(generate("text", "<|user|>tea<|assistant|>"))[0]
    assert (spoken.text, spoken.end.usage) == (written.text, written.end.usage)


def test_an_end_token_is_neither_text_nor_counted(worker: Worker):
    (answer,) = worker.ask(generate("end", "x", how=sampling(logit_bias=[(0, 1000.0)])))
    assert (answer.text, answer.tokens) == ("", [])
    assert (answer.end.finish_reason, answer.end.stop_sequence) == ("stop", None)
    assert answer.end.usage.completion_tokens == 0

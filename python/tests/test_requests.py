"""The real worker process: requests that are cancelled, and requests that cannot be served."""

import pytest
from tiny_model import CONTEXT, VOCABULARY
from worker_orders import chat, generate, sampling

from mlx_workers.message import Generate, Pong, PrefillProgress
from worker_client import Answer, Worker

LONG_PROMPT = [3 + place % 290 for place in range(12_000)]
ENDLESS = sampling(temperature=1, seed=5, logit_bias=[(0, -100.0)])


def endless(request_id: str) -> Generate:
    return generate(request_id, "on and on", how=ENDLESS, max_tokens=None)


def wait_for_tokens(worker: Worker, request_id: str, count: int) -> None:
    worker.receive_until(lambda _: len(worker.answers.get(request_id, Answer()).tokens) >= count)


def test_a_cancelled_sequence_ends_while_it_decodes_and_the_others_go_on(worker: Worker):
    other = generate("other", [9, 8, 7], how=ENDLESS, max_tokens=60)
    alone = worker.ask(other)[0]
    worker.answers.pop("other")
    worker.send(other, endless("gone"))
    wait_for_tokens(worker, "gone", 3)
    worker.cancel("gone")
    gone = worker.wait("gone")
    assert (gone.end.finish_reason, gone.end.stop_sequence) == ("cancelled", None)
    assert gone.end.usage.completion_tokens == len(gone.tokens)
    assert (worker.wait("other").tokens, worker.wait("other").text) == (alone.tokens, alone.text)


def test_a_cancelled_sequence_ends_while_its_prompt_is_read(worker: Worker):
    worker.send(generate("reading", LONG_PROMPT))
    worker.receive_until(lambda message: isinstance(message, PrefillProgress) and message.id == "reading")
    worker.cancel("reading")
    answer = worker.wait("reading")
    assert answer.end.finish_reason == "cancelled"
    assert answer.end.usage.completion_tokens == 0
    assert answer.progress[-1].processed < len(LONG_PROMPT)


def test_a_cancelled_sequence_ends_while_it_waits_for_its_turn(narrow_worker: Worker):
    narrow_worker.send(endless("running"), generate("queued", "x"), generate("next", "x", max_tokens=3))
    wait_for_tokens(narrow_worker, "running", 2)
    narrow_worker.cancel("queued")
    queued = narrow_worker.wait("queued")
    assert (queued.end.finish_reason, queued.tokens) == ("cancelled", [])
    assert narrow_worker.answers["running"].last is None
    narrow_worker.cancel("running")
    assert narrow_worker.wait("running").end.finish_reason == "cancelled"
    assert narrow_worker.wait("next").end.usage.completion_tokens == 3


def test_an_unknown_id_is_not_worth_an_answer(worker: Worker):
    worker.cancel("never heard of")
    assert worker.ask(generate("after", "x", max_tokens=1))[0].end.finish_reason == "length"


def test_decoding_goes_on_while_a_long_prompt_is_read(worker: Worker):
    worker.send(endless("talking"))
    wait_for_tokens(worker, "talking", 1)
    worker.send(generate("reading along", LONG_PROMPT[:2000], max_tokens=1))
    worker.receive_until(lambda message: isinstance(message, PrefillProgress) and message.id == "reading along")
    before = len(worker.answers["talking"].tokens)
    worker.wait("reading along")
    assert len(worker.answers["talking"].tokens) > before + 20
    worker.cancel("talking")
    worker.wait("talking")


def test_a_ping_is_answered_while_a_long_prompt_is_read(worker: Worker):
    worker.send(generate("busy", LONG_PROMPT))
    worker.receive_until(lambda message: isinstance(message, PrefillProgress) and message.id == "busy")
    worker.ping(2**53 - 1)
    worker.receive_until(lambda message: message == Pong(nonce=2**53 - 1))
    assert worker.answers["busy"].last is None
    worker.cancel("busy")
    worker.wait("busy")


def failure(worker: Worker, request: Generate) -> tuple[str, str | None]:
    (answer,) = worker.ask(request)
    assert (answer.text, answer.tokens, answer.progress) == ("", [], [])
    return answer.error.code, answer.error.param


@pytest.mark.parametrize(
    ("length", "max_tokens"), [(CONTEXT, None), (CONTEXT + 1, 1), (CONTEXT - 3, 4)], ids=["full", "over", "no room"]
)
def test_a_prompt_that_leaves_no_room_is_refused(worker: Worker, length: int, max_tokens: int | None):
    request = generate("full", [5] * length, max_tokens=max_tokens)
    assert failure(worker, request) == ("context_length_exceeded", "prompt")


def test_a_smaller_context_asked_for_at_load_is_what_is_enforced(short_worker: Worker):
    assert failure(short_worker, generate("over", [5] * 15, max_tokens=6))[0] == "context_length_exceeded"
    how = sampling(logit_bias=[(0, -100.0)])
    (answer,) = short_worker.ask(generate("fits", [5] * 15, how=how, max_tokens=None))
    assert (answer.end.finish_reason, answer.end.usage.completion_tokens) == ("length", 5)


REFUSED = {
    "bias beyond the vocabulary": (
        generate("a", "x", how=sampling(logit_bias=[(VOCABULARY, 1.0)])),
        ("invalid_request", "logit_bias"),
    ),
    "token beyond the vocabulary": (generate("a", [VOCABULARY]), ("invalid_request", "prompt")),
    "no tokens": (generate("a", []), ("invalid_request", "prompt")),
    "no text": (generate("a", ""), ("invalid_request", "prompt")),
    "resumed token beyond the vocabulary": (generate("a", "x", resume=[VOCABULARY]), ("invalid_request", None)),
}


@pytest.mark.parametrize(("request_", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_a_faulty_request_is_told_what_is_wrong(worker: Worker, request_: Generate, expected: tuple[str, str | None]):
    assert failure(worker, request_) == expected


def test_the_last_token_of_the_vocabulary_may_be_biased(worker: Worker):
    how = sampling(logit_bias=[(VOCABULARY - 1, 1000.0)])
    assert worker.ask(generate("last", "x", how=how, max_tokens=2))[0].tokens == [VOCABULARY - 1] * 2


def test_a_chat_with_a_model_without_a_template_is_unsupported(narrow_worker: Worker):
    assert failure(narrow_worker, generate("chat", chat(("user", "x")))) == ("model_unsupported", None)


def test_a_request_that_fails_leaves_the_others_alone(worker: Worker):
    good = generate("good", "x", how=ENDLESS, max_tokens=10)
    alone = worker.ask(good)[0]
    answers = worker.ask(good, generate("bad", []), generate("worse", [VOCABULARY]))
    assert answers[0].tokens == alone.tokens
    assert [answer.error.code for answer in answers[1:]] == ["invalid_request", "invalid_request"]


def test_a_resumed_answer_that_was_complete_ends_at_once(worker: Worker):
    full = worker.ask(generate("full", "x", how=ENDLESS, max_tokens=6))[0]
    (again,) = worker.ask(generate("again", "x", how=ENDLESS, max_tokens=6, resume=full.tokens))
    assert (again.tokens, again.text, again.end.finish_reason) == ([], "", "length")
    assert again.end.usage == full.end.usage

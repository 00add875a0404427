"""When an answer may end, and what is known of its prompt: in the real worker process."""

import pytest
from tiny_model import END, SPECIAL, VOCABULARY
from worker_orders import chat, generate, sampling

from mlx_workers.message_parts import Ending
from worker_client import Worker

ENDS_AT_ONCE = sampling(logit_bias=[(END, 100.0)])
PROMPT = list(range(3, 90))


def ending(min_tokens: int = 0, *, ignore_end: bool = False, stop_token_ids: tuple[int, ...] = ()) -> Ending:
    return Ending(min_tokens=min_tokens, ignore_end=ignore_end, stop_token_ids=list(stop_token_ids))


def test_an_answer_goes_on_to_its_least_length_whatever_would_end_it(worker: Worker):
    at_once, later = worker.ask(
        generate("a", "the tea", how=ENDS_AT_ONCE), generate("b", "the tea", how=ENDS_AT_ONCE, ending=ending(5))
    )
    assert (at_once.tokens, len(later.tokens), later.end.finish_reason) == ([], 5, "stop")


def test_a_stop_string_counts_from_the_least_length_on(worker: Worker):
    (free,) = worker.ask(generate("free", "the tea", max_tokens=12))
    stop = free.text[0]
    (cut,) = worker.ask(generate("cut", "the tea", max_tokens=12, stop=[stop], ending=ending(4)))
    assert cut.tokens[:4] == free.tokens[:4]
    assert len(cut.tokens) >= 4
    assert cut.text.startswith(stop)


def test_a_stop_token_ends_an_answer_and_is_no_part_of_it(worker: Worker):
    (free,) = worker.ask(generate("free", "the tea", max_tokens=8))
    wanted = free.tokens[3]
    (cut,) = worker.ask(generate("cut", "the tea", max_tokens=8, ending=ending(stop_token_ids=(wanted,))))
    assert cut.tokens == free.tokens[: free.tokens.index(wanted)]
    assert (cut.end.finish_reason, cut.end.stop_sequence) == ("stop", None)


def test_an_end_that_is_ignored_is_a_token_like_others(worker: Worker):
    (answer,) = worker.ask(
        generate("r", "the tea", how=ENDS_AT_ONCE, max_tokens=3, ending=ending(ignore_end=True)),
    )
    assert (answer.tokens, answer.text, answer.end.finish_reason) == ([END] * 3, SPECIAL[END] * 3, "length")


def test_a_stop_token_beyond_the_vocabulary_is_the_clients_error(worker: Worker):
    (answer,) = worker.ask(generate("r", "x", ending=ending(stop_token_ids=(VOCABULARY,))))
    assert (answer.error.code, answer.error.param) == ("invalid_request", "stop_token_ids")


@pytest.mark.parametrize("kind", ["worker", "caching_worker"])
def test_each_prompt_token_has_the_logprob_that_it_would_be_sampled_with(kind: str, request: pytest.FixtureRequest):
    """Chunks, caches and other rows change nothing: checked against answers that are forced to repeat the prompt."""
    worker: Worker = request.getfixturevalue(kind)
    (first,) = worker.ask(generate("warm", PROMPT, max_tokens=1))
    scored, _ = worker.ask(
        generate("scored", PROMPT, max_tokens=0, prompt_logprobs=3), generate("beside", PROMPT[:9], max_tokens=9)
    )
    assert (scored.tokens, scored.end.finish_reason, scored.end.usage.completion_tokens) == ([], "length", 0)
    assert [entry.token_id for entry in scored.prompt] == PROMPT
    assert (scored.prompt[0].logprob, scored.prompt[0].top) == (None, [])
    assert first.end.usage.prompt_tokens == len(PROMPT)
    for place in (1, 2, 30, 31, 32, 33, len(PROMPT) - 1):
        (sampled,) = worker.ask(generate(f"at {place}", PROMPT[:place], max_tokens=1, top_logprobs=3))
        entry, (told,) = scored.prompt[place], sampled.logprobs
        assert [one.token_id for one in entry.top] == [one.token_id for one in told.top]
        assert [one.logprob for one in entry.top] == pytest.approx([one.logprob for one in told.top], abs=1e-3)
        assert entry.logprob is not None
        if told.token_id == entry.token_id:
            assert entry.logprob == pytest.approx(told.logprob, abs=1e-3)
        assert entry.logprob <= entry.top[0].logprob + 1e-6


def test_logprobs_of_a_prompt_come_before_its_answer(worker: Worker):
    (answer,) = worker.ask(generate("r", chat(("user", "tea")), max_tokens=2, prompt_logprobs=0))
    assert len(answer.prompt) == answer.end.usage.prompt_tokens
    assert all(not entry.top for entry in answer.prompt)
    assert len(answer.tokens) == 2


def test_a_prompt_of_one_token_has_nothing_to_score(worker: Worker):
    (answer,) = worker.ask(generate("r", [5], max_tokens=0, prompt_logprobs=1))
    assert [(entry.token_id, entry.logprob) for entry in answer.prompt] == [(5, None)]

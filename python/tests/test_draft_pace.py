"""When a draft is used: tried first, then as long as it pays."""

from mlx_workers.generation.draft_pace import DraftPace


def run(pace: DraftPace, steps: int, *, plain_ms: float, drafted_ms: float, tokens: int) -> list[bool]:
    """Which of so many steps were drafted, where such a step takes `drafted_ms` and brings `tokens`."""
    chosen: list[bool] = []
    for _ in range(steps):
        chosen.append(pace.drafts)
        pace.note(*((tokens, drafted_ms) if pace.drafts else (1, plain_ms)))
    return chosen


TRIAL = [False] * 3 + [True] * 4


def test_a_draft_that_is_faster_for_a_token_is_used_and_both_are_tried_again():
    assert run(DraftPace(), 30, plain_ms=10, drafted_ms=20, tokens=4) == [*TRIAL, *[True] * 16, *TRIAL]


def test_a_draft_that_is_slower_for_a_token_is_left_alone_for_a_while():
    chosen = run(DraftPace(), 78, plain_ms=10, drafted_ms=20, tokens=2)
    assert chosen == [*TRIAL, *[False] * 64, *TRIAL]


def test_what_was_found_is_found_anew_when_it_changes():
    pace = DraftPace()
    run(pace, 7 + 64 + 7, plain_ms=10, drafted_ms=50, tokens=4)
    assert not pace.drafts
    run(pace, 64 + 7, plain_ms=10, drafted_ms=5, tokens=4)
    assert pace.drafts


def test_the_step_behind_a_drafted_one_does_not_count():
    pace = DraftPace()
    pace.note(1, 1000)
    run(pace, 6, plain_ms=10, drafted_ms=20, tokens=1)
    assert not pace.drafts

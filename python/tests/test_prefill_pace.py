"""The length of a prefill chunk by the time that chunks took."""

import pytest

from mlx_workers.generation.prefill_pace import PrefillPace


def settle(pace: PrefillPace, *, overhead_ms: float, ms_per_token: float, decoding: bool) -> tuple[int, float]:
    """The length that a machine of this speed comes to, and its time."""
    tokens = 0
    for _ in range(40):
        tokens = pace.budget(decoding=decoding)
        pace.note(tokens, overhead_ms + tokens * ms_per_token)
    return tokens, overhead_ms + tokens * ms_per_token


def test_without_a_target_it_is_fixed():
    pace = PrefillPace(32, 2048, None)
    assert settle(pace, overhead_ms=100, ms_per_token=500, decoding=True)[0] == 32
    assert (pace.grid, pace.chunk_of(5)) == (32, 32)


@pytest.mark.parametrize("ms_per_token", [0.05, 0.4, 2, 9, 30])
@pytest.mark.parametrize("overhead_ms", [0, 8, 40])
@pytest.mark.parametrize("target_ms", [200, 500, 1500])
def test_it_keeps_to_the_target_and_is_no_shorter_than_it_must_be(
    ms_per_token: float, overhead_ms: float, target_ms: float
):
    pace = PrefillPace(512, 2048, target_ms)
    tokens, took_ms = settle(pace, overhead_ms=overhead_ms, ms_per_token=ms_per_token, decoding=True)
    assert tokens == 16 or took_ms <= target_ms
    assert tokens == 2048 or 2 * took_ms > 0.8 * target_ms


def test_while_nothing_decodes_a_cancel_waits_for_less_than_half_a_second():
    for ms_per_token in (0.1, 1, 5, 20):
        pace = PrefillPace(512, 2048, 5000)
        tokens, took_ms = settle(pace, overhead_ms=5, ms_per_token=ms_per_token, decoding=False)
        assert took_ms <= 400
        assert tokens == 2048 or 2 * took_ms > 400


def test_it_begins_with_care_beside_answers_and_learns_nothing_from_scraps():
    pace = PrefillPace(512, 2048, 500)
    assert (pace.budget(decoding=True), pace.budget(decoding=False)) == (128, 512)
    pace.note(3, 1000)
    assert pace.budget(decoding=True) == 128


def test_it_follows_the_machine_both_ways():
    pace = PrefillPace(512, 2048, 500)
    assert settle(pace, overhead_ms=5, ms_per_token=0.5, decoding=True)[0] == 512
    assert settle(pace, overhead_ms=5, ms_per_token=5, decoding=True)[0] == 64
    assert settle(pace, overhead_ms=5, ms_per_token=0.5, decoding=True)[0] == 512

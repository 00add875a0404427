"""Stop strings: what ends a text, and that nothing of them gets out."""

import random
from collections.abc import Sequence

import pytest

from mlx_workers.detokenize import PieceDetokenizer, TokenPieces
from mlx_workers.text_stream import StopScanner, TextStream


def scan(stops: Sequence[str], pieces: Sequence[str]) -> tuple[str, str | None]:
    """Everything that came out, and which stop string ended it."""
    scanner = StopScanner(stops)
    text = "".join(scanner.push(piece) for piece in pieces)
    if scanner.matched is None:
        text += scanner.flush()
    return text, scanner.matched


def reference(stops: Sequence[str], text: str) -> tuple[str, str | None]:
    """Character by character: the first stop string to be complete wins, the longest of those that end together."""
    for end in range(1, len(text) + 1):
        complete = [stop for stop in stops if text[:end].endswith(stop)]
        if complete:
            stop = max(complete, key=len)
            return text[: end - len(stop)], stop
    return text, None


def random_pieces(text: str, chance: random.Random) -> list[str]:
    pieces: list[str] = []
    while text:
        length = chance.randint(1, 5)
        pieces.append(text[:length])
        text = text[length:]
    return pieces


def test_a_stop_string_in_one_piece_ends_the_text_before_it():
    assert scan(["END"], ["a END b"]) == ("a ", "END")


def test_a_stop_string_across_pieces_ends_the_text_before_it():
    assert scan(["END"], ["one E", "N", "D two"]) == ("one ", "END")


def test_text_that_only_looked_like_a_stop_string_comes_out():
    assert scan(["END"], ["EN", "EN", "x"]) == ("ENENx", None)


def test_what_may_become_a_stop_string_is_held_back_and_no_more():
    scanner = StopScanner(["END", "\n\n"])
    assert [scanner.push(piece) for piece in ["abE", "N", "x\n", "y"]] == ["ab", "", "ENx", "\ny"]


def test_the_stop_string_that_is_complete_first_wins():
    assert scan(["long one", "ng"], ["a long one"]) == ("a lo", "ng")
    assert scan(["bc", "abcd"], ["xabcd"]) == ("xa", "bc")


def test_of_two_that_end_together_the_longer_wins():
    assert scan(["b", "ab"], ["xab"]) == ("x", "ab")
    assert scan(["ab", "b"], ["xa", "b"]) == ("x", "ab")


def test_a_stop_string_that_begins_inside_a_failed_one_is_found():
    assert scan(["aab"], ["aaab"]) == ("a", "aab")
    assert scan(["abac"], ["ab", "ab", "ac"]) == ("ab", "abac")


def test_nothing_comes_out_after_a_stop_string():
    scanner = StopScanner(["."])
    assert scanner.push("a.b") == "a"
    assert scanner.push("more") == ""
    assert scanner.flush() == ""


def test_what_was_held_back_comes_out_at_the_end():
    assert scan(["END"], ["the EN"]) == ("the EN", None)


@pytest.mark.parametrize("seed", range(300))
def test_any_cutting_gives_what_reading_by_characters_gives(seed: int):
    chance = random.Random(seed)
    stops = ["".join(chance.choices("abc", k=chance.randint(1, 5))) for _ in range(chance.randint(1, 4))]
    text = "".join(chance.choices("abc", weights=[6, 3, 1], k=chance.randint(0, 40)))
    assert scan(stops, random_pieces(text, chance)) == reference(stops, text)


ALPHABET = [b"a", b"b", "ü".encode(), b"\xf0", b"\x9f\xa6", b"\x8a", b"", b"ab", "🦊".encode(), b"b\xc3", b"\xbc"]


def stream(stops: Sequence[str]) -> TextStream:
    return TextStream(PieceDetokenizer(TokenPieces(lambda token: ALPHABET[token]), strip_first_space=False), stops)


@pytest.mark.parametrize("stops", [[], ["ab"], ["🦊", "aü"], ["\ufffd"]], ids=str)
def test_a_stream_fed_silently_goes_on_as_the_undisturbed_one(stops: list[str]):
    chance = random.Random(str(stops))
    for _ in range(60):
        tokens = chance.choices(range(len(ALPHABET)), k=20)
        undisturbed = stream(stops)
        texts = [undisturbed.push(token) for token in tokens]
        rest = undisturbed.flush()
        cut = chance.randrange(len(tokens) + 1)
        resumed = stream(stops)
        for token in tokens[:cut]:
            resumed.push(token)
        assert [resumed.push(token) for token in tokens[cut:]] == texts[cut:]
        assert resumed.flush() == rest
        assert resumed.matched == undisturbed.matched


def test_a_stop_string_that_only_the_last_bytes_complete_still_counts():
    one = stream(["a\ufffd"])
    assert one.push(0) == ""
    assert one.push(3) == ""
    assert one.flush() == ""
    assert one.matched == "a\ufffd"


def test_a_stream_without_stop_strings_holds_nothing_back():
    one = stream([])
    assert [one.push(token) for token in [0, 1, 8]] == ["a", "b", "🦊"]
    assert one.matched is None

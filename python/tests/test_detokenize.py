"""Token ids to text: whole characters only, and all of them."""

import random
from collections.abc import Sequence

import pytest

from mlx_workers.detokenize import Detokenizer, PieceDetokenizer, TokenPieces, WindowDetokenizer
from mlx_workers.tokenization.token_bytes import byte_level_bytes, bytes_of_tokens, decoder_kind, sentencepiece_bytes

TEXTS = ["plain", "Grüße, 🦊!", "日本語のテキスト", "a\u0301e\u0301 👩‍👩‍👧 ñ", "", "\ufffd stays", "🦊" * 9]


def random_cuts(raw: bytes, chance: random.Random) -> list[bytes]:
    pieces: list[bytes] = []
    while raw:
        length = chance.randint(1, 4)
        pieces.append(raw[:length])
        raw = raw[length:]
    return pieces


def by_pieces(pieces: Sequence[bytes], *, strip_first_space: bool = False) -> Detokenizer:
    return PieceDetokenizer(TokenPieces(lambda token: pieces[token]), strip_first_space=strip_first_space)


def by_window(pieces: Sequence[bytes]) -> Detokenizer:
    return WindowDetokenizer(lambda tokens: b"".join(pieces[token] for token in tokens).decode("utf-8", "replace"))


def all_text(detokenizer: Detokenizer, count: int) -> str:
    return "".join(detokenizer.push(token) for token in range(count)) + detokenizer.flush()


@pytest.mark.parametrize("make", [by_pieces, by_window])
@pytest.mark.parametrize("text", TEXTS)
def test_bytes_cut_anywhere_become_the_same_text(make: type, text: str):
    chance = random.Random(text)
    for _ in range(40):
        pieces = random_cuts(text.encode(), chance)
        assert all_text(make(pieces), len(pieces)) == text


@pytest.mark.parametrize("make", [by_pieces, by_window])
@pytest.mark.parametrize("text", [text for text in TEXTS if "\ufffd" not in text])
def test_no_character_is_ever_cut(make: type, text: str):
    chance = random.Random(text)
    for _ in range(40):
        pieces = random_cuts(text.encode(), chance)
        detokenizer = make(pieces)
        assert not any("\ufffd" in detokenizer.push(token) for token in range(len(pieces)))


def test_text_comes_out_with_the_token_that_completes_it():
    detokenizer = by_pieces([b"a\xf0\x9f", b"\xa6", b"\x8ab"])
    assert [detokenizer.push(token) for token in range(3)] == ["a", "", "🦊b"]


@pytest.mark.parametrize("seed", range(100))
def test_broken_bytes_become_what_decoding_them_at_once_gives(seed: int):
    chance = random.Random(seed)
    raw = bytes(chance.choices([0x61, 0xC3, 0xBC, 0xF0, 0x9F, 0xA6, 0x8A, 0xE2, 0x80], k=30))
    pieces = random_cuts(raw, chance)
    assert all_text(by_pieces(pieces), len(pieces)) == raw.decode("utf-8", "replace")


def test_an_unfinished_character_at_the_end_becomes_the_replacement_character():
    detokenizer = by_pieces([b"x\xf0\x9f"])
    assert detokenizer.push(0) == "x"
    assert detokenizer.flush() == "\ufffd"
    assert detokenizer.flush() == ""


def test_only_the_first_space_of_a_text_is_taken_away():
    detokenizer = by_pieces([b"", b" one", b" two"], strip_first_space=True)
    assert [detokenizer.push(token) for token in range(3)] == ["", "one", " two"]


def test_a_window_that_never_becomes_a_character_does_not_grow_for_ever():
    longest = 0

    def decode(tokens: Sequence[int]) -> str:
        nonlocal longest
        longest = max(longest, len(tokens))
        return (b"\xff" * len(tokens)).decode("utf-8", "replace")

    detokenizer = WindowDetokenizer(decode)
    text = "".join(detokenizer.push(0) for _ in range(200)) + detokenizer.flush()
    assert text == "\ufffd" * 200
    assert longest < 60


def test_every_byte_has_its_character_in_byte_level_tokens():
    assert byte_level_bytes("ĠGrÃ¼Ã\u0141e") == " Grüße".encode()
    assert byte_level_bytes("Ċ") == b"\n"


def test_a_byte_level_token_outside_the_table_stands_for_itself():
    assert byte_level_bytes("日") == "日".encode()


def test_sentencepiece_tokens_are_bytes_or_text_with_marked_spaces():
    assert sentencepiece_bytes("<0xF0>") == b"\xf0"
    assert sentencepiece_bytes("\u2581two\u2581words") == b" two words"
    assert sentencepiece_bytes("<0x>") == b"<0x>"


def test_added_tokens_are_literal_and_padding_ids_are_empty():
    bytes_of = bytes_of_tokens("byte-level", {0: "Ġa"}.get, {1: "<|Ġ|>"})
    assert [bytes_of(token) for token in (0, 1, 2)] == [b" a", "<|Ġ|>".encode(), b""]


def test_the_kind_of_a_decoder_is_read_from_its_description():
    replace = {"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "}
    steps = [replace, {"type": "ByteFallback"}, {"type": "Fuse"}]
    assert decoder_kind({"type": "ByteLevel"}) == "byte-level"
    assert decoder_kind({"type": "Sequence", "decoders": steps}) == "sentencepiece"
    assert decoder_kind({"type": "Sequence", "decoders": [*steps, {"type": "Strip"}]}) == "sentencepiece-strip"
    assert decoder_kind({"type": "WordPiece"}) == "other"
    assert decoder_kind(None) == "other"

"""Cutting a byte stream into frames, however it arrives."""

import random

import pytest

from mlx_workers.frame import MAX_FRAME_BYTES, ProtocolError, encode_frames, from_worker_reader, to_worker_reader
from mlx_workers.message import Cancel, Ping, Pong, Shutdown, Step, ToWorker
from mlx_workers.message_parts import Delta

MESSAGES: list[ToWorker] = [Ping(nonce=7), Cancel(id="größe"), Shutdown(), Ping(nonce=2**53 - 1)]
STREAM = encode_frames(MESSAGES)


def test_several_frames_in_one_chunk_are_read_in_order():
    assert to_worker_reader().feed(STREAM) == MESSAGES


@pytest.mark.parametrize("cut", range(len(STREAM) + 1))
def test_a_stream_cut_anywhere_gives_the_same_messages(cut: int):
    reader = to_worker_reader()
    assert reader.feed(STREAM[:cut]) + reader.feed(STREAM[cut:]) == MESSAGES


def test_a_stream_in_single_bytes_gives_the_same_messages():
    reader = to_worker_reader()
    assert [message for byte in STREAM for message in reader.feed(bytes([byte]))] == MESSAGES


def test_a_stream_in_random_pieces_gives_the_same_messages():
    chance = random.Random(5)
    for _ in range(200):
        cuts = sorted(chance.choices(range(len(STREAM)), k=chance.randrange(6)))
        reader = to_worker_reader()
        pieces = [STREAM[start:end] for start, end in zip([0, *cuts], [*cuts, len(STREAM)], strict=True)]
        assert [message for piece in pieces for message in reader.feed(piece)] == MESSAGES


def test_a_message_is_given_out_as_soon_as_its_last_byte_is_there():
    reader = to_worker_reader()
    first = len(encode_frames(MESSAGES[:1]))
    assert reader.feed(STREAM[: first - 1]) == []
    assert reader.feed(STREAM[first - 1 : first]) == MESSAGES[:1]


def test_a_length_over_the_limit_is_refused_before_its_body_arrives():
    with pytest.raises(ProtocolError, match=str(MAX_FRAME_BYTES + 1)):
        to_worker_reader().feed((MAX_FRAME_BYTES + 1).to_bytes(4, "little"))


def test_a_length_at_the_limit_is_waited_for():
    assert to_worker_reader().feed(MAX_FRAME_BYTES.to_bytes(4, "little")) == []


def test_a_message_over_the_limit_is_not_written():
    with pytest.raises(ProtocolError):
        encode_frames([Step([Delta("a", [], "x" * MAX_FRAME_BYTES)])])


@pytest.mark.parametrize(
    "body",
    [b"", b"\xc1", b"\x93\x01\x02\x03", b"\x81\xa4type\xa4pon", b"\x81\xa4type\xa5\xff\xff\xff\xff\xff", b"\xc0"],
    ids=["empty", "reserved", "a list", "cut short", "not UTF-8", "nil"],
)
def test_a_body_that_is_no_message_is_refused(body: bytes):
    with pytest.raises(ProtocolError):
        to_worker_reader().feed(len(body).to_bytes(4, "little") + body)


def test_bytes_after_a_message_inside_its_frame_are_refused():
    body = encode_frames([Pong(nonce=1)])[4:] + b"\x00"
    with pytest.raises(ProtocolError):
        from_worker_reader().feed(len(body).to_bytes(4, "little") + body)


def test_a_length_is_little_endian():
    assert STREAM[:4] == bytes([len(encode_frames(MESSAGES[:1])) - 4, 0, 0, 0])

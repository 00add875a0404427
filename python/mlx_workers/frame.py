"""Bytes to messages and back: a little-endian u32 length, then that many bytes of msgpack. Does no I/O."""

from collections.abc import Iterable
from typing import Generic, TypeVar

import msgspec

from .block_frame import BlockFrame
from .message import FromWorker, ToWorker

MAX_FRAME_BYTES = 256 * 1024 * 1024
_HEADER_BYTES = 4

Message = TypeVar("Message", bound="ToWorker | FromWorker | BlockFrame")


class ProtocolError(Exception):
    """A frame that breaks the protocol: too long, not msgpack, or of a wrong shape. Its sender is given up."""


class FrameReader(Generic[Message]):
    """Cuts a byte stream into messages of one direction. Holds at most one unfinished frame."""

    def __init__(self, decoder: "msgspec.msgpack.Decoder[Message]") -> None:
        self._decoder = decoder
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Message]:
        """Adds bytes and returns the messages they complete, in order. Raises ProtocolError."""
        self._buffer += data
        messages: list[Message] = []
        start = 0
        while len(self._buffer) - start >= _HEADER_BYTES:
            length = int.from_bytes(self._buffer[start : start + _HEADER_BYTES], "little")
            if length > MAX_FRAME_BYTES:
                raise ProtocolError(f"frame of {length} bytes")
            end = start + _HEADER_BYTES + length
            if len(self._buffer) < end:
                break
            messages.append(self.decode(bytes(self._buffer[start + _HEADER_BYTES : end])))
            start = end
        if start:
            del self._buffer[:start]
        return messages

    def decode(self, body: bytes | memoryview) -> Message:
        """The message in one body. Raises ProtocolError."""
        try:
            return self._decoder.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError) as cause:
            raise ProtocolError(f"malformed frame: {cause}") from cause


def to_worker_reader() -> "FrameReader[ToWorker | BlockFrame]":
    """A reader of what a server sends."""
    return FrameReader(msgspec.msgpack.Decoder(ToWorker | BlockFrame))


def from_worker_reader() -> "FrameReader[FromWorker]":
    """A reader of what a worker sends that was granted no blocks."""
    return FrameReader(msgspec.msgpack.Decoder(FromWorker))


_encode = msgspec.msgpack.Encoder().encode


def encode_body(message: "ToWorker | FromWorker | BlockFrame") -> bytes:
    """The msgpack of one message. Raises ProtocolError for one over the limit."""
    body = _encode(message)
    if len(body) > MAX_FRAME_BYTES:
        raise ProtocolError(f"frame of {len(body)} bytes")
    return body


def join_frames(bodies: Iterable[bytes]) -> bytes:
    """The frames around `bodies`, one after another."""
    return b"".join(part for body in bodies for part in (len(body).to_bytes(_HEADER_BYTES, "little"), body))


def encode_frames(messages: "Iterable[ToWorker | FromWorker | BlockFrame]") -> bytes:
    """The frames of `messages`, one after another. Raises ProtocolError for one over the limit."""
    return join_frames(encode_body(message) for message in messages)

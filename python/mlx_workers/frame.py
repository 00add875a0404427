"""Bytes to messages and back: a little-endian u32 length, then that many bytes of msgpack. Does no I/O."""

from collections.abc import Iterable
from typing import Generic, TypeVar

import msgspec

from .message import FromWorker, ToWorker

MAX_FRAME_BYTES = 64 * 1024 * 1024
_HEADER_BYTES = 4

Message = TypeVar("Message", bound="ToWorker | FromWorker")


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
            messages.append(self._decode(bytes(self._buffer[start + _HEADER_BYTES : end])))
            start = end
        if start:
            del self._buffer[:start]
        return messages

    def _decode(self, body: bytes) -> Message:
        try:
            return self._decoder.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError) as cause:
            raise ProtocolError(f"malformed frame: {cause}") from cause


def to_worker_reader() -> "FrameReader[ToWorker]":
    """A reader of what a server sends."""
    return FrameReader(msgspec.msgpack.Decoder(ToWorker))


def from_worker_reader() -> "FrameReader[FromWorker]":
    """A reader of what a worker sends."""
    return FrameReader(msgspec.msgpack.Decoder(FromWorker))


_encode = msgspec.msgpack.Encoder().encode


def encode_frames(messages: "Iterable[ToWorker | FromWorker]") -> bytes:
    """The frames of `messages`, one after another. Raises ProtocolError for one over the limit."""
    parts: list[bytes] = []
    for message in messages:
        body = _encode(message)
        if len(body) > MAX_FRAME_BYTES:
            raise ProtocolError(f"frame of {len(body)} bytes")
        parts += (len(body).to_bytes(_HEADER_BYTES, "little"), body)
    return b"".join(parts)

"""What bytes a token stands for, by the kind of its tokenizer's decoder."""

from collections.abc import Callable
from typing import Any, Literal

DecoderKind = Literal["byte-level", "sentencepiece", "sentencepiece-strip", "other"]

_SPACE_MARK = "\u2581"


def _byte_of_character() -> dict[str, int]:
    """The printable stand-ins of byte-level BPE, from GPT-2's encoder (github.com/openai/gpt-2, src/encoder.py)."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    table = {chr(byte): byte for byte in printable}
    others = (byte for byte in range(256) if byte not in printable)
    return table | {chr(256 + place): byte for place, byte in enumerate(others)}


_BYTE_OF_CHARACTER = _byte_of_character()


def decoder_kind(decoder: dict[str, Any] | None) -> DecoderKind:
    """Kind of a tokenizer.json's `decoder` entry."""
    if decoder is None:
        return "other"
    if decoder.get("type") == "ByteLevel":
        return "byte-level"
    if decoder.get("type") != "Sequence":
        return "other"
    steps = decoder.get("decoders", [])
    kinds = [step.get("type") for step in steps]
    if kinds == ["ByteLevel"]:
        return "byte-level"
    marks_space = bool(steps) and steps[0].get("pattern") == {"String": _SPACE_MARK} and steps[0].get("content") == " "
    if marks_space and kinds == ["Replace", "ByteFallback", "Fuse"]:
        return "sentencepiece"
    if marks_space and kinds == ["Replace", "ByteFallback", "Fuse", "Strip"]:
        return "sentencepiece-strip"
    return "other"


def byte_level_bytes(token: str) -> bytes:
    """Bytes of a byte-level BPE token; a character outside the table stands for itself."""
    try:
        return bytes([_BYTE_OF_CHARACTER[character] for character in token])
    except KeyError:
        return token.encode("utf-8")


def sentencepiece_bytes(token: str) -> bytes:
    """Bytes of a SentencePiece token: `<0x41>` is one byte, the mark is a space."""
    if len(token) == 6 and token.startswith("<0x") and token.endswith(">"):
        return bytes([int(token[3:5], 16)])
    return token.replace(_SPACE_MARK, " ").encode("utf-8")


def bytes_of_tokens(
    kind: DecoderKind, token_of: Callable[[int], str | None], added: dict[int, str]
) -> Callable[[int], bytes]:
    """Token id → bytes. Added tokens are literal text; an id without a token (a padded vocabulary) is empty."""
    decode = byte_level_bytes if kind == "byte-level" else sentencepiece_bytes

    def bytes_of(token_id: int) -> bytes:
        if token_id in added:
            return added[token_id].encode("utf-8")
        token = token_of(token_id)
        return b"" if token is None else decode(token)

    return bytes_of

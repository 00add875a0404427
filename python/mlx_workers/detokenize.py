"""Token ids to text, one sequence at a time, never cutting a UTF-8 character. Knows nothing of stop strings."""

import codecs
from collections.abc import Callable, Sequence
from typing import Protocol

_REPLACEMENT = "\ufffd"


class Detokenizer(Protocol):
    """Text of one sequence as its tokens arrive."""

    def push(self, token_id: int) -> str:
        """The text that became certain with this token; whole characters only."""
        ...

    def flush(self) -> str:
        """The rest at the end of the sequence; an unfinished character becomes U+FFFD."""
        ...


class TokenPieces(dict[int, "str | bytes"]):
    """Token id → its text, or its bytes where they are no whole characters. Filled on first use, shared by all."""

    def __init__(self, bytes_of: Callable[[int], bytes]) -> None:
        super().__init__()
        self._bytes_of = bytes_of

    def raw(self, token_id: int) -> bytes:
        """The token's bytes, not kept."""
        return self._bytes_of(token_id)

    def __missing__(self, token_id: int) -> str | bytes:
        raw = self._bytes_of(token_id)
        try:
            piece: str | bytes = raw.decode("utf-8")
        except UnicodeDecodeError:
            piece = raw
        self[token_id] = piece
        return piece


class PieceDetokenizer:
    """For vocabularies whose tokens are bytes (byte-level BPE, SentencePiece with byte fallback)."""

    def __init__(self, pieces: TokenPieces, *, strip_first_space: bool) -> None:
        self._pieces = pieces
        self._unfinished = b""
        self._strip_first_space = strip_first_space

    def push(self, token_id: int) -> str:
        """See Detokenizer."""
        piece = self._pieces[token_id]
        if self._unfinished or not isinstance(piece, str):
            raw = self._unfinished + (piece.encode("utf-8") if isinstance(piece, str) else piece)
            piece, consumed = codecs.utf_8_decode(raw, "replace", False)
            self._unfinished = raw[consumed:]
        if self._strip_first_space and piece:
            self._strip_first_space = False
            return piece.removeprefix(" ")
        return piece

    def flush(self) -> str:
        """See Detokenizer."""
        rest, self._unfinished = self._unfinished, b""
        return rest.decode("utf-8", "replace")


class WindowDetokenizer:
    """For every other vocabulary: decodes a short window again with each token and takes what was added."""

    _longest_window = 24

    def __init__(self, decode: Callable[[Sequence[int]], str]) -> None:
        self._decode = decode
        self._window: list[int] = []
        self._read = 0

    def push(self, token_id: int) -> str:
        """See Detokenizer."""
        self._window.append(token_id)
        return self._take(force=len(self._window) > self._longest_window)

    def flush(self) -> str:
        """See Detokenizer."""
        return self._take(force=True)

    def _take(self, *, force: bool) -> str:
        """Text beyond the tokens read before, which stay in the window: a token's text depends on the one before."""
        known = self._decode(self._window[: self._read])
        text = self._decode(self._window)
        if len(text) <= len(known) or (text.endswith(_REPLACEMENT) and not force):
            return ""
        self._window = self._window[self._read :]
        self._read = len(self._window)
        return text[len(known) :]

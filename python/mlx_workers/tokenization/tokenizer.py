"""One model's tokenizer as the worker needs it: prompts to ids, ids to text, the ids that end a text.

Two sources, one interface: the Rust tokenizer alone where tokenizer.json says everything, else transformers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..detokenize import Detokenizer, PieceDetokenizer, TokenPieces, WindowDetokenizer
from .client_text import encode_pieces
from .token_bytes import DecoderKind


class ChatRefusedError(Exception):
    """The model's chat template raised on these messages."""


class Codec(Protocol):
    """Text to ids and back."""

    def prepare(self) -> None:
        """Does ahead of the first request what can be done ahead of it. Never raises."""
        ...

    def encode_text(self, text: str) -> list[int]:
        """Ids with the model's usual special tokens."""
        ...

    def encode_rendered(self, text: str) -> list[int]:
        """Ids of text in which special tokens are written out."""
        ...

    def encode_chat(
        self, messages: list[dict[str, Any]], tools: list[Any] | None = None, options: dict[str, Any] | None = None
    ) -> list[int]:
        """Ids of the rendered chat template, in which no message writes special tokens. Raises ChatRefusedError.

        `options` are further variables of the template.
        """
        ...

    def decode(self, token_ids: Sequence[int]) -> str:
        """Text of the ids, special tokens included."""
        ...


@dataclass(frozen=True)
class Tokenizer:
    """A codec with what the generation loop asks for at every token. `pieces` is None where tokens are not bytes.

    A codec turns the strings of `special_tokens` and `spoken_tokens` into one id each, wherever they stand; the latter
    are text that the model may write, such as `<think>`.
    """

    codec: Codec
    has_chat_template: bool
    end_ids: frozenset[int]
    special_tokens: frozenset[str]
    spoken_tokens: frozenset[str]
    kind: DecoderKind
    pieces: TokenPieces | None

    def detokenizer(self, *, starts_text: bool) -> Detokenizer:
        """A fresh one for one sequence; `starts_text` is false where the answer goes on with the prompt's sentence."""
        if self.pieces is None:
            return WindowDetokenizer(self.codec.decode)
        return PieceDetokenizer(self.pieces, strip_first_space=starts_text and self.kind == "sentencepiece-strip")

    def ids_within(self, text: str) -> list[int]:
        """Ids of text that stands inside another, special tokens written out."""
        return encode_pieces(self.codec.encode_rendered, ["", text])

    def text_of(self, token_id: int) -> str:
        """Text of one token by itself; bytes that are no character become U+FFFD."""
        if self.pieces is None:
            return self.codec.decode([token_id])
        piece = self.pieces[token_id]
        return piece if isinstance(piece, str) else piece.decode("utf-8", "replace")

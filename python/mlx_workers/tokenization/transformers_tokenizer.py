"""A tokenizer of the transformers package, or one that wraps it, as the worker needs it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..detokenize import TokenPieces
from .chat_source import read_json
from .client_text import ClientText
from .token_bytes import bytes_of_tokens, decoder_kind
from .tokenizer import Codec, Tokenizer


def tokenizer_of(
    source: Any, folder: Path, codec: Codec, *, has_chat_template: bool, end_ids: Iterable[int]
) -> Tokenizer:
    """`source` answers as transformers' tokenizers do; `codec` is the caller's way to use it."""
    kind = decoder_kind(read_json(folder / "tokenizer.json").get("decoder"))
    added = {int(token_id): str(token) for token_id, token in source.added_tokens_decoder.items()}
    pieces = None
    if kind != "other":
        known = len(source)

        def token_of(token_id: int) -> str | None:
            return source.convert_ids_to_tokens(token_id) if token_id < known else None

        pieces = TokenPieces(bytes_of_tokens(kind, token_of, added))
    special = special_of(source)
    return Tokenizer(
        codec=codec,
        has_chat_template=has_chat_template,
        end_ids=frozenset(end_ids),
        special_tokens=special,
        spoken_tokens=frozenset(added.values()) - special,
        kind=kind,
        pieces=pieces,
    )


def special_of(source: Any) -> frozenset[str]:
    """The added tokens that no text holds."""
    return frozenset(str(token) for token in source.added_tokens_decoder.values() if token.special)


def client_text_of(source: Any) -> ClientText:
    """What keeps clients from writing the source's added tokens."""
    special = special_of(source)
    return ClientText(special, frozenset(map(str, source.added_tokens_decoder.values())) - special)

"""The tokenizer through mlx-lm and transformers, for models whose tokenizer.json does not say everything."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ..detokenize import TokenPieces
from ..tokenization.token_bytes import bytes_of_tokens, decoder_kind
from ..tokenization.tokenizer import ChatRefusedError, Tokenizer


class _WrapperCodec:
    """See tokenizer.Codec."""

    def __init__(self, wrapper: Any) -> None:
        self._wrapper = wrapper

    def encode_text(self, text: str) -> list[int]:
        return list(self._wrapper.encode(text))

    def encode_chat(self, messages: list[dict[str, str]]) -> list[int]:
        try:
            return list(self._wrapper.apply_chat_template(messages, add_generation_prompt=True, tokenize=True))
        except Exception as cause:
            raise ChatRefusedError(str(cause)) from cause

    def prepare(self) -> None:
        """Nothing to do."""

    def decode(self, token_ids: Sequence[int]) -> str:
        return self._wrapper.decode(list(token_ids), skip_special_tokens=False)


def load_slow_tokenizer(folder: Path, end_ids: Iterable[int]) -> Tokenizer:
    """Never runs code from the model's folder. Raises what transformers raises."""
    import mlx_lm.tokenizer_utils

    wrapper: Any = mlx_lm.tokenizer_utils.load(folder, {"trust_remote_code": False}, eos_token_ids=list(end_ids))
    file = folder / "tokenizer.json"
    content = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    kind = decoder_kind(content.get("decoder"))
    added = {int(token_id): str(token) for token_id, token in wrapper.added_tokens_decoder.items()}
    pieces = None
    if kind != "other":
        known = len(wrapper)

        def token_of(token_id: int) -> str | None:
            return wrapper.convert_ids_to_tokens(token_id) if token_id < known else None

        pieces = TokenPieces(bytes_of_tokens(kind, token_of, added))
    return Tokenizer(
        codec=_WrapperCodec(wrapper),
        has_chat_template=bool(wrapper.has_chat_template),
        end_ids=frozenset(wrapper.eos_token_ids),
        kind=kind,
        pieces=pieces,
    )

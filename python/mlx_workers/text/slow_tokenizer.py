"""The tokenizer through mlx-lm and transformers, for models whose tokenizer.json does not say everything."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ..tokenization.client_text import encode_pieces
from ..tokenization.tokenizer import ChatRefusedError, Tokenizer
from ..tokenization.transformers_tokenizer import client_text_of, tokenizer_of


class _WrapperCodec:
    """See tokenizer.Codec."""

    def __init__(self, wrapper: Any) -> None:
        self._wrapper = wrapper
        self._client_text = client_text_of(wrapper)

    def encode_text(self, text: str) -> list[int]:
        return list(self._wrapper.encode(text))

    def encode_rendered(self, text: str) -> list[int]:
        return list(self._wrapper.encode(text, add_special_tokens=False))

    def encode_chat(
        self, messages: list[dict[str, Any]], tools: list[Any] | None = None, options: dict[str, Any] | None = None
    ) -> list[int]:
        def render(messages: list[dict[str, Any]], tools: Any) -> str:
            return self._wrapper.apply_chat_template(
                messages, tools=tools, add_generation_prompt=True, tokenize=False, **(options or {})
            )

        try:
            pieces = self._client_text.pieces(messages, tools, render)
        except Exception as cause:
            raise ChatRefusedError(str(cause)) from cause
        return encode_pieces(self.encode_rendered, pieces)

    def prepare(self) -> None:
        """Nothing to do."""

    def decode(self, token_ids: Sequence[int]) -> str:
        return self._wrapper.decode(list(token_ids), skip_special_tokens=False)


def load_slow_tokenizer(folder: Path, end_ids: Iterable[int]) -> Tokenizer:
    """Never runs code from the model's folder. Raises what transformers raises."""
    import mlx_lm.tokenizer_utils

    wrapper: Any = mlx_lm.tokenizer_utils.load(folder, {"trust_remote_code": False}, eos_token_ids=list(end_ids))
    return tokenizer_of(
        wrapper,
        folder,
        _WrapperCodec(wrapper),
        has_chat_template=bool(wrapper.has_chat_template),
        end_ids=wrapper.eos_token_ids,
    )

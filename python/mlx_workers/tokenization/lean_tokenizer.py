"""The tokenizer straight from tokenizer.json, for the classes where that file says everything.

For these transformers would build the same thing, a second later. Anything unusual is left to a worker's own library.
"""

import contextlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tokenizers

from ..detokenize import TokenPieces
from .chat_source import read_json, template_source, template_variables
from .client_text import ClientText, encode_pieces
from .token_bytes import bytes_of_tokens, decoder_kind
from .tokenizer import ChatRefusedError, Tokenizer

if TYPE_CHECKING:
    from .chat_template import ChatTemplate

_CLASSES = {
    "PreTrainedTokenizerFast",
    "TokenizersBackend",
    "GPT2Tokenizer",
    "GPT2TokenizerFast",
    "Qwen2Tokenizer",
    "Qwen2TokenizerFast",
}
_NEEDS_TRANSFORMERS = ("auto_map", "chat_template_type", "add_bos_token", "add_eos_token")


class _LeanCodec:
    """See tokenizer.Codec."""

    def __init__(
        self,
        tokenizer: tokenizers.Tokenizer,
        template: str | None,
        variables: dict[str, Any],
        client_text: ClientText,
    ) -> None:
        self._tokenizer = tokenizer
        self._client_text = client_text
        self._source = template
        self._variables = variables
        self._template: ChatTemplate | None = None

    def encode_text(self, text: str) -> list[int]:
        return self._tokenizer.encode(text).ids

    def encode_rendered(self, text: str) -> list[int]:
        return self._tokenizer.encode(text, add_special_tokens=False).ids

    def prepare(self) -> None:
        with contextlib.suppress(Exception):
            self._compiled()

    def encode_chat(
        self, messages: list[dict[str, Any]], tools: list[Any] | None = None, options: dict[str, Any] | None = None
    ) -> list[int]:
        try:
            template = self._compiled()
            pieces = self._client_text.pieces(
                messages, tools, lambda messages, tools: template.render(messages, tools, options)
            )
        except Exception as cause:
            raise ChatRefusedError(str(cause)) from cause
        return encode_pieces(self.encode_rendered, pieces)

    def _compiled(self) -> "ChatTemplate":
        """Compiled on first use, with jinja2 itself imported then: `ready` does not wait for either."""
        if self._template is None:
            from .chat_template import ChatTemplate

            self._template = ChatTemplate(self._source or "", self._variables)
        return self._template

    def decode(self, token_ids: Sequence[int]) -> str:
        return self._tokenizer.decode(list(token_ids), skip_special_tokens=False)


def load_lean_tokenizer(folder: Path, end_ids: Iterable[int]) -> Tokenizer | None:
    """None where transformers has to be asked. `end_ids` are the model's own; the tokenizer's is added."""
    config = read_json(folder / "tokenizer_config.json")
    file = folder / "tokenizer.json"
    if config.get("tokenizer_class") not in _CLASSES or not file.exists():
        return None
    if any(config.get(key) for key in _NEEDS_TRANSFORMERS):
        return None
    tokenizer = tokenizers.Tokenizer.from_file(str(file))
    kind = decoder_kind(_decoder_of(tokenizer))
    if kind == "other":
        return None
    tokenizer.no_truncation()
    tokenizer.no_padding()
    variables = template_variables(folder, lambda token: tokenizer.token_to_id(token) is not None)
    template = template_source(folder)
    added_tokens = tokenizer.get_added_tokens_decoder()
    added = {token_id: token.content for token_id, token in added_tokens.items()}
    end = tokenizer.token_to_id(variables["eos_token"]) if "eos_token" in variables else None
    special = frozenset(token.content for token in added_tokens.values() if token.special)
    spoken = frozenset(added.values()) - special
    return Tokenizer(
        codec=_LeanCodec(tokenizer, template, variables, ClientText(special, spoken)),
        has_chat_template=template is not None,
        end_ids=frozenset(end_ids) | (frozenset() if end is None else {end}),
        special_tokens=special,
        spoken_tokens=spoken,
        kind=kind,
        pieces=TokenPieces(bytes_of_tokens(kind, tokenizer.id_to_token, added)),
    )


def _decoder_of(tokenizer: tokenizers.Tokenizer) -> dict[str, Any] | None:
    """The decoder as in tokenizer.json; its pickled state is that JSON and spares parsing the whole file again."""
    if tokenizer.decoder is None:
        return None
    return json.loads(tokenizer.decoder.__getstate__())

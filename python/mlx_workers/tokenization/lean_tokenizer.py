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
_NAMED_TOKENS = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")
_NEEDS_TRANSFORMERS = ("auto_map", "chat_template_type", "add_bos_token", "add_eos_token")


class _LeanCodec:
    """See tokenizer.Codec."""

    def __init__(self, tokenizer: tokenizers.Tokenizer, template: str | None, variables: dict[str, Any]) -> None:
        self._tokenizer = tokenizer
        self._source = template
        self._variables = variables
        self._template: ChatTemplate | None = None

    def encode_text(self, text: str) -> list[int]:
        return self._tokenizer.encode(text).ids

    def prepare(self) -> None:
        with contextlib.suppress(Exception):
            self._compiled()

    def encode_chat(self, messages: list[dict[str, str]]) -> list[int]:
        try:
            text = self._compiled().render(messages)
        except Exception as cause:
            raise ChatRefusedError(str(cause)) from cause
        return self._tokenizer.encode(text, add_special_tokens=False).ids

    def _compiled(self) -> "ChatTemplate":
        """Compiled on first use, with jinja2 itself imported then: `ready` does not wait for either."""
        if self._template is None:
            from .chat_template import ChatTemplate

            self._template = ChatTemplate(self._source or "", self._variables)
        return self._template

    def decode(self, token_ids: Sequence[int]) -> str:
        return self._tokenizer.decode(list(token_ids), skip_special_tokens=False)


def _read_json(file: Path) -> dict[str, Any]:
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def _content(token: Any) -> str | None:
    """A special token is a string, or a map that holds it as `content`."""
    if isinstance(token, dict):
        token = token.get("content")
    return token if isinstance(token, str) else None


def _template_source(folder: Path, config: dict[str, Any]) -> str | None:
    """chat_template.jinja before tokenizer_config's entry, which may be a list of named ones."""
    file = folder / "chat_template.jinja"
    if file.exists():
        return file.read_text(encoding="utf-8")
    source = config.get("chat_template")
    if isinstance(source, list):
        named = {entry.get("name"): entry.get("template") for entry in source}
        return named.get("default")
    return source if isinstance(source, str) else None


def load_lean_tokenizer(folder: Path, end_ids: Iterable[int]) -> Tokenizer | None:
    """None where transformers has to be asked. `end_ids` are the model's own; the tokenizer's is added."""
    config = _read_json(folder / "tokenizer_config.json")
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
    special = _read_json(folder / "special_tokens_map.json") | config
    variables: dict[str, Any] = {
        name: content for name in _NAMED_TOKENS if (content := _content(special.get(name))) is not None
    }
    thinks = tokenizer.token_to_id("<think>") is not None and tokenizer.token_to_id("</think>") is not None
    variables["enable_thinking"] = thinks
    template = _template_source(folder, config)
    added = {token_id: token.content for token_id, token in tokenizer.get_added_tokens_decoder().items()}
    end = tokenizer.token_to_id(variables["eos_token"]) if "eos_token" in variables else None
    return Tokenizer(
        codec=_LeanCodec(tokenizer, template, variables),
        has_chat_template=template is not None,
        end_ids=frozenset(end_ids) | (frozenset() if end is None else {end}),
        kind=kind,
        pieces=TokenPieces(bytes_of_tokens(kind, tokenizer.id_to_token, added)),
    )


def _decoder_of(tokenizer: tokenizers.Tokenizer) -> dict[str, Any] | None:
    """The decoder as in tokenizer.json; its pickled state is that JSON and spares parsing the whole file again."""
    if tokenizer.decoder is None:
        return None
    return json.loads(tokenizer.decoder.__getstate__())

"""The chat template that a model's folder holds, and the variables that it counts on."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

_NAMED_TOKENS = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")


def read_json(file: Path) -> dict[str, Any]:
    """The map in `file`; an absent one is empty."""
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def template_source(folder: Path) -> str | None:
    """chat_template.jinja, else the entry of chat_template.json or tokenizer_config.json, which may name several."""
    file = folder / "chat_template.jinja"
    if file.exists():
        return file.read_text(encoding="utf-8")
    for name in ("chat_template.json", "tokenizer_config.json"):
        source = read_json(folder / name).get("chat_template")
        if isinstance(source, list):
            source = {entry.get("name"): entry.get("template") for entry in source}.get("default")
        if isinstance(source, str):
            return source
    return None


def template_variables(folder: Path, has_token: Callable[[str], bool]) -> dict[str, Any]:
    """The special tokens by their names, and whether the model thinks aloud."""
    special = read_json(folder / "special_tokens_map.json") | read_json(folder / "tokenizer_config.json")
    variables: dict[str, Any] = {
        name: content for name in _NAMED_TOKENS if (content := _content(special.get(name))) is not None
    }
    variables["enable_thinking"] = has_token("<think>") and has_token("</think>")
    return variables


def _content(token: Any) -> str | None:
    """A special token is a string, or a map that holds it as `content`."""
    if isinstance(token, dict):
        token = token.get("content")
    return token if isinstance(token, str) else None

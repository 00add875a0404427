"""Where in a schema that stands of which llguidance says that it cannot be held to: it names keywords, not places."""

import json
import re
from collections.abc import Iterator
from typing import Any

_QUOTED = re.compile(r"[\"'`]([$\w]+)[\"'`]")
_UNQUOTED = re.compile(r"\b(oneOf|anyOf|allOf|enum|const)\b")
# Of which keyword's value a reason tells that begins so.
_VALUES = {"Unknown format": "format", "Invalid type": "type", "regex parse error": "pattern", "Resource": "$ref"}
_NAMES = ("properties", "patternProperties", "$defs", "definitions")


def place_of(schema_text: str, reason: str) -> str:
    """Steps such as `properties.name`; empty for the whole schema, and where nothing in it is what was named."""
    keywords = {*_QUOTED.findall(reason), *_UNQUOTED.findall(reason)}
    told = next((key for beginning, key in _VALUES.items() if reason.startswith(beginning)), None)
    for steps, schema in _parts((), json.loads(schema_text)):
        value = schema.get(told) if told else None
        if (isinstance(value, str) and value in reason) or (not told and any(key in schema for key in keywords)):
            return ".".join(step[:64] for step in steps)
    return ""


def _parts(steps: tuple[str, ...], value: Any) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Every schema within, the innermost first: a word that it shares with those around it is its own."""
    if isinstance(value, list):
        for number, part in enumerate(value):
            yield from _parts((*steps, str(number)), part)
    if not isinstance(value, dict):
        return
    for key, part in value.items():
        yield from _parts((*steps, key), part)
    if not (steps and steps[-1] in _NAMES):
        yield steps, value

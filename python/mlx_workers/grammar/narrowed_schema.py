"""A schema as the workers hold to it: a little narrower than it was sent, so that whatever fits the one fits the other.

JSON Schema lets an object have more properties than it names. Answers get the named ones, unless it says otherwise;
OpenAI's strict mode wants the same to be written out.
"""

from collections.abc import Callable, Iterator
from typing import Any

from .string_formats import PATTERN_OF_FORMAT

_MAPS = ("properties", "patternProperties", "$defs", "definitions")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_ONES = ("items", "additionalProperties")
_SAYS_OTHERWISE = ("additionalProperties", "patternProperties", "unevaluatedProperties")
_SPREADS = ("anyOf", "oneOf", "$ref")


def narrowed(schema: dict[str, Any]) -> dict[str, Any]:
    """A copy. Its objects stay open where one object's properties are spread over several schemas."""
    closes = not any(_spreads(part) for part in _parts(schema))

    def narrow(part: Any) -> Any:
        if not isinstance(part, dict):
            return part
        copy = _with_children(part, narrow)
        if "pattern" not in copy and isinstance(copy.get("format"), str) and copy["format"] in PATTERN_OF_FORMAT:
            copy["pattern"] = PATTERN_OF_FORMAT[copy.pop("format")]
        if closes and _names_all_its_properties(copy):
            copy["additionalProperties"] = False
        return copy

    return narrow(schema)


def _spreads(schema: dict[str, Any]) -> bool:
    return "allOf" in schema or ("properties" in schema and any(key in schema for key in _SPREADS))


def _names_all_its_properties(schema: dict[str, Any]) -> bool:
    names, required = schema.get("properties"), schema.get("required", [])
    if any(key in schema for key in _SAYS_OTHERWISE) or not isinstance(names, dict) or not isinstance(required, list):
        return False
    return all(isinstance(name, str) and name in names for name in required)


def _with_children(schema: dict[str, Any], change: Callable[[Any], Any]) -> dict[str, Any]:
    copy = dict(schema)
    for key, value in schema.items():
        if key in _MAPS and isinstance(value, dict):
            copy[key] = {name: change(child) for name, child in value.items()}
        elif key in _LISTS and isinstance(value, list):
            copy[key] = [change(child) for child in value]
        elif key in _ONES:
            copy[key] = change(value)
    return copy


def _parts(schema: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(schema, dict):
        return
    found: list[Any] = []
    _with_children(schema, found.append)
    yield schema
    for child in found:
        yield from _parts(child)

"""JSON Schema lets an object have more properties than it names. Answers get the named ones, unless it says otherwise.

Whatever fits the closed schema fits the one that was sent. OpenAI's strict mode wants the same to be written out.
"""

from collections.abc import Iterator
from typing import Any

_MAPS = ("properties", "patternProperties", "$defs", "definitions")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_ONES = ("items", "additionalProperties")
_SAYS_OTHERWISE = ("additionalProperties", "patternProperties", "unevaluatedProperties")
_SPREADS = ("anyOf", "oneOf", "$ref")


def with_closed_objects(schema: dict[str, Any]) -> dict[str, Any]:
    """A closed copy; the schema itself where one object's properties are spread over several schemas."""
    if any(
        "allOf" in part or ("properties" in part and any(key in part for key in _SPREADS)) for part in _parts(schema)
    ):
        return schema
    return _closed(schema)


def _parts(schema: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(schema, dict):
        return
    yield schema
    for key in _MAPS:
        children = schema.get(key)
        for child in children.values() if isinstance(children, dict) else ():
            yield from _parts(child)
    for key in _LISTS:
        children = schema.get(key)
        for child in children if isinstance(children, list) else ():
            yield from _parts(child)
    for key in _ONES:
        yield from _parts(schema.get(key))


def _closed(schema: Any) -> Any:
    if not isinstance(schema, dict):
        return schema
    copy = dict(schema)
    for key in _MAPS:
        if isinstance(copy.get(key), dict):
            copy[key] = {name: _closed(child) for name, child in copy[key].items()}
    for key in _LISTS:
        if isinstance(copy.get(key), list):
            copy[key] = [_closed(child) for child in copy[key]]
    for key in _ONES:
        if key in copy:
            copy[key] = _closed(copy[key])
    names = copy.get("properties")
    required = copy.get("required", [])
    if any(key in copy for key in _SAYS_OTHERWISE) or not isinstance(names, dict) or not isinstance(required, list):
        return copy
    if all(isinstance(name, str) and name in names for name in required):
        copy["additionalProperties"] = False
    return copy

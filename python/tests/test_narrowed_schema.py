"""What is written for the narrowed schema fits the schema as it was sent."""

from typing import Any

import pytest

from mlx_workers.grammar.narrowed_schema import narrowed

A: dict[str, Any] = {"type": "object", "properties": {"a": {}}}
CLOSED: dict[str, Any] = {**A, "additionalProperties": False}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (A, CLOSED),
        ({**A, "required": ["a"]}, {**CLOSED, "required": ["a"]}),
        ({"items": A}, {"items": CLOSED}),
        ({"anyOf": [A, {"type": "null"}]}, {"anyOf": [CLOSED, {"type": "null"}]}),
        ({"$defs": {"x": A}}, {"$defs": {"x": CLOSED}}),
    ],
)
def test_an_object_has_the_named_properties_alone(schema: dict[str, Any], expected: dict[str, Any]) -> None:
    assert narrowed(schema) == expected


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object"},
        {**A, "additionalProperties": True},
        {**A, "patternProperties": {"^b": {}}},
        {**A, "required": ["b"]},
        {"allOf": [A, {"properties": {"b": {}}}]},
        {**A, "anyOf": [{"properties": {"b": {}}}, {"required": ["a"]}]},
        {"const": A},
        {"enum": [A]},
        {"default": A},
    ],
)
def test_an_object_stays_as_open_as_it_says_or_must_be(schema: dict[str, Any]) -> None:
    assert narrowed(schema) == schema


def test_a_property_may_have_the_name_of_a_keyword() -> None:
    schema = {"type": "object", "properties": {"format": {"format": "email"}, "allOf": {"type": "string"}}}
    result = narrowed(schema)
    assert result["additionalProperties"] is False
    assert set(result["properties"]["format"]) == {"pattern"}

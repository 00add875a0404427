"""Renders a model's own chat template as transformers would, in the same sandbox, without importing transformers.

Templates come with downloaded models and are not trusted: no file, no import, no attribute that reaches Python.
"""

import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import jinja2
import jinja2.ext
import jinja2.nodes
import jinja2.parser
import jinja2.utils
from jinja2.sandbox import ImmutableSandboxedEnvironment

_ASKS_FOR_NONE = re.compile(r"content['\"]?\]?\s+is\s+(not\s+)?none", re.IGNORECASE)


class _Generation(jinja2.ext.Extension):
    """`{% generation %}` marks the assistant's words for training; here its content is simply rendered."""

    tags = {"generation"}  # noqa: RUF012

    def parse(self, parser: jinja2.parser.Parser) -> list[jinja2.nodes.Node]:
        next(parser.stream)
        return list(parser.parse_statements(("name:endgeneration",), drop_needle=True))


class _Namespace(jinja2.utils.Namespace):
    """jinja2's namespace() without underscore names, which could reach Python's internals."""

    def __init__(*arguments: Any, **named: Any) -> None:
        self, positional = arguments[0], arguments[1:]
        attributes = dict(*positional, **named)
        for name in attributes:
            _Namespace._check(name)
        jinja2.utils.Namespace.__init__(self, attributes)

    def __setitem__(self, name: str, value: Any) -> None:
        _Namespace._check(name)
        jinja2.utils.Namespace.__setitem__(self, name, value)

    @staticmethod
    def _check(name: Any) -> None:
        if isinstance(name, str) and name.startswith("_"):
            raise jinja2.exceptions.SecurityError(f"namespace attribute {name!r}")


class _Dictionary:
    """dict() for templates, without the attributes of the real class."""

    def __call__(self, *arguments: Any, **named: Any) -> dict[Any, Any]:
        return dict(*arguments, **named)

    def fromkeys(self, *arguments: Any) -> dict[Any, Any]:
        return dict.fromkeys(*arguments)


def _to_json(
    value: Any, ensure_ascii: bool = False, indent: Any = None, separators: Any = None, sort_keys: bool = False
) -> str:
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def _raise_exception(message: str) -> str:
    raise jinja2.TemplateError(message)


def _strftime_now(form: str) -> str:
    return datetime.now().strftime(form)


class ChatTemplate:
    """One compiled template with the variables that stay the same for a model."""

    def __init__(self, source: str, variables: dict[str, Any]) -> None:
        """Raises jinja2.TemplateError when the source does not compile."""
        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, jinja2.ext.loopcontrols]
        )
        environment.filters["tojson"] = _to_json
        names: dict[str, Any] = environment.globals
        names["raise_exception"] = _raise_exception
        names["strftime_now"] = _strftime_now
        names["dict"] = _Dictionary()
        names["namespace"] = _Namespace
        self._template = environment.from_string(source)
        self._variables = variables
        self._asks_for_none = _ASKS_FOR_NONE.search(source) is not None

    def render(
        self, messages: Sequence[dict[str, Any]], tools: Any = None, options: dict[str, Any] | None = None
    ) -> str:
        """The prompt text, up to where the assistant speaks. A template may raise anything.

        Most templates want the arguments of a call as an object, some as JSON text; they get it after an error.
        """
        given = {**self._variables, **(options or {}), "tools": tools, "documents": None, "add_generation_prompt": True}
        turns = [_without_content(turn) for turn in messages] if self._asks_for_none else messages
        try:
            return self._template.render({**given, "messages": turns})
        except Exception:
            if not any(turn.get("tool_calls") for turn in turns):
                raise
            return self._template.render({**given, "messages": [_with_argument_texts(turn) for turn in turns]})


def _without_content(turn: dict[str, Any]) -> dict[str, Any]:
    """A turn of calls alone has none as its content, where the template looks for that."""
    return {**turn, "content": None} if turn.get("tool_calls") and turn.get("content") == "" else turn


def _with_argument_texts(turn: dict[str, Any]) -> dict[str, Any]:
    calls = turn.get("tool_calls")
    return {**turn, "tool_calls": [_with_argument_text(call) for call in calls]} if calls else turn


def _with_argument_text(call: dict[str, Any]) -> dict[str, Any]:
    arguments = call["function"]["arguments"]
    text = arguments if isinstance(arguments, str) else _to_json(arguments)
    return {**call, "function": {**call["function"], "arguments": text}}

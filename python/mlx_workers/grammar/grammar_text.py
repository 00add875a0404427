"""A constraint to the text of a llguidance grammar; what cannot be held to exactly is refused when that compiles."""

import json
from collections.abc import Mapping
from typing import Any

from llguidance import LLMatcher

from ..generation.failures import RequestError
from ..message_parts import ChoiceForm, Constraint, GbnfForm, JsonSchemaForm, LarkForm, RegexForm, TaggedForm
from .narrowed_schema import narrowed

PARAM = "constraint"
_ANY_TEXT = r"/(.|\n)*/"
# As much white space as models like to write, but no endless run of it; the llama worker's grammars have the same.
_JSON_OPTIONS = {"whitespace_pattern": "( |\n{1,2}[ \t]{0,20})?", "lenient": False, "coerce_one_of": False}

Form = JsonSchemaForm | RegexForm | ChoiceForm | LarkForm | GbnfForm | TaggedForm
Grammars = list[dict[str, Any]]


def grammar_text(constraint: Constraint, special: Mapping[str, int]) -> str:
    """`special` maps the special tokens to their ids. Raises RequestError."""
    grammars = _grammars_of(constraint.form, special)
    if constraint.after is not None:
        first = {"name": "behind", "lark_grammar": f"{_until('head', constraint.after, special)}start: head @form\n"}
        grammars[0]["name"] = "form"
        grammars.insert(0, first)
    return json.dumps({"grammars": grammars})


def _grammars_of(form: Form, special: Mapping[str, int]) -> Grammars:
    match form:
        case JsonSchemaForm():
            return [_json_grammar(form.schema)]
        case RegexForm():
            return json.loads(LLMatcher.grammar_from_regex(form.pattern))["grammars"]
        case ChoiceForm():
            return [{"lark_grammar": "start: " + " | ".join(_literal(choice, {}) for choice in form.choices)}]
        case LarkForm():
            return [{"lark_grammar": form.grammar}]
        case TaggedForm():
            return _tagged(form, special)
        case GbnfForm():
            text = "GBNF grammars are taken by models in GGUF alone; this model takes Lark grammars."
            raise RequestError("invalid_request", text, PARAM)


def _json_grammar(schema_text: str) -> dict[str, Any]:
    try:
        schema = json.loads(schema_text)
    except (ValueError, RecursionError) as cause:
        raise RequestError("invalid_request", "The schema is not JSON.", PARAM) from cause
    if not isinstance(schema, dict):
        raise RequestError("invalid_request", "The schema must be an object.", PARAM)
    return {"json_schema": narrowed(schema) | {"x-guidance": _JSON_OPTIONS}}


def _tagged(form: TaggedForm, special: Mapping[str, int]) -> Grammars:
    """Behind a trigger the first tag lacks it: it was the trigger."""
    trigger = form.trigger or ""
    if not all(tag.begin.startswith(trigger) for tag in form.tags):
        raise RequestError("invalid_request", "Every tag must begin with the trigger.", PARAM)
    values = [_json_grammar(tag.schema) | {"name": f"value{place}"} for place, tag in enumerate(form.tags)]

    def tags(cut: int) -> str:
        return " | ".join(
            f"{_literal(tag.begin[cut:], special)} @value{place} {_literal(tag.end, special)}"
            for place, tag in enumerate(form.tags)
        )

    more = f" ({_literal(form.separator, special)} tag)*" if form.many else ""
    lark = f"tag: {tags(0)}\n"
    if form.trigger is None:
        lark += f"start: tag{more}\n"
    else:
        lark += f"TEXT: {_ANY_TEXT}\n{_until('opened', form.trigger, special)}first: {tags(len(trigger))}\n"
        lark += f"start: TEXT | opened first{more}\n"
    return [{"lark_grammar": lark}, *values]


def _until(rule: str, text: str, special: Mapping[str, int]) -> str:
    """A rule for any text up to the first `text` and with it. A special token begins no text, so it needs no care."""
    if text in special:
        return f"{rule}: {rule.upper()}_TEXT {_literal(text, special)}\n{rule.upper()}_TEXT: {_ANY_TEXT}\n"
    return f"{rule}[lazy]: {rule.upper()}_TEXT {json.dumps(text)}\n{rule.upper()}_TEXT: {_ANY_TEXT}\n"


def _literal(text: str, special: Mapping[str, int]) -> str:
    """Lark for exactly this text, special tokens in it by their ids."""
    parts: list[str] = []
    while text:
        starts = [(text.index(name), -len(name), name) for name in special if name in text]
        place, _, name = min(starts) if starts else (len(text), 0, "")
        if place > 0:
            parts.append(json.dumps(text[:place], ensure_ascii=False))
        if name:
            parts.append(f"<[{special[name]}]>")
        text = text[place + len(name) :]
    return " ".join(parts)

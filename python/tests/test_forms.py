"""Answers that must have a form, from the real worker process with random weights: whatever it writes has the form."""

import json
import re

import pytest
from worker_orders import generate, sampling

from mlx_workers.message_parts import (
    ChoiceForm,
    Constraint,
    GbnfForm,
    JsonSchemaForm,
    LarkForm,
    RegexForm,
    Tag,
    TaggedForm,
)
from worker_client import Worker

PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 8},
        "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "maxItems": 2},
    },
    "required": ["name", "tags"],
}
COLOURS = ["red", "green", "redder"]
HOT = sampling(temperature=1.5, seed=3)

Form = JsonSchemaForm | RegexForm | ChoiceForm | LarkForm | GbnfForm | TaggedForm


def held_to(form: Form, after: str | None = None) -> Constraint:
    """The constraint of this form."""
    return Constraint(form=form, after=after)


def schema(value: object) -> Constraint:
    """The constraint of this JSON Schema."""
    return held_to(JsonSchemaForm(schema=json.dumps(value)))


def test_every_row_of_a_batch_has_its_own_form_and_those_without_one_do_not_notice(worker: Worker) -> None:
    forms = {
        "json": schema(PERSON),
        "regex": held_to(RegexForm(pattern="[a-c]{3}-[0-9]+;")),
        "choice": held_to(ChoiceForm(choices=COLOURS)),
        "lark": held_to(LarkForm(grammar='start: "<" /[xyz]{2,4}/ ">"')),
        "free": None,
    }
    asked = [
        generate(name, [5, 6, 7], how=HOT, max_tokens=200 if form else 24, constraint=form, top_logprobs=1)
        for name, form in forms.items()
    ]
    together = dict(zip(forms, worker.ask(*asked), strict=True))
    person = json.loads(together["json"].text)
    assert set(person) == {"name", "tags"}
    assert len(person["name"]) <= 8
    assert re.fullmatch("[a-c]{3}-[0-9]+;", together["regex"].text)
    assert together["choice"].text in COLOURS
    assert re.fullmatch("<[xyz]{2,4}>", together["lark"].text)
    for name in ("json", "regex", "choice", "lark"):
        assert together[name].end.finish_reason == "stop"
    [alone] = worker.ask(asked[-1])
    assert (alone.tokens, alone.logprobs) == (together["free"].tokens, together["free"].logprobs)
    for request in asked[:-1]:
        [alone] = worker.ask(request)
        assert alone.tokens == together[request.id].tokens


def test_logprobs_stay_those_of_the_model(worker: Worker) -> None:
    form = held_to(ChoiceForm(choices=["~"]))
    free, held = worker.ask(
        generate("free", [5, 6], max_tokens=1, top_logprobs=3),
        generate("held", [5, 6], max_tokens=1, top_logprobs=3, constraint=form),
    )
    assert held.text == "~"
    assert free.text != "~"
    assert held.logprobs[0].top == free.logprobs[0].top
    assert held.logprobs[0].logprob < free.logprobs[0].logprob


@pytest.mark.parametrize("cut", [1, 4, 9])
def test_an_answer_goes_on_in_its_form_where_another_worker_left_it(worker: Worker, cut: int) -> None:
    [whole] = worker.ask(generate("whole", [9, 8], how=HOT, max_tokens=200, constraint=schema(PERSON)))
    before = whole.tokens[:cut]
    rest = generate("rest", [9, 8], how=HOT, max_tokens=200, constraint=schema(PERSON), resume=before)
    [resumed] = worker.ask(rest)
    assert before + resumed.tokens == whole.tokens


def test_max_tokens_cuts_a_form_and_a_stop_string_ends_it(worker: Worker) -> None:
    form = held_to(RegexForm(pattern="[ab]{40}c"))
    cut, stopped = worker.ask(
        generate("cut", [4], max_tokens=5, constraint=form),
        generate("stopped", [4], how=HOT, max_tokens=200, constraint=form, stop=["c", "ba", "ab"]),
    )
    assert cut.end.finish_reason == "length"
    assert re.fullmatch("[ab]+", cut.text)
    assert stopped.end.finish_reason == "stop"
    assert stopped.end.stop_sequence in ("c", "ba", "ab")


def test_a_form_may_begin_behind_a_text(worker: Worker) -> None:
    behind = held_to(ChoiceForm(choices=COLOURS), after="e")
    [answer] = worker.ask(generate("behind", [4, 9], how=HOT, max_tokens=2000, constraint=behind))
    thought, _, colour = answer.text.partition("e")
    assert thought
    assert colour in COLOURS


@pytest.mark.parametrize("trigger", [None, "a"])
@pytest.mark.parametrize("begin", ["a(", "a<|user|>("])
def test_calls_of_tools_have_their_tags(worker: Worker, trigger: str | None, begin: str) -> None:
    tags = [
        Tag(begin=f"{begin}one:", schema='{"type":"integer","minimum":3,"maximum":17}', end=")"),
        Tag(begin=f"{begin}two:", schema='{"enum":["x"]}', end="]"),
    ]
    form = TaggedForm(tags=tags, separator=";", many=True, trigger=trigger)
    [answer] = worker.ask(generate("tags", [4, 9], how=HOT, max_tokens=3000, constraint=held_to(form)))
    text = answer.text if trigger is None else answer.text[answer.text.index("a") :]
    call = rf"{re.escape(begin)}(one:([3-9]|1[0-7])\)|two:\"x\"\])"
    assert re.fullmatch(rf"{call}(;{call})*", text), answer.text


@pytest.mark.parametrize(
    "form",
    [
        JsonSchemaForm(schema="no JSON"),
        JsonSchemaForm(schema='{"type":"hiccup"}'),
        JsonSchemaForm(schema='{"not":{}}'),
        JsonSchemaForm(schema='{"not":{},"x-guidance":{"lenient":true}}'),
        JsonSchemaForm(schema='{"$ref":"http://localhost/x"}'),
        JsonSchemaForm(schema='{"$ref":"#"}'),
        JsonSchemaForm(schema='{"type":"string","pattern":"[.*"}'),
        RegexForm(pattern="(a"),
        LarkForm(grammar="start: nothing"),
        LarkForm(grammar="start: start"),
        GbnfForm(grammar='root ::= "a"'),
        TaggedForm(tags=[Tag(begin="x", schema="{}", end="")], separator="", many=False, trigger="y"),
    ],
)
def test_a_form_that_cannot_be_held_to_is_refused_and_the_worker_goes_on(worker: Worker, form: Form) -> None:
    refused, free = worker.ask(
        generate("refused", [4], constraint=held_to(form)),
        generate("free", [4], max_tokens=2),
    )
    assert refused.error.code == "invalid_request"
    assert refused.error.param == "constraint"
    assert len(refused.error.message) > 20
    assert free.end.finish_reason == "length"


@pytest.mark.parametrize(
    ("schema_text", "place"),
    [
        ('{"properties":{"a":{"items":{"not":{}}}}}', "properties.a.items"),
        ('{"properties":{"a":{"type":"integer"},"b":{"type":"string","maxLength":-1}}}', "properties.b"),
        ('{"anyOf":[{"type":"string"},{"type":"hiccup"}]}', "anyOf.1"),
        ('{"properties":{"not":{"type":"string","format":"phone"}}}', "properties.not"),
        ('{"$defs":{"x":{"pattern":"a(?=b)"}},"$ref":"#/$defs/x"}', "$defs.x"),
        ('{"items":{"oneOf":[{"type":"string"},{"type":"string","maxLength":3}]}}', "items"),
    ],
)
def test_a_refused_schema_says_where_it_is_at_fault_also_among_tags(
    worker: Worker, schema_text: str, place: str
) -> None:
    tags = [Tag(begin="x", schema="{}", end=""), Tag(begin="y", schema=schema_text, end="")]
    tagged = TaggedForm(tags=tags, separator="", many=False, trigger=None)
    alone, among = worker.ask(
        generate("alone", [4], constraint=held_to(JsonSchemaForm(schema=schema_text))),
        generate("among", [4], constraint=held_to(tagged)),
    )
    assert f"(at {place})" in alone.error.message
    assert f"(at {place})" in among.error.message
    assert among.error.param == "constraint.form.tags[1]"

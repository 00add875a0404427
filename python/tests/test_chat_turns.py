"""Tools, calls and thinking on their way into a chat template."""

import pytest

from mlx_workers.generation.failures import RequestError
from mlx_workers.message_parts import ChatInput, ChatMessage, ToolCall
from mlx_workers.tokenization.chat_template import ChatTemplate
from mlx_workers.tokenization.chat_turns import options_of, tools_of, turn_of

CALLS = [ToolCall(id="c", name="now", arguments='{"zone": "é"}')]


def test_a_turn_has_the_names_that_templates_know():
    message = ChatMessage(role="assistant", content="", tool_calls=CALLS, reasoning="Hm.")
    assert turn_of(message, "") == {
        "role": "assistant",
        "content": "",
        "reasoning_content": "Hm.",
        "tool_calls": [{"id": "c", "type": "function", "function": {"name": "now", "arguments": {"zone": "é"}}}],
    }
    assert turn_of(ChatMessage(role="tool", content="5", tool_call_id="c"), "5") == {
        "role": "tool",
        "content": "5",
        "tool_call_id": "c",
    }


@pytest.mark.parametrize("text", ['{"a": ', "[1]", "null", "[" * 100_000])
def test_arguments_that_are_no_object_are_shown_as_they_were_written(text: str):
    calls = [ToolCall(id="c", name="now", arguments=text)]
    turn = turn_of(ChatMessage(role="assistant", content="", tool_calls=calls), "")
    assert turn["tool_calls"][0]["function"]["arguments"] == text


def test_tools_and_options_are_json_or_refused():
    chat = ChatInput(messages=[], tools='[{"a": 1}]', template_options='{"enable_thinking": false}')
    assert tools_of(chat) == [{"a": 1}]
    assert options_of(chat) == {"enable_thinking": False}
    assert tools_of(ChatInput(messages=[])) is None
    assert options_of(ChatInput(messages=[])) == {}
    for text in ("{", "{}"):
        with pytest.raises(RequestError):
            tools_of(ChatInput(messages=[], tools=text))
    with pytest.raises(RequestError):
        options_of(ChatInput(messages=[], template_options="[]"))


def test_a_template_sees_tools_and_options_in_front_of_its_own_variables():
    template = ChatTemplate("{{ tools[0].name }} {{ enable_thinking }}", {"enable_thinking": True})
    assert template.render([], [{"name": "now"}], {"enable_thinking": False}) == "now False"
    assert template.render([], [{"name": "now"}]) == "now True"


def test_arguments_are_an_object_and_text_for_a_template_that_joins_texts():
    turn = turn_of(ChatMessage(role="assistant", content="", tool_calls=CALLS), "")
    shown = "{% for call in messages[0].tool_calls %}{{ call.function.arguments.zone }}{% endfor %}"
    assert ChatTemplate(shown, {}).render([turn]) == "é"
    joined = "{{ '<' + messages[0].tool_calls[0].function.arguments + '>' }}"
    assert ChatTemplate(joined, {}).render([turn]) == '<{"zone": "é"}>'


def test_a_turn_of_calls_alone_has_no_content_where_the_template_looks_for_that():
    turn = turn_of(ChatMessage(role="assistant", content="", tool_calls=CALLS), "")
    asks = "{% if messages[0]['content'] is none %}none{% else %}text{% endif %}"
    assert ChatTemplate(asks, {}).render([turn]) == "none"
    assert ChatTemplate("[{{ messages[0].content }}]", {}).render([turn]) == "[]"

"""The official Python client of Anthropic, unmodified: whole, streamed, stopped and refused answers, as JSON."""

import json
import sys

import anthropic

base_url, model = sys.argv[1:3]
client = anthropic.Anthropic(base_url=base_url, api_key="none", max_retries=0)
question: list[anthropic.types.MessageParam] = [{"role": "user", "content": "What is the capital of France?"}]


greedy = {"temperature": 0}  # The client has no name for it any longer.


def text_of(message: anthropic.types.Message) -> str:
    """All text blocks."""
    return "".join(block.text for block in message.content if block.type == "text")


whole = client.messages.create(model=model, max_tokens=32, messages=question, extra_body=greedy)
with client.messages.stream(model=model, max_tokens=32, messages=question, extra_body=greedy) as stream:
    streamed = "".join(stream.text_stream)
    final = stream.get_final_message()
stopped = client.messages.create(
    model=model, max_tokens=32, messages=question, extra_body=greedy, stop_sequences=[" France"]
)
count = client.messages.count_tokens(model=model, messages=question)
try:
    client.messages.create(model="no/model", max_tokens=1, messages=question)
    refused = "no"
except anthropic.NotFoundError as error:
    refused = str(error.type)
city = {"type": "string", "enum": ["Paris", "London"]}
schema = {"type": "object", "properties": {"city": city}, "required": ["city"], "additionalProperties": False}
called = client.messages.create(
    model=model,
    max_tokens=60,
    messages=question,
    extra_body=greedy,
    tools=[{"name": "get_weather", "description": "Tells the weather in a city", "input_schema": schema}],
    tool_choice={"type": "tool", "name": "get_weather"},
)
call = next(block for block in called.content if block.type == "tool_use")
formed = client.messages.create(
    model=model,
    max_tokens=32,
    messages=question,
    extra_body=greedy | {"output_config": {"format": {"type": "json_schema", "schema": schema}}},
)
report = {
    "call": [called.stop_reason, call.name, call.input],
    "formed": json.loads(text_of(formed)),
    "whole": text_of(whole),
    "streamed": streamed,
    "final": text_of(final),
    "stopped": text_of(stopped),
    "stop": [stopped.stop_reason, stopped.stop_sequence],
    "count": count.input_tokens,
    "used": whole.usage.input_tokens + (whole.usage.cache_read_input_tokens or 0),
    "refused": refused,
}
print(json.dumps(report))

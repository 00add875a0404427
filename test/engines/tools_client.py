"""The official Python client, unmodified: a forced call, streamed and whole, and an answer to its result, as JSON."""

import json
import sys

from openai import OpenAI

base_url, model = sys.argv[1:3]
client = OpenAI(base_url=base_url, api_key="none")
city = {"type": "string", "enum": ["Paris", "London"]}
parameters = {"type": "object", "properties": {"city": city}, "required": ["city"], "additionalProperties": False}
tools = [{"type": "function", "function": {"name": "get_weather", "parameters": parameters, "strict": True}}]
messages = [{"role": "user", "content": "What is the weather in Paris?"}]
asked = {"model": model, "tools": tools, "tool_choice": "required", "parallel_tool_calls": False, "temperature": 0}

whole = client.chat.completions.create(messages=messages, **asked).choices[0]
with client.chat.completions.stream(messages=messages, **asked) as stream:
    streamed = stream.get_final_completion().choices[0]
call = whole.message.tool_calls[0]
messages += [whole.message, {"role": "tool", "tool_call_id": call.id, "content": "Sunny, 20 degrees"}]
answer = client.chat.completions.create(model=model, messages=messages, tools=tools, tool_choice="none", max_tokens=8)
print(
    json.dumps(
        {
            "name": call.function.name,
            "arguments": json.loads(call.function.arguments),
            "finish": whole.finish_reason,
            "streamed": json.loads(streamed.message.tool_calls[0].function.arguments),
            "answer": answer.choices[0].message.content,
        }
    )
)

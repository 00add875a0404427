"""The official Python client, unmodified: one whole and one streamed answer, printed as JSON."""

import json
import sys

from openai import OpenAI

base_url, model = sys.argv[1:3]
client = OpenAI(base_url=base_url, api_key="none")
messages = [{"role": "user", "content": "What is the capital of France?"}]

whole = client.chat.completions.create(model=model, messages=messages)
stream = client.chat.completions.create(model=model, messages=messages, stream=True)
streamed = "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
print(json.dumps({"whole": whole.choices[0].message.content, "streamed": streamed}))

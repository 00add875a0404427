"""The official Python client of OpenAI, unmodified: responses whole, streamed, gone on from and kept, as JSON."""

import json
import sys

from openai import OpenAI

base_url, model = sys.argv[1:3]
client = OpenAI(base_url=base_url, api_key="none", max_retries=0)
question = "What is the capital of France?"

whole = client.responses.create(model=model, input=question, temperature=0)
with client.responses.stream(model=model, input=question, temperature=0) as stream:
    streamed = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
    final = stream.get_final_response()
next_one = client.responses.create(
    model=model, input="And of Spain?", previous_response_id=whole.id, temperature=0, max_output_tokens=16
)
asked = client.responses.input_items.list(whole.id)
client.responses.delete(final.id)
report = {
    "whole": whole.output_text,
    "streamed": streamed,
    "final": final.output_text,
    "kept": client.responses.retrieve(whole.id).output_text,
    "longer": (next_one.usage.input_tokens if next_one.usage else 0) > (whole.usage.input_tokens if whole.usage else 0),
    "asked": [item.type for item in asked],
}
print(json.dumps(report))

"""The official Python client, unmodified: a case a line in, its outcome a line out; "first" at the first chunk."""

import json
import sys
from typing import Any

import openai


def run(case: dict[str, Any]) -> dict[str, Any]:
    """Asks once with the client's own retries; the text, and the error that the client raised behind it, if any."""
    client = openai.OpenAI(base_url=case["baseUrl"], api_key=case["key"])
    text = ""
    try:
        answer = client.chat.completions.create(
            model=case["model"],
            messages=[{"role": "user", "content": case["content"]}],
            stream=case["stream"],
            extra_headers={"x-request-id": case["id"]},
        )
        if not case["stream"]:
            return {"text": answer.choices[0].message.content, "error": None}
        for chunk in answer:
            if text == "":
                print(json.dumps("first"), flush=True)
            text += (chunk.choices[0].delta.content or "") if chunk.choices else ""
    except Exception as error:
        return {
            "text": text,
            "error": {
                "isApiError": isinstance(error, openai.APIError),
                "status": getattr(error, "status_code", None),
                "code": getattr(error, "code", None),
            },
        }
    return {"text": text, "error": None}


for line in sys.stdin:
    print(json.dumps(run(json.loads(line))), flush=True)

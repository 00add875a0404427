"""mlx-lm driven without a server: `python -m bench_models.in_process MODEL_FOLDER STREAMS`.

Says `ready` once the model is loaded. Then each input line `{"prompts": [text or token ids, …], "maxTokens": n}` is one
run, greedy, all prompts at once; each output line lists `{"firstTokenMs", "lastTokenMs", "tokens"}` of every prompt in
milliseconds since the run began. One prompt goes through `stream_generate`, more through `BatchGenerator`, both with
mlx-lm's own defaults.
"""

import json
import sys
import time
from typing import Any

import mlx.core as mx
from mlx_lm import load, stream_generate
from mlx_lm.generate import BatchGenerator

Stream = dict[str, float]


def _add_token(stream: Stream, began: float) -> None:
    now = (time.perf_counter() - began) * 1000
    if stream["tokens"] == 0:
        stream["firstTokenMs"] = now
    stream["lastTokenMs"] = now
    stream["tokens"] += 1


def _new_stream() -> Stream:
    return {"firstTokenMs": 0, "lastTokenMs": 0, "tokens": 0}


def run_one(model: Any, tokenizer: Any, prompt: list[int], max_tokens: int) -> list[Stream]:
    """One stream through mlx-lm's single-stream road."""
    stream = _new_stream()
    began = time.perf_counter()
    for _ in stream_generate(model, tokenizer, prompt, max_tokens=max_tokens):
        _add_token(stream, began)
    return [stream]


def run_batch(model: Any, prompts: list[list[int]], max_tokens: int) -> list[Stream]:
    """All prompts in one batch, which starts out with all of them."""
    began = time.perf_counter()
    generator = BatchGenerator(model, max_tokens=max_tokens)
    streams = {uid: _new_stream() for uid in generator.insert(prompts)}
    running = set(streams)
    while running:
        for response in generator.next_generated():
            _add_token(streams[response.uid], began)
            if response.finish_reason is not None:
                running.discard(response.uid)
    generator.close()
    return list(streams.values())


def main() -> None:
    """Loads the model and answers run after run until the input ends."""
    model, tokenizer, *_ = load(sys.argv[1])
    if not mx.metal.is_available():
        model.set_dtype(mx.float32)  # As the worker does: half precision is emulated on a CPU.
    mx.eval(model.parameters())
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        prompts = [tokenizer.encode(prompt) if isinstance(prompt, str) else list(prompt) for prompt in order["prompts"]]
        if len(prompts) == 1:
            streams = run_one(model, tokenizer, prompts[0], order["maxTokens"])
        else:
            streams = run_batch(model, prompts, order["maxTokens"])
        print(json.dumps(streams), flush=True)


if __name__ == "__main__":
    main()

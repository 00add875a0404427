"""Whether this worker's way through a network gives what the model's own way gives, tried once at load.

Own way: the processor on the whole prompt, all embeddings at once, one call. Ours: piece by piece, in chunks, and in
a batch beside another row. Hundreds of architectures cannot be told apart by name; what they compute can.
"""

import dataclasses
from typing import Any

import mlx.core as mx
from PIL import Image

from ..generation.batch import can_merge
from ..generation.model import LoadedModel
from ..generation.sequence import Sequence
from ..message import Generate
from ..message_parts import GREEDY, ChatInput, ChatMessage, TextInput, TextPart
from .eyes import sample_image
from .library import caches, utils
from .network import VisionNetwork, forget_prompt
from .prompt import VisionPromptReader

_TEXT = "What is in this picture?"
_BOUND_FLOAT32 = 0.001
_BOUND_HALF = 0.1
_ROOM = 1 << 20
"""Tokens: however short a context was asked for, the trial fits."""


class DiffersError(Exception):
    """Our way and the model's own give different answers."""


def try_out(network: VisionNetwork, model: LoadedModel, source: Any, processor: Any, *, with_image: bool) -> None:
    """`source` is mlx-vlm's model. Raises DiffersError, or what the model raises."""
    model = dataclasses.replace(model, context_length=_ROOM)
    chunk = model.prefill_tokens if network.shares_batches else _ROOM
    asked = _sequence(_with_image() if with_image else TextInput(_TEXT), model)
    expected = _own_way(source, *_own_inputs(processor, model, asked, with_image=with_image))
    cache = _prefilled(network, asked, chunk)
    if network.shares_batches and can_merge(cache):
        other = _sequence(TextInput(f"{_TEXT} {_TEXT}"), model)
        other_cache = _prefilled(network, other, chunk)
        merged = [first.merge([first, second]) for first, second in zip(cache, other_cache, strict=True)]
        inputs = mx.array([asked.tokens[-1], other.tokens[-1]])
        together = network.decode(inputs, [asked, other], merged)
        _compare(network.decode(inputs[1:], [other], other_cache), together[1:])
        _compare(expected, together[:1])
    _compare(expected, network.decode(mx.array(asked.tokens[-1:]), [asked], cache))


def _with_image() -> ChatInput:
    return ChatInput([ChatMessage(role="user", content=[sample_image(), TextPart(text=_TEXT)])])


def _sequence(content: ChatInput | TextInput, model: LoadedModel) -> Sequence:
    request = Generate(
        id="trial",
        input=content,
        sampling=GREEDY,
        stop=[],
        max_tokens=1,
        top_logprobs=None,
        resume=[],
        constraint=None,
    )
    return Sequence(request, model)


def _prefilled(network: VisionNetwork, sequence: Sequence, chunk: int) -> list[Any]:
    """A cache that holds all of the prompt but its last token, filled as the engine would."""
    cache = sequence.cache = network.make_cache()
    while sequence.to_prefill > 0:
        count = min(chunk, sequence.to_prefill)
        while network.prepare(sequence, count):
            pass
        network.prefill(sequence, count)
        mx.eval([part.state for part in cache])
        sequence.held += count
    return cache


def _own_inputs(
    processor: Any, model: LoadedModel, asked: Sequence, *, with_image: bool
) -> tuple[mx.array, Any, dict[str, Any]]:
    """Ids, pixels and the rest, as the processor gives them for the whole prompt at once."""
    ids = mx.array([asked.tokens])
    reader = model.read_prompt
    if not with_image or not isinstance(reader, VisionPromptReader) or reader.chat is None or reader.eyes is None:
        return ids, None, {}
    image = sample_image()
    picture = Image.frombytes("RGB", (image.width, image.height), image.pixels)
    text = "".join(reader.chat.render(_with_image().messages))
    inputs = utils.prepare_inputs(processor, images=[picture], prompts=[text], add_special_tokens=False)
    own: list[int] = inputs.pop("input_ids").flatten().tolist()
    if own not in (asked.tokens, [reader.eyes.reader.start_id, *asked.tokens]):
        raise DiffersError("its processor writes a prompt otherwise")
    inputs.pop("attention_mask", None)
    return ids, inputs.pop("pixel_values", None), inputs


def _own_way(source: Any, ids: mx.array, pixels: Any, more: dict[str, Any]) -> mx.array:
    """Logits [1, V] behind the prompt, as mlx-vlm's own generation computes them."""
    language = source.language_model
    forget_prompt(language)
    features = source.get_input_embeddings(ids, pixels, mask=mx.ones_like(ids), **more).to_dict()
    given = {name: value for name, value in features.items() if value is not None}
    return language(ids, cache=caches.make_prompt_cache(language), **(more | given)).logits[:, -1, :]


def _compare(expected: mx.array, found: mx.array) -> None:
    """By the logits, as a part of how far they are from their mean; what rounding does depends on their width."""
    bound = _BOUND_FLOAT32 if expected.dtype == mx.float32 else _BOUND_HALF
    first, second = expected.astype(mx.float32), found.astype(mx.float32)
    difference = float(mx.linalg.norm(first - second) / mx.linalg.norm(first - mx.mean(first)))
    if not difference <= bound:
        raise DiffersError(f"its logits differ by {difference:.4f}")

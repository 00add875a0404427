"""Small random models of four architectures: what the worker answers is what mlx-vlm itself answers, in any company."""

import dataclasses
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlx.core as mx
import pytest
from conftest import PLENTY_OF_BYTES
from PIL import Image
from tiny_vision import END, MODELS, write_vision_model
from worker_orders import chat, generate, sampling

from mlx_workers.generation.model import LoadedModel
from mlx_workers.generation.tuning import Tuning
from mlx_workers.message import Ready
from mlx_workers.message_parts import ChatInput, ChatMessage, ImagePart, Sampling, TextPart
from mlx_workers.vision import load
from mlx_workers.vision.library import caches, utils
from mlx_workers.vision.network import LoneNetwork, VisionNetwork, forget_prompt
from mlx_workers.vision.prompt import VisionPromptReader
from mlx_workers.vision.trial import DiffersError, try_out
from worker_client import Worker


def picture(seed: int, width: int = 70, height: int = 56) -> ImagePart:
    pixels = bytes((place * (seed + 3) + (place >> 5) * seed) % 256 for place in range(width * height * 3))
    return ImagePart(width=width, height=height, pixels=memoryview(pixels))


def turns(*contents: str | list[str | ImagePart]) -> ChatInput:
    """User and assistant by turns."""
    return ChatInput(
        [
            ChatMessage(
                role=("user", "assistant")[place % 2],
                content=content
                if isinstance(content, str)
                else [TextPart(text=part) if isinstance(part, str) else part for part in content],
            )
            for place, content in enumerate(contents)
        ]
    )


FIRST, SECOND = picture(5), picture(9, 56, 84)
TALK = turns(["what is ", FIRST, " and ", SECOND, "?"], "who knows", ["and this? ", FIRST])


@pytest.fixture(scope="module", params=MODELS)
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_vision_model(tmp_path_factory.mktemp("vision") / request.param, request.param)


@pytest.fixture(scope="module")
def plain(model: Path) -> Iterator[Worker]:
    with Worker(module="mlx_workers.vision") as worker:
        ready = worker.load(model)
        assert isinstance(ready, Ready)
        assert (ready.engine, ready.sequences) == ("mlx-vision", 32)
        yield worker


@pytest.fixture(scope="module")
def keeping(model: Path) -> Iterator[Worker]:
    with Worker(module="mlx_workers.vision") as worker:
        assert isinstance(worker.load(model, prompt_cache_bytes=PLENTY_OF_BYTES), Ready)
        yield worker


def how(seed: int) -> Sampling:
    return sampling(temperature=0.8, seed=seed, logit_bias=[(END, -100.0)])


def own_answer(folder: Path, text: str, images: list[ImagePart], count: int) -> list[int]:
    """Greedy tokens by mlx-vlm's own steps, as in its generate_step: everything at once, then one by one."""
    mx.disable_compile()
    network = utils.load_model(folder)
    processor = utils.load_processor(folder, False)
    pictures = [Image.frombytes("RGB", (one.width, one.height), one.pixels) for one in images]
    inputs = utils.prepare_inputs(processor, images=pictures, prompts=[text], add_special_tokens=False)
    ids, pixels, mask = (inputs.pop(name) for name in ("input_ids", "pixel_values", "attention_mask"))
    forget_prompt(network.language_model)
    features = network.get_input_embeddings(ids, pixels, mask=mask, **inputs).to_dict()
    given = inputs | {name: value for name, value in features.items() if value is not None}
    cache = caches.make_prompt_cache(network.language_model)
    logits = network.language_model(ids, cache=cache, **given).logits[:, -1, :]
    tokens: list[int] = []
    while len(tokens) < count:
        token = int(mx.argmax(logits, axis=-1).item())  # pyright: ignore[reportArgumentType]
        tokens.append(token)
        logits = network.language_model(mx.array([[token]]), cache=cache).logits[:, -1, :]
    return tokens


def test_an_answer_is_the_librarys_own(model: Path, plain: Worker):
    reader = load.load_model(str(model), None, Tuning()).read_prompt
    assert isinstance(reader, VisionPromptReader)
    assert reader.chat is not None
    (text,) = reader.chat.render(TALK.messages)
    expected = own_answer(model, text, [FIRST, SECOND, FIRST], 12)
    (answer,) = plain.ask(generate("own", TALK, max_tokens=12))
    until_end = expected[: expected.index(END)] if END in expected else expected
    assert answer.tokens == until_end


def test_together_and_alone_give_the_same(plain: Worker):
    talks: list[str | list[int] | ChatInput] = [
        TALK,
        turns([FIRST, "?"]),
        "plain text",
        turns("no picture"),
        turns([SECOND, FIRST]),
        [20, 30, 40],
    ]
    requests = [generate(f"r{place}", talk, how=how(place), max_tokens=20) for place, talk in enumerate(talks)]
    together = [answer.tokens for answer in plain.ask(*requests)]
    assert together == [plain.ask(request)[0].tokens for request in requests]


def test_a_resumed_answer_goes_on_as_the_undisturbed_one(plain: Worker):
    whole_request = generate("whole", TALK, how=how(4), max_tokens=40)
    (whole,) = plain.ask(whole_request)
    for cut in (1, 6, 39):
        request = generate("resumed", TALK, how=how(4), max_tokens=40, resume=whole.tokens[:cut])
        assert plain.ask(request)[0].tokens == whole.tokens[cut:]


def test_the_next_turn_goes_on_from_the_kept_one_and_another_picture_does_not(
    model: Path, keeping: Worker, plain: Worker
):
    keeping.ask(generate("first", turns(["what is ", FIRST]), max_tokens=4))
    answers: dict[str, tuple[int, int]] = {}
    for name, shown in (("same", FIRST), ("other", picture(6))):
        request = generate(name, turns(["what is ", shown], "well", "sure?"), how=how(3))
        (kept,), (fresh,) = keeping.ask(request), plain.ask(request)
        assert kept.tokens == fresh.tokens
        answers[name] = (kept.end.usage.cached_tokens, kept.end.usage.prompt_tokens)
    assert answers["same"][1] == answers["other"][1]
    cannot_be_cut_back = model.name == "gemma3"  # A full sliding window has forgotten its beginning.
    begin = len("<|start|>user\nwhat is ")
    assert answers["same"][0] > begin or cannot_be_cut_back
    assert answers["other"][0] < begin


def _loaded_with(folder: Path, kind: type[VisionNetwork]) -> tuple[LoadedModel, Any, Any]:
    """The model as it would be run by another network."""
    model = load.load_model(str(folder), None, Tuning())
    network = model.network
    assert isinstance(network, VisionNetwork)
    assert isinstance(model.read_prompt, VisionPromptReader)
    other = kind(network.source)
    reader = dataclasses.replace(model.read_prompt, positions_of=other.positions_of)
    chunk = model.prefill_tokens if other.shares_batches else model.context_length
    changed = dataclasses.replace(model, network=other, read_prompt=reader, prefill_tokens=chunk)
    return changed, network.source, utils.load_processor(folder, False)


def test_one_at_a_time_is_right_as_well(model: Path):
    changed, source, processor = _loaded_with(model, LoneNetwork)
    assert isinstance(changed.network, LoneNetwork)
    for with_image in (False, True, False):
        try_out(changed.network, changed, source, processor, with_image=with_image)


def test_a_network_that_fails_its_trial_runs_one_sequence_at_a_time_with_the_same_answers(model: Path, plain: Worker):
    talks = [TALK, turns([SECOND, "?"]), turns("x")]
    requests = [generate(f"l{place}", talk, how=how(place), max_tokens=8) for place, talk in enumerate(talks)]
    requests.append(generate("resumed", TALK, how=how(0), max_tokens=8, resume=plain.ask(requests[0])[0].tokens[:3]))
    with Worker(module="tests.lone_worker") as lone:
        ready = lone.load(model, prompt_cache_bytes=PLENTY_OF_BYTES)
        assert isinstance(ready, Ready)
        assert ready.sequences == 1
        answers = lone.ask(*requests)
    assert [answer.tokens for answer in answers] == [answer.tokens for answer in plain.ask(*requests)]
    assert all(answer.end.usage.cached_tokens == 0 for answer in answers)


class _Displaced(VisionNetwork):
    """Every token one place further than it is, behind the images."""

    def positions_of(self, ids: list[int], images: list[Any]) -> Any:
        known = super().positions_of(ids, images)
        return None if known is None else known._replace(ahead=known.ahead + 7)


class _Shuffled(VisionNetwork):
    """Embeddings of images in a wrong order."""

    def _pieces(self, sequence: Any, start: int, end: int) -> Any:
        return [
            piece._replace(source=dataclasses.replace(piece.source, embeddings=piece.source.embeddings[:, ::-1]))
            for piece in super()._pieces(sequence, start, end)
        ]


def _fails_its_trial(folder: Path, kind: type[VisionNetwork]) -> None:
    changed, source, processor = _loaded_with(folder, kind)
    assert isinstance(changed.network, kind)
    with pytest.raises(DiffersError):
        try_out(changed.network, changed, source, processor, with_image=True)


def test_the_trial_notices_images_that_are_fed_wrongly(model: Path):
    _fails_its_trial(model, _Shuffled)


@pytest.mark.parametrize("kind", ["qwen2_5_vl", "qwen3_vl"])
def test_the_trial_notices_positions_that_are_off(tmp_path: Path, kind: str):
    _fails_its_trial(write_vision_model(tmp_path / kind, kind), _Displaced)


@pytest.mark.parametrize("prompt", ["<|image_pad|><start_of_image><image>", [4, 6, 8, 9]])
def test_a_place_for_an_image_without_an_image_is_refused(plain: Worker, prompt: str | list[int]):
    (answer,) = plain.ask(generate("stray", prompt))
    assert (answer.error.code, answer.error.param) == ("invalid_request", "prompt")


def test_what_a_client_writes_never_becomes_a_place_for_an_image(plain: Worker):
    (spelled,) = plain.ask(generate("s", chat(("user", "<|image_pad|><start_of_image><image><image_soft_token>"))))
    assert spelled.end.finish_reason in ("stop", "length")
    request = generate("t", turns(["<image><|image_pad|><start_of_image>", FIRST, "<image>"]))
    assert plain.ask(request)[0].end.usage.prompt_tokens > 50


@pytest.mark.parametrize("package", ["cv2", "datasets", "fastapi", "mlx_audio", "torch", "uvicorn"])
def test_all_this_works_without_the_packages_that_are_left_out(package: str):
    assert importlib.util.find_spec(package) is None

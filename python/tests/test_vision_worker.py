"""The mlx-vision worker with shapes-vlm: it sees what is there, in order, and remembers what it has seen."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import PLENTY_OF_BYTES, ROOT
from PIL import Image
from shapes_accuracy import part, question, right_on_one, right_on_two
from shapes_render import draw, swapped_channels
from tiny_vision import write_vision_model
from worker_orders import chat, generate

from mlx_workers.generation.sequence import Sequence
from mlx_workers.generation.tuning import Tuning
from mlx_workers.message import Error, PrefillProgress, Ready
from mlx_workers.message_parts import ChatInput, ChatMessage, ImagePart, TextPart
from mlx_workers.vision import load
from mlx_workers.vision.network import VisionNetwork
from worker_client import Worker

SHAPES_VLM = ROOT / "models/shapes-vlm"
SAMPLES = ROOT / "test/fixtures/shapes-vlm"
SEED = 20261123
TELLING = ["red", "blue", "yellow", "orange"]
"""Colours that are others with their channels swapped."""

RED_CIRCLE = draw("circle")
BLUE_SQUARE = draw("square", fill=(0, 0, 255))


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with Worker(module="mlx_workers.vision") as one:
        assert isinstance(one.load(SHAPES_VLM), Ready)
        yield one


@pytest.fixture(scope="module")
def keeping() -> Iterator[Worker]:
    with Worker(module="mlx_workers.vision") as one:
        assert isinstance(one.load(SHAPES_VLM, prompt_cache_bytes=PLENTY_OF_BYTES), Ready)
        yield one


def test_it_is_right_on_fresh_pictures(worker: Worker):
    right = right_on_one(worker, 40, SEED, change=lambda image: image)
    assert sum(right) >= 0.95 * len(right)


def test_it_names_two_pictures_in_their_order(worker: Worker):
    right = right_on_two(worker, 20, SEED)
    assert sum(right) >= 0.9 * len(right)


def test_the_check_would_notice_swapped_channels(worker: Worker):
    picture = draw("circle", fill=(0, 0, 255))
    asked = (question(str(swap), "What color is it?", swap(picture)) for swap in (Image.Image.copy, swapped_channels))
    assert [answer.text for answer in worker.ask(*asked)] == ["blue", "red"]
    assert sum(right_on_one(worker, 8, SEED, change=swapped_channels, colours=TELLING)) <= 1


@pytest.mark.parametrize(
    "kind", sorted({sample["kind"] for sample in json.loads((SAMPLES / "samples.json").read_text())})
)
def test_the_samples_are_answered_as_expected(worker: Worker, kind: str):
    for sample in json.loads((SAMPLES / "samples.json").read_text()):
        if sample["kind"] == kind:
            images = [Image.open(SAMPLES / name).convert("RGB") for name in sample["images"]]
            (answer,) = worker.ask(question("sample", sample["prompt"], *images, max_tokens=60))
            assert answer.text == sample["expected"], sample


def test_image_tokens_are_counted(worker: Worker):
    with_image, without = worker.ask(
        question("with", "What is in the image?", RED_CIRCLE), question("without", "What is in the image?")
    )
    assert with_image.end.usage.prompt_tokens == without.end.usage.prompt_tokens + 19


def test_images_that_do_not_fit_the_context_are_refused():
    with Worker(module="mlx_workers.vision") as narrow:
        assert isinstance(narrow.load(SHAPES_VLM, context_length=40), Ready)
        fits, too_many = narrow.ask(
            question("fits", "What color is it?", RED_CIRCLE, max_tokens=2),
            question("many", "What color is it?", RED_CIRCLE, BLUE_SQUARE, max_tokens=2),
        )
        assert fits.text == "red"
        assert (too_many.error.code, too_many.error.param) == ("context_length_exceeded", "messages")


def test_a_context_shorter_than_a_picture_still_serves_text():
    with Worker(module="mlx_workers.vision") as narrow:
        assert isinstance(narrow.load(SHAPES_VLM, context_length=16), Ready)
        text, picture = narrow.ask(
            generate("text", chat(("user", "hello")), max_tokens=3),
            question("picture", "What color is it?", RED_CIRCLE, max_tokens=2),
        )
        assert text.text == "hello"
        assert picture.error.code == "context_length_exceeded"


def turn(role: str, *parts: str | Image.Image) -> ChatMessage:
    given: list[TextPart | ImagePart] = [TextPart(text=one) if isinstance(one, str) else part(one) for one in parts]
    return ChatMessage(role=role, content=given)


def test_a_later_turn_remembers_the_picture_and_prefills_only_what_is_new(keeping: Worker):
    first = [turn("user", RED_CIRCLE, "What is in the image?")]
    (one,) = keeping.ask(generate("one", ChatInput(first)))
    both = [*first, turn("assistant", one.text), turn("user", BLUE_SQUARE, "What is in the image?")]
    (two,) = keeping.ask(generate("two", ChatInput(both)))
    assert (one.text, two.text) == ("a red circle", "a blue square")
    assert two.end.usage.cached_tokens >= one.end.usage.prompt_tokens


def test_the_same_words_with_another_picture_are_another_prompt(keeping: Worker):
    first, second = (
        question(name, "What color is it?", image) for name, image in (("r", RED_CIRCLE), ("b", BLUE_SQUARE))
    )
    assert keeping.ask(first)[0].text == "red"
    (answer,) = keeping.ask(second)
    assert answer.text == "blue"
    assert answer.end.usage.cached_tokens < 19


def test_a_picture_seen_before_is_not_encoded_again():
    model = load.load_model(str(SHAPES_VLM), None, Tuning())
    network = model.network
    assert isinstance(network, VisionNetwork)

    def pieces_of_work(*images: Image.Image) -> int:
        sequence = Sequence(question("one", "What is it?", *images), model)
        count = 0
        while network.prepare(sequence, sequence.to_prefill):
            count += 1
        return count

    assert pieces_of_work(RED_CIRCLE, BLUE_SQUARE, RED_CIRCLE) == 2
    assert pieces_of_work(BLUE_SQUARE, RED_CIRCLE) == 0
    assert pieces_of_work(RED_CIRCLE.resize((100, 100))) == 1


def test_a_cancelled_request_with_many_pictures_ends_while_they_are_read(worker: Worker):
    pictures = [draw("circle", (64, 64 + place)) for place in range(90)]
    worker.send(question("many", "What is in the images?", *pictures))
    worker.receive_until(lambda message: isinstance(message, PrefillProgress) and message.id == "many")
    worker.cancel("many")
    answer = worker.wait("many")
    assert answer.end.finish_reason == "cancelled"
    assert answer.progress[-1].processed < answer.progress[-1].total


def test_a_model_whose_template_has_no_place_for_images_refuses_them_and_serves_text(tmp_path: Path):
    folder = write_vision_model(
        tmp_path / "m", "smolvlm", chat_template="{{ messages[0]['content'] | upper | length }}"
    )
    with Worker(module="mlx_workers.vision") as worker:
        assert isinstance(worker.load(folder), Ready)
        (answer,) = worker.ask(question("image", "x", RED_CIRCLE))
        assert (answer.error.code, answer.error.param) == ("model_unsupported", "messages")
        assert worker.ask(generate("text", chat(("user", "x"))))[0].end.finish_reason in ("stop", "length")


def test_a_model_without_a_processor_that_works_refuses_images_and_serves_text(tmp_path: Path):
    folder = write_vision_model(tmp_path / "m", "gemma3")
    (folder / "preprocessor_config.json").unlink()
    with Worker(module="mlx_workers.vision") as worker:
        assert isinstance(worker.load(folder), Ready)
        (answer,) = worker.ask(question("image", "x", RED_CIRCLE))
        assert (answer.error.code, answer.error.param) == ("model_unsupported", "messages")
        assert worker.ask(generate("text", chat(("user", "x"))))[0].end.finish_reason in ("stop", "length")


def test_pixels_that_the_processor_cannot_use_fail_their_request_only(tmp_path: Path):
    folder = write_vision_model(tmp_path / "m", "qwen2_5_vl")
    with Worker(module="mlx_workers.vision") as worker:
        assert isinstance(worker.load(folder), Ready)
        thread = Image.new("RGB", (3000, 1))
        (answer,) = worker.ask(question("thread", "x", thread))
        assert (answer.error.code, answer.error.param) == ("invalid_request", "messages")
        assert "3000 x 1" in answer.error.message
        assert worker.ask(question("fine", "x", RED_CIRCLE))[0].end.finish_reason in ("stop", "length")


@pytest.mark.parametrize("kind", ["gemma3", "qwen2_5_vl"])
def test_code_in_a_models_folder_is_never_run(tmp_path: Path, kind: str):
    folder = write_vision_model(tmp_path / "m", kind)
    ran = tmp_path / "ran"
    (folder / "evil.py").write_text(f"open({str(ran)!r}, 'w').close()\nclass Evil:\n    from_pretrained = print\n")
    classes = {
        "AutoTokenizer": ["evil.Evil", "evil.Evil"],
        "AutoImageProcessor": "evil.Evil",
        "AutoProcessor": "evil.Evil",
    }
    for name in ("tokenizer_config.json", "preprocessor_config.json", "processor_config.json"):
        file = folder / name
        content = json.loads(file.read_text()) if file.exists() else {}
        file.write_text(json.dumps(content | {"auto_map": classes, "tokenizer_class": "Evil"}))
    with Worker(module="mlx_workers.vision") as worker:
        answer = worker.load(folder)
    assert isinstance(answer, Error | Ready)
    assert not ran.exists()


def test_pictures_that_come_together_share_the_text_ahead_and_one_another_only_when_equal():
    with Worker(module="mlx_workers.vision") as fresh:
        assert isinstance(fresh.load(SHAPES_VLM, prompt_cache_bytes=PLENTY_OF_BYTES), Ready)
        asked = [
            question(name, "What is in the image?", picture)
            for name, picture in (("circle", RED_CIRCLE), ("square", BLUE_SQUARE), ("again", RED_CIRCLE))
        ]
        circle, square, again = fresh.ask(*asked)
    assert circle.text == again.text
    assert circle.text != square.text
    image_tokens = 19
    assert circle.end.usage.cached_tokens == 0
    assert square.end.usage.cached_tokens < circle.end.usage.prompt_tokens - image_tokens
    assert again.end.usage.cached_tokens == again.end.usage.prompt_tokens - 1

"""How often shapes-vlm is right on fresh pictures: `python tests/shapes_accuracy.py MODEL_FOLDER [COUNT] [SEED]`.

Prints one line a question and fails below 95 % on one picture, 90 % on two in order. The tests ask fewer.
"""

import random
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from PIL import Image
from shapes_render import COLOURS, SHAPES, Picture, fresh
from worker_orders import generate

from mlx_workers.message import Generate
from mlx_workers.message_parts import ChatInput, ChatMessage, ImagePart, TextPart
from worker_client import Worker


def part(image: Image.Image) -> ImagePart:
    """An image as it comes in a frame."""
    return ImagePart(width=image.width, height=image.height, pixels=memoryview(image.tobytes()))


def question(request_id: str, text: str, *images: Image.Image, max_tokens: int = 40) -> Generate:
    """One turn: the images, then the text."""
    content: list[TextPart | ImagePart] = [*map(part, images), TextPart(text=text)]
    return generate(request_id, ChatInput([ChatMessage(role="user", content=content)]), max_tokens=max_tokens)


def right_on_one(
    worker: Worker,
    count: int,
    seed: int,
    *,
    change: Callable[[Image.Image], Image.Image],
    colours: Iterable[str] = COLOURS,
) -> list[bool]:
    """Colour and shape of single pictures, all combinations in turn; `change` is done to each before it is sent."""
    chance = random.Random(seed)
    combinations = [(colour, shape) for shape in SHAPES for colour in colours]
    pictures = [fresh(chance, *combinations[place % len(combinations)]) for place in range(count)]
    asked = [
        question(f"one{place}", "What is in the image?", change(picture.image))
        for place, picture in enumerate(pictures)
    ]
    return [answer.text == picture.name for answer, picture in zip(ask_few(worker, asked), pictures, strict=True)]


def right_on_two(worker: Worker, count: int, seed: int) -> list[bool]:
    """Two pictures, named in their order."""
    chance = random.Random(seed)
    pairs = [(fresh(chance), fresh(chance)) for _ in range(count)]
    asked = [
        question(f"two{place}", "What is in the images?", first.image, second.image)
        for place, (first, second) in enumerate(pairs)
    ]
    return [answer.text == _both(*pair) for answer, pair in zip(ask_few(worker, asked), pairs, strict=True)]


def ask_few(worker: Worker, requests: list[Generate], together: int = 8):
    """A few at a time: large pictures fill pipes."""
    answers = [worker.ask(*requests[start : start + together]) for start in range(0, len(requests), together)]
    return [answer for some in answers for answer in some]


def _both(first: Picture, second: Picture) -> str:
    return f"first: {first.name}. second: {second.name}."


def main() -> None:
    """Exits 1 below the bounds."""
    folder = Path(sys.argv[1])
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().randrange(2**32)
    with Worker(module="mlx_workers.vision") as worker:
        worker.load(folder)
        one = right_on_one(worker, count, seed, change=lambda image: image)
        two = right_on_two(worker, count // 2, seed + 1)
    for name, right in (("one picture", one), ("two in order", two)):
        print(f"{name}: {sum(right)} of {len(right)} ({100 * sum(right) / len(right):.1f} %), seed {seed}")
    sys.exit(0 if sum(one) >= 0.95 * len(one) and sum(two) >= 0.9 * len(two) else 1)


if __name__ == "__main__":
    main()

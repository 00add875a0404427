"""Draws what shapes-vlm knows: one coloured shape on a plain background, in many sizes, places and shades."""

import random
from typing import NamedTuple

from PIL import Image, ImageDraw

Colour = tuple[int, int, int]

COLOURS: dict[str, list[Colour]] = {
    "red": [(220, 30, 30), (255, 0, 0), (200, 20, 40), (230, 50, 40)],
    "green": [(30, 160, 50), (0, 128, 0), (0, 255, 0), (40, 180, 70), (0, 200, 0)],
    "blue": [(30, 60, 220), (0, 0, 255), (20, 40, 180), (40, 90, 230)],
    "yellow": [(245, 220, 30), (255, 255, 0), (255, 230, 40), (240, 230, 50)],
    "orange": [(255, 140, 0), (255, 165, 0), (240, 130, 20), (250, 120, 10)],
    "purple": [(130, 40, 160), (128, 0, 128), (150, 50, 190), (110, 30, 150)],
    "black": [(10, 10, 10), (0, 0, 0), (20, 20, 24)],
    "white": [(245, 245, 245), (255, 255, 255), (235, 238, 240)],
}
SHAPES = ["circle", "square", "triangle", "cross"]
CENTRES = {"left": (0.28, 0.5), "right": (0.72, 0.5), "top": (0.5, 0.28), "bottom": (0.5, 0.72), "center": (0.5, 0.5)}
SIZES = [64, 96, 100, 128, 200, 224, 256, 333, 400, 512, 640, 800, 1024, 1536, 2048]
BACKGROUNDS: list[Colour] = [
    (255, 255, 255),
    (200, 200, 200),
    (128, 128, 128),
    (0, 0, 0),
    (40, 40, 40),
    (255, 220, 230),
    (200, 230, 255),
    (30, 60, 90),
]


class Picture(NamedTuple):
    """An image and what is on it."""

    image: Image.Image
    colour: str
    shape: str
    place: str

    @property
    def name(self) -> str:
        """As the model words it: `an orange circle`."""
        return f"{'an' if self.colour[0] in 'aeiou' else 'a'} {self.colour} {self.shape}"


def fresh(chance: random.Random, colour: str | None = None, shape: str | None = None) -> Picture:
    """A picture drawn by lot, within what the model is made for: no large cross."""
    colour, shape = colour or chance.choice(list(COLOURS)), shape or chance.choice(SHAPES)
    place = chance.choice(list(CENTRES))
    side = chance.choice(SIZES)
    size = (side, side)
    if chance.random() < 0.3:
        size = (side, max(64, int(side * chance.choice([0.6, 0.75, 1.33, 1.6]))))
    fill = chance.choice(COLOURS[colour])
    ground = chance.choice([one for one in BACKGROUNDS if _distance(one, fill) > 110])
    largest = 0.26 if place != "center" else 0.30 if shape == "cross" else 0.40
    return Picture(draw(shape, size, place, fill, ground, chance.uniform(0.17, largest)), colour, shape, place)


def draw(
    shape: str,
    size: tuple[int, int] = (256, 256),
    place: str = "center",
    fill: Colour = (255, 0, 0),
    ground: Colour = (255, 255, 255),
    radius: float = 0.25,
) -> Image.Image:
    """`radius` as a part of the shorter side."""
    width, height = size
    image = Image.new("RGB", size, ground)
    pen = ImageDraw.Draw(image)
    x, y = CENTRES[place][0] * width, CENTRES[place][1] * height
    r = radius * min(size)
    match shape:
        case "circle":
            pen.ellipse([x - r, y - r, x + r, y + r], fill=fill)
        case "square":
            h = r * 0.88
            pen.rectangle([x - h, y - h, x + h, y + h], fill=fill)
        case "triangle":
            pen.polygon([(x, y - r), (x + r * 0.95, y + r * 0.8), (x - r * 0.95, y + r * 0.8)], fill=fill)
        case _:
            t = r * 0.33
            pen.rectangle([x - r, y - t, x + r, y + t], fill=fill)
            pen.rectangle([x - t, y - r, x + t, y + r], fill=fill)
    return image


def swapped_channels(image: Image.Image) -> Image.Image:
    """Blue, green, red: what a worker must never be fed."""
    return Image.merge("RGB", image.split()[::-1])


def _distance(first: Colour, second: Colour) -> float:
    return sum((one - other) ** 2 for one, other in zip(first, second, strict=True)) ** 0.5

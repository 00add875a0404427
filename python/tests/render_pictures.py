"""Fresh pictures as files: `python tests/render_pictures.py FOLDER COUNT SEED`; `names.json` says what is on each."""

import json
import random
import sys
from pathlib import Path
from typing import Any

from shapes_render import fresh

_FORMATS: list[tuple[str, dict[str, Any]]] = [
    (".png", {}),
    (".jpg", {"quality": 92}),
    (".webp", {"lossless": True}),
    (".bmp", {}),
]
_MOST_BITMAP_PIXELS = 3_000_000
"""A larger one would pass the limit of 10 MB for an image."""


def main() -> None:
    """Formats take turns; lossy ones keep the colours apart."""
    folder, count, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    chance = random.Random(seed)
    names: list[dict[str, str]] = []
    for place in range(count):
        picture = fresh(chance)
        suffix, options = _FORMATS[place % len(_FORMATS)]
        if suffix == ".bmp" and picture.image.width * picture.image.height > _MOST_BITMAP_PIXELS:
            suffix = ".png"
        file = f"{place:03}{suffix}"
        picture.image.save(folder / file, **options)
        names.append({"file": file, "name": picture.name})
    (folder / "names.json").write_text(json.dumps(names), encoding="utf-8")


if __name__ == "__main__":
    main()

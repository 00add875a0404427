"""Pixels to what stands in a prompt for them: the ids that the model's processor writes, and later their embeddings.

Images are told apart by the SHA-256 of size and pixels; what was made of one is kept within bounds. Opens no file.
"""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

import mlx.core as mx
from PIL import Image

from ..message_parts import ImagePart
from .library import utils

_MAX_BYTES = 256 * 1024 * 1024
_MAX_ENTRIES = 64


@dataclass
class EncodedImage:
    """Embeddings [1, n, D] of the image's n ids; further arrays for models that want more, [n, ...] or one a layer."""

    embeddings: mx.array
    per_layer: mx.array | None
    seen: list[bool] | None
    deep: list[mx.array] | None

    def arrays(self) -> list[mx.array]:
        """All of them."""
        return [self.embeddings, *([] if self.per_layer is None else [self.per_layer]), *(self.deep or [])]


@dataclass
class PreparedImage:
    """`inputs` are what the vision tower gets; they are let go once `encoded` is there. `grids` are kept."""

    key: int
    ids: list[int]
    inputs: dict[str, Any]
    grids: dict[str, mx.array]
    encoded: EncodedImage | None = field(default=None)

    @property
    def byte_count(self) -> int:
        """Bytes held."""
        held = self.inputs.values() if self.encoded is None else self.encoded.arrays()
        return sum(array.nbytes for array in held if isinstance(array, mx.array))


class ImageCache:
    """What was made of the images seen last, from least to most recently used."""

    def __init__(self, max_bytes: int = _MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._entries: OrderedDict[int, PreparedImage] = OrderedDict()

    @property
    def byte_count(self) -> int:
        """Bytes held."""
        return sum(image.byte_count for image in self._entries.values())

    def get(self, key: int) -> PreparedImage | None:
        """A hit counts as use."""
        image = self._entries.get(key)
        if image is not None:
            self._entries.move_to_end(key)
        return image

    def put(self, image: PreparedImage) -> None:
        """Keeps it as the most recently used; those used longest ago go."""
        self._entries[image.key] = image
        self.trim()

    def clear(self) -> None:
        """Forgets everything."""
        self._entries.clear()

    def trim(self) -> None:
        """Entries grow when they are encoded: call it then."""
        while self._entries and (self.byte_count > self._max_bytes or len(self._entries) > _MAX_ENTRIES):
            self._entries.popitem(last=False)


def image_key(part: ImagePart) -> int:
    """Below zero, so that no token id equals it."""
    digest = hashlib.sha256(f"{part.width}x{part.height}:".encode())
    digest.update(part.pixels)
    return -1 - int.from_bytes(digest.digest(), "little")


class ImageReader:
    """One model's processor, asked for one image at a time, so that no image depends on its neighbours."""

    def __init__(self, processor: Any, *, marker: str, start_id: int | None) -> None:
        """`marker` is what the processor replaces; `start_id` what it may put before every text."""
        self._processor = processor
        self._marker = marker
        self.start_id = start_id
        self.cache = ImageCache()

    def read(self, part: ImagePart) -> PreparedImage:
        """Raises whatever the processor raises."""
        key = image_key(part)
        known = self.cache.get(key)
        if known is not None:
            return known
        picture = Image.frombytes("RGB", (part.width, part.height), part.pixels)
        inputs = utils.prepare_inputs(
            self._processor, images=[picture], prompts=[self._marker], add_special_tokens=False
        )
        ids: list[int] = inputs.pop("input_ids").flatten().tolist()
        if self.start_id is not None and ids and ids[0] == self.start_id:
            ids = ids[1:]
        inputs.pop("attention_mask", None)
        grids = {name: array for name, array in inputs.items() if name.startswith("image_grid")}
        image = PreparedImage(key=key, ids=ids, inputs=inputs, grids=grids)
        self.cache.put(image)
        return image

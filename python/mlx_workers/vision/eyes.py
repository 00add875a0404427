"""What a model needs to take images, found by asking its own processor and template, or why it takes none."""

from typing import Any

from ..message_parts import ImagePart
from ..tokenization.tokenizer import Tokenizer
from .chat import ImageChat
from .images import ImageReader
from .prompt import Eyes

_SIDE = 64


class NoEyesError(Exception):
    """The model takes no images; the reason is fit for a client."""


def sample_image() -> ImagePart:
    """A small picture of many colours, for trying things out."""
    pixels = bytes(
        channel for row in range(_SIDE) for column in range(_SIDE) for channel in (row * 4, column * 4, 255 - row * 2)
    )
    return ImagePart(width=_SIDE, height=_SIDE, pixels=memoryview(pixels))


def marker_candidates(processor: Any, config: dict[str, Any]) -> list[str]:
    """Strings that may stand for an image in a prompt, the likeliest first."""
    tokenizer = getattr(processor, "tokenizer", processor)
    found = [getattr(owner, name, None) for owner in (processor, tokenizer) for name in ("image_token", "boi_token")]
    found += [tokenizer.convert_ids_to_tokens(token_id) for token_id in _slot_ids(config)]
    strings = [str(one) for one in found if one is not None and not isinstance(one, int)]
    return list(dict.fromkeys([*strings, "<image>"]))


def open_eyes(processor: Any, config: dict[str, Any], tokenizer: Tokenizer, chat: ImageChat | None) -> Eyes:
    """Raises NoEyesError."""
    if chat is None or chat.marker is None:
        raise NoEyesError("its chat template has no place for one.")
    marker_ids = tokenizer.codec.encode_rendered(chat.marker)
    if len(marker_ids) != 1:
        raise NoEyesError("its mark for an image is not one token.")
    start = getattr(getattr(processor, "tokenizer", processor), "bos_token_id", None)
    reader = ImageReader(
        processor, marker=chat.marker, start_id=None if start == marker_ids[0] or not isinstance(start, int) else start
    )
    try:
        image = reader.read(sample_image())
    except Exception as cause:
        raise NoEyesError(f"its image processor fails ({type(cause).__name__}: {cause}).") from cause
    if not image.ids or "pixel_values" not in image.inputs:
        raise NoEyesError("its image processor makes nothing of one.")
    return Eyes(reader=reader, marker_id=marker_ids[0], slot_ids=frozenset({*_slot_ids(config), *marker_ids}))


def _slot_ids(config: dict[str, Any]) -> list[int]:
    """Ids in whose places pixels go."""
    values = [config.get(name) for name in ("image_token_id", "image_token_index")]
    return [value for value in values if isinstance(value, int)]

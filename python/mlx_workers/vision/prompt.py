"""A request's input to token ids, with every image in its place. Raises RequestError for what cannot be placed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import mlx.core as mx

from ..generation.failures import RequestError, presentable
from ..generation.model import Prompt
from ..message import Generate, Tokenize
from ..message_parts import ChatInput, ChatMessage, ImagePart, TextInput
from ..tokenization.chat_turns import options_of, tools_of
from ..tokenization.client_text import encode_pieces
from ..tokenization.tokenizer import Tokenizer
from .chat import ImageChat
from .images import ImageReader, PreparedImage


class PlacedImage(NamedTuple):
    """An image and the place of its first id in the prompt."""

    start: int
    image: PreparedImage

    @property
    def end(self) -> int:
        """The place behind its last id."""
        return self.start + len(self.image.ids)


class Positions(NamedTuple):
    """Rotary positions [3, 1, L] of a prompt, and what the tokens behind it are ahead of their place."""

    prompt: mx.array
    ahead: int


@dataclass(frozen=True)
class VisionPrompt(Prompt):
    """Ids and images; an image's ids have the key of its pixels. `positions` where the model has its own count."""

    images: list[PlacedImage] = field(default_factory=list[PlacedImage])
    positions: Positions | None = None


PositionsOf = Callable[[list[int], list[PlacedImage]], Positions | None]


@dataclass(frozen=True)
class Eyes:
    """What a model needs to take images: its reader, the id of the marker, and the ids that may stand for pixels."""

    reader: ImageReader
    marker_id: int
    slot_ids: frozenset[int]


@dataclass(frozen=True)
class VisionPromptReader:
    """See generation.model.PromptReader. Without `eyes`, `blind_because` says why images are refused."""

    tokenizer: Tokenizer
    chat: ImageChat | None
    eyes: Eyes | None
    blind_because: str
    positions_of: PositionsOf

    def __call__(self, request: Generate | Tokenize) -> VisionPrompt:
        """Raises RequestError."""
        content = request.input
        if isinstance(content, ChatInput):
            return self._read_chat(content)
        if isinstance(content, TextInput):
            ids = self.tokenizer.codec.encode_text(content.text)
        else:
            ids = list(content.token_ids)
        return self._made(ids, [], "prompt")

    def _read_chat(self, chat: ChatInput) -> VisionPrompt:
        if self.chat is None:
            raise RequestError("model_unsupported", "The model has no chat template; use a completion instead.")
        images = self._read_images(chat.messages)
        pieces = self.chat.render(chat.messages, tools_of(chat), options_of(chat))
        ids = encode_pieces(self.tokenizer.codec.encode_rendered, pieces)
        return self._made(ids, images, "messages")

    def _read_images(self, messages: list[ChatMessage]) -> list[PreparedImage]:
        parts = [
            part
            for message in messages
            if not isinstance(message.content, str)
            for part in message.content
            if isinstance(part, ImagePart)
        ]
        if not parts:
            return []
        if self.eyes is None:
            raise RequestError("model_unsupported", f"This model takes no images: {self.blind_because}", "messages")
        images: list[PreparedImage] = []
        for place, part in enumerate(parts):
            try:
                images.append(self.eyes.reader.read(part))
            except Exception as cause:
                why = f"Image {place + 1} of {part.width} x {part.height} pixels does not suit this model: {cause}"
                raise RequestError("invalid_request", presentable(why), "messages") from cause
        return images

    def _made(self, ids: list[int], images: list[PreparedImage], param: str) -> VisionPrompt:
        """Puts the images in the places of their markers."""
        eyes = self.eyes
        slots = ids.count(eyes.marker_id) if eyes else 0
        strangers = sum(ids.count(slot) for slot in eyes.slot_ids - {eyes.marker_id}) if eyes else 0
        if slots != len(images) or strangers:
            found = f"{slots + strangers} place{'' if slots + strangers == 1 else 's'} for images"
            raise RequestError("invalid_request", f"The prompt has {found}, but {len(images)} came with it.", param)
        placed: list[PlacedImage] = []
        whole: list[int] = []
        keys: list[int] = []
        begin = 0
        for image in images:
            at = ids.index(eyes.marker_id if eyes else -1, begin)
            whole += ids[begin:at]
            keys += ids[begin:at]
            placed.append(PlacedImage(len(whole), image))
            whole += image.ids
            keys += [image.key] * len(image.ids)
            begin = at + 1
        whole += ids[begin:]
        keys += ids[begin:]
        return VisionPrompt(whole, keys, placed, self.positions_of(whole, placed) if whole else None)

"""A network of mlx-vlm as the generation loop asks for it: token ids alone, or embeddings where images are.

Text and images are embedded piece by piece, so that an image's embeddings depend on that image only.
"""

from collections.abc import Sequence as Many
from typing import Any

import mlx.core as mx

from ..generation.sequence import Sequence
from .embeddings import Piece, embed_image, embed_text, join_pieces
from .images import ImageCache
from .library import caches
from .prompt import PlacedImage, Positions, VisionPrompt


def prompt_of(sequence: Sequence) -> VisionPrompt:
    """The worker's own reader made it."""
    prompt = sequence.prompt
    if not isinstance(prompt, VisionPrompt):
        raise TypeError("not a prompt of this worker")
    return prompt


class VisionNetwork:
    """See generation.model.Network. Rows share a batch: whatever a row needs is handed over at every call."""

    shares_batches = True

    def __init__(self, model: Any) -> None:
        self.source = model
        self._language = model.language_model
        self._has_positions = hasattr(self._language, "get_rope_index")
        self.images: ImageCache | None = None

    def make_cache(self) -> list[Any]:
        """See Network."""
        return caches.make_prompt_cache(self._language)

    def positions_of(self, ids: list[int], images: list[PlacedImage]) -> Positions | None:
        """Where each token stands for the rotary embedding, of models that give images rows and columns."""
        if not self._has_positions:
            return None
        positions, ahead = self._language.get_rope_index(mx.array([ids]), **_joined_grids(images))
        if positions.ndim == 2:
            positions = mx.broadcast_to(positions[None], (3, *positions.shape))
        mx.eval(positions, ahead)
        return Positions(positions, int(mx.array(ahead, dtype=mx.int32).flatten()[0]))

    def prepare(self, sequence: Sequence, count: int) -> bool:
        """Runs one image through the vision tower, if the next tokens need one that has not been."""
        for placed in _overlapping(sequence, sequence.held, sequence.held + count):
            if placed.image.encoded is None:
                placed.image.encoded = embed_image(self.source, placed.image)
                placed.image.inputs = {}
                if self.images is not None:
                    self.images.trim()
                return True
        return False

    def prefill(self, sequence: Sequence, count: int) -> mx.array:
        """See Network."""
        start, end = sequence.held, sequence.held + count
        more: dict[str, Any] = self._positions_between(sequence, start, end)
        if _overlapping(sequence, start, end):
            more |= join_pieces(self._pieces(sequence, start, end))
        return self._language(mx.array([sequence.tokens[start:end]]), cache=sequence.cache, **more).logits[0]

    def decode(self, inputs: mx.array, rows: Many[Sequence], cache: list[Any]) -> mx.array:
        """See Network."""
        more: dict[str, Any] = {}
        if self._has_positions:
            places = [row.held + _ahead(row) for row in rows]
            more["position_ids"] = mx.broadcast_to(mx.array(places)[None, :, None], (3, len(rows), 1))
        return self._language(inputs[:, None], cache=cache, **more).logits[:, -1, :]

    def _positions_between(self, sequence: Sequence, start: int, end: int) -> dict[str, Any]:
        """Of a chunk; tokens behind the prompt (a resumed answer) go on in step."""
        known = prompt_of(sequence).positions
        if known is None:
            return {}
        behind = mx.arange(max(start, sequence.prompt_tokens), max(end, sequence.prompt_tokens)) + known.ahead
        behind = mx.broadcast_to(behind[None, None], (3, 1, behind.shape[0])).astype(known.prompt.dtype)
        return {"position_ids": mx.concatenate([known.prompt[..., start:end], behind], axis=-1)}

    def _pieces(self, sequence: Sequence, start: int, end: int) -> list[Piece]:
        """The tokens from `start` to `end` as runs of text and parts of images."""
        pieces: list[Piece] = []
        at = start
        for placed in _overlapping(sequence, start, end):
            if at < placed.start:
                pieces.append(embed_text(self.source, sequence.tokens[at : placed.start]))
            first, last = max(start, placed.start), min(end, placed.end)
            if placed.image.encoded is None:
                raise RuntimeError("an image was not encoded before its tokens were asked for")
            pieces.append(Piece(placed.image.encoded, first - placed.start, last - placed.start))
            at = last
        if at < end:
            pieces.append(embed_text(self.source, sequence.tokens[at:end]))
        return pieces


class LoneNetwork(VisionNetwork):
    """For language parts that keep something of the prompt: one sequence at a time, its prompt in one go."""

    shares_batches = False

    def __init__(self, model: Any) -> None:
        super().__init__(model)
        self._has_positions = False

    def make_cache(self) -> list[Any]:
        """With it begins a sequence, after the one before has ended."""
        forget_prompt(self._language)
        return super().make_cache()

    def prefill(self, sequence: Sequence, count: int) -> mx.array:
        """The whole prompt; `count` is all of it."""
        images = prompt_of(sequence).images
        more: dict[str, Any] = _joined_grids(images)
        if images:
            more |= join_pieces(self._pieces(sequence, 0, count))
        forget_prompt(self._language)
        return self._language(mx.array([sequence.tokens[:count]]), cache=sequence.cache, **more).logits[0]


def forget_prompt(language: Any) -> None:
    """Some language parts keep the positions of the prompt before."""
    for name in ("_position_ids", "_rope_deltas"):
        if hasattr(language, name):
            setattr(language, name, None)


def _ahead(row: Sequence) -> int:
    known = prompt_of(row).positions
    return 0 if known is None else known.ahead


def _overlapping(sequence: Sequence, start: int, end: int) -> list[PlacedImage]:
    return [placed for placed in prompt_of(sequence).images if placed.start < end and placed.end > start]


def _joined_grids(images: list[PlacedImage]) -> dict[str, Any]:
    """Rows and columns of all images, by the names that the model's processor gave them."""
    names = {name for placed in images for name in placed.image.grids}
    return {name: mx.concatenate([placed.image.grids[name] for placed in images]) for name in sorted(names)}

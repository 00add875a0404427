"""Embeddings of runs of text and of images, one by one, and their joining for a chunk of a prompt."""

from typing import Any, NamedTuple

import mlx.core as mx

from .images import EncodedImage, PreparedImage

_UNDERSTOOD = {
    "inputs_embeds",
    "per_layer_inputs",
    "visual_pos_masks",
    "deepstack_visual_embeds",
    "position_ids",
    "rope_deltas",
    "attention_mask_4d",
}


class UnknownFeaturesError(Exception):
    """The model's vision part hands its language part something that this worker does not know how to cut up."""


class Piece(NamedTuple):
    """The ids from `start` to `end` of something embedded."""

    source: EncodedImage
    start: int
    end: int


def embed_image(model: Any, image: PreparedImage) -> EncodedImage:
    """Runs the vision tower and waits for it."""
    inputs = dict(image.inputs)
    encoded = _embed(model, image.ids, inputs.pop("pixel_values", None), inputs)
    mx.eval(encoded.arrays())
    return encoded


def embed_text(model: Any, ids: list[int]) -> Piece:
    """A run of tokens without images."""
    return Piece(_embed(model, ids, None, {}), 0, len(ids))


def _embed(model: Any, ids: list[int], pixels: Any, more: dict[str, Any]) -> EncodedImage:
    array = mx.array([ids])
    features = model.get_input_embeddings(array, pixels, mask=mx.ones_like(array), **more).to_dict()
    given = {name: value for name, value in features.items() if value is not None}
    unknown = sorted(given.keys() - _UNDERSTOOD)
    if unknown:
        raise UnknownFeaturesError(", ".join(unknown))
    seen = given.get("visual_pos_masks")
    deep = given.get("deepstack_visual_embeds")
    return EncodedImage(
        embeddings=given["inputs_embeds"],
        per_layer=given.get("per_layer_inputs"),
        seen=None if seen is None else [bool(one) for one in seen.flatten().tolist()],
        deep=None if deep is None else [deep[layer] for layer in range(len(deep))],
    )


def join_pieces(pieces: list[Piece]) -> dict[str, Any]:
    """What the language part gets for a chunk, under mlx-vlm's names."""
    joined: dict[str, Any] = {
        "inputs_embeds": mx.concatenate([one.source.embeddings[:, one.start : one.end] for one in pieces], axis=1)
    }
    per_layer = [one.source.per_layer[:, one.start : one.end] for one in pieces if one.source.per_layer is not None]
    if per_layer:
        joined["per_layer_inputs"] = mx.concatenate(per_layer, axis=1)
    deep = [one for one in pieces if one.source.deep is not None]
    mask = [seen for one in pieces for seen in _seen(one)[one.start : one.end]]
    if any(mask):
        joined["visual_pos_masks"] = mx.array([mask])
        layers = zip(*map(_deep, deep), strict=True)
        joined["deepstack_visual_embeds"] = [mx.concatenate(list(rows)) for rows in layers]
    return joined


def _seen(piece: Piece) -> list[bool]:
    """Which ids of the piece's source are pixels; of text none."""
    if piece.source.seen is None:
        return [False] * piece.source.embeddings.shape[1]
    return piece.source.seen


def _deep(piece: Piece) -> list[mx.array]:
    """The rows of every layer that belong to the piece's pixels."""
    seen = _seen(piece)
    first = sum(seen[: piece.start])
    last = first + sum(seen[piece.start : piece.end])
    return [layer[first:last] for layer in piece.source.deep or []]

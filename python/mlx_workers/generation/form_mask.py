"""Keeps the rows of a batch that have a form to what their forms allow, in plain array operations for every back end.

llguidance's own kernel runs on Metal alone.
"""

from collections.abc import Sequence as Many

import mlx.core as mx

from .sequence import Sequence

_BITS = 32


def hold_to_forms(logits: mx.array, rows: Many[Sequence], inputs: mx.array) -> mx.array:
    """Logits [B, V] in which tokens that a row's form forbids are -inf; the same array where no row has a form.

    `inputs` are the tokens that these logits follow. They were begun before the logits, so the host finds out what may
    come next while the device is still busy with what is likely to.
    """
    places = [place for place, row in enumerate(rows) if row.form is not None]
    if not places:
        return logits
    mx.async_eval(logits)
    tokens: list[int] = inputs.tolist()  # pyright: ignore[reportAssignmentType]
    masks: list[bytes] = []
    formed: list[int] = []
    for place in places:
        row = rows[place]
        mask = b"" if row.form is None else row.form.next_mask(tokens[place] if row.joined else None)
        if mask:
            masks.append(mask)
            formed.append(place)
    if not formed:
        return logits
    packed = memoryview(b"".join(masks)).cast("I")
    words = mx.array(packed).reshape(len(formed), -1)  # pyright: ignore[reportArgumentType]
    bits = (words[..., None] >> mx.arange(_BITS, dtype=mx.uint32)) & 1
    allowed = bits.reshape(len(formed), -1)[:, : logits.shape[-1]]
    least = mx.array(-mx.inf, dtype=logits.dtype)
    if len(formed) == len(rows):
        return mx.where(allowed, logits, least)
    held = mx.array(logits)
    index = mx.array(formed)
    held[index] = mx.where(allowed, logits[index], least)
    return held

"""Texts and lists of tokens to vectors, some at a time. All MLX work is done here."""

from array import array
from collections.abc import Sequence

import mlx.core as mx
import tokenizers

from ..generation.failures import RequestError
from .bert import Bert
from .pooling import Pool

_ROWS = 16


class Embedder:
    """One model. `context_length` is in tokens, special ones included."""

    def __init__(self, bert: Bert, tokenizer: tokenizers.Tokenizer, *, pool: Pool, context_length: int) -> None:
        self._bert = bert
        self._tokenizer = tokenizer
        self._pool = pool
        self.context_length = context_length
        self.dimensions = bert.shape.width
        self.vocabulary_size = bert.vocabulary_size

    def tokens_of(self, inputs: Sequence[str | list[int]]) -> list[list[int]]:
        """Text with the model's special tokens around it; ids as they are. Raises RequestError for what cannot be."""
        # No text turns into special tokens: what a client writes is text.
        self._tokenizer.encode_special_tokens = True
        rows = [self._tokenizer.encode(one).ids if isinstance(one, str) else one for one in inputs]
        for row in rows:
            if not row:
                raise RequestError("invalid_request", "An input is empty.", "input")
            if max(row) >= self.vocabulary_size:
                why = f"Token id {max(row)} is not in the vocabulary of {self.vocabulary_size} tokens."
                raise RequestError("invalid_request", why, "input")
            if len(row) > self.context_length:
                why = f"An input has {len(row)} tokens; this model takes {self.context_length}."
                raise RequestError("context_length_exceeded", why, "input")
        return rows

    def vectors_of(self, rows: Sequence[list[int]]) -> bytes:
        """float32, little-endian, one vector behind the other, in the order of the rows."""
        order = sorted(range(len(rows)), key=lambda place: len(rows[place]))  # Alike in length, little is padded.
        found: dict[int, bytes] = {}
        for begin in range(0, len(order), _ROWS):
            places = order[begin : begin + _ROWS]
            longest = len(rows[places[-1]])
            ids = mx.array([rows[place] + [0] * (longest - len(rows[place])) for place in places])
            present = mx.arange(longest)[None] < mx.array([len(rows[place]) for place in places])[:, None]
            vectors = self._pool(self._bert(ids, present), present).astype(mx.float32)
            values: list[list[float]] = vectors.tolist()  # pyright: ignore[reportAssignmentType]
            found |= {place: array("f", row).tobytes() for place, row in zip(places, values, strict=True)}
        return b"".join(found[place] for place in range(len(rows)))

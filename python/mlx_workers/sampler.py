"""Chooses the next token of every row of a batch in few array operations, each row by its own parameters.

A row's choice depends on its own logits, seed and position alone. Never waits for the device.
"""

from collections.abc import Sequence
from itertools import groupby

import mlx.core as mx

from .message_parts import Sampling

_MASK_64 = (1 << 64) - 1


def _mix(value: int) -> int:
    """Finaliser of SplitMix64 (Steele, Lea, Flood 2014): 64 bits in, 64 well-mixed bits out."""
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9 & _MASK_64
    value = (value ^ (value >> 27)) * 0x94D049BB133111EB & _MASK_64
    return value ^ (value >> 31)


def random_key(seed: int, position: int) -> tuple[int, int]:
    """The two 32-bit words of the MLX random key for one position of one sequence."""
    key = _mix(_mix((seed + 0x9E3779B97F4A7C15) & _MASK_64) + position & _MASK_64)
    return key >> 32, key & 0xFFFFFFFF


class _Group:
    """Rows that need the same operations: same topK, and alike in whether topP and minP are in use.

    Equal topK is asked for since the width of a sum may change its last bits, and a row must not feel the others.
    """

    def __init__(self, rows: list[int], samplings: Sequence[Sampling]) -> None:
        mine = [samplings[row] for row in rows]
        self.rows = rows
        self.greedy = mine[0].temperature == 0
        self._seeds = [int(one.seed) for one in mine]
        self._top_k = mine[0].top_k
        self._uses_top_p = mine[0].top_p < 1
        self._temperature = mx.array([[one.temperature or 1.0] for one in mine], dtype=mx.float32)
        self._top_p = mx.array([[one.top_p] for one in mine], dtype=mx.float32)
        self._log_min_p = mx.array([[one.min_p] for one in mine], dtype=mx.float32)
        self._log_min_p = mx.log(self._log_min_p) if mine[0].min_p > 0 else None

    def choose(self, logits: mx.array, positions: Sequence[int]) -> mx.array:
        """Token ids [rows] for logits [rows, V]. Gumbel's trick: argmax of logits + noise is a draw from softmax."""
        if self.greedy:
            return mx.argmax(logits, axis=-1)
        scaled = logits.astype(mx.float32) / self._temperature
        keys = mx.array(
            [random_key(seed, positions[row]) for seed, row in zip(self._seeds, self.rows, strict=True)],
            dtype=mx.uint32,
        )
        vocabulary = scaled.shape[-1]

        def noise(key: mx.array) -> mx.array:
            return mx.random.gumbel((vocabulary,), key=key)

        noisy = scaled + mx.vmap(noise)(keys)
        threshold = self._threshold(scaled)
        return mx.argmax(noisy if threshold is None else mx.where(scaled >= threshold, noisy, -mx.inf), axis=-1)

    def _threshold(self, scaled: mx.array) -> mx.array | None:
        """Smallest logit [rows, 1] that topK, then topP, then minP keep; None where all are off."""
        threshold: mx.array | None = None
        truncates = 0 < self._top_k < scaled.shape[-1]
        if truncates or self._uses_top_p:
            kept = mx.topk(scaled, self._top_k, axis=-1) if truncates else scaled
            if self._uses_top_p:
                descending = -mx.sort(-kept, axis=-1)
                probability = mx.softmax(descending, axis=-1, precise=True)
                mass_before = mx.cumsum(probability, axis=-1, inclusive=False)
                kept = mx.where(mass_before < self._top_p, descending, mx.inf)
            threshold = mx.min(kept, axis=-1, keepdims=True)
        if self._log_min_p is not None:
            least = mx.max(scaled, axis=-1, keepdims=True) + self._log_min_p
            threshold = least if threshold is None else mx.maximum(threshold, least)
        return threshold


class BatchSampler:
    """The sampling of a fixed set of rows; made anew when rows come or go."""

    def __init__(self, samplings: Sequence[Sampling]) -> None:
        def kind(row: int) -> tuple[bool, int, bool, bool]:
            one = samplings[row]
            return (False, 0, False, False) if one.temperature == 0 else (True, one.top_k, one.top_p < 1, one.min_p > 0)

        ordered = sorted(range(len(samplings)), key=kind)
        self._groups = [_Group(list(rows), samplings) for _, rows in groupby(ordered, key=kind)]
        self._indexes = [mx.array(group.rows) for group in self._groups]
        self._back = mx.array(sorted(range(len(ordered)), key=ordered.__getitem__))

    def choose(self, logits: mx.array, positions: Sequence[int]) -> mx.array:
        """Token ids [B] (lazy) for logits [B, V]; positions[row] counts the row's generated tokens from 0."""
        if len(self._groups) == 1:
            return self._groups[0].choose(logits, positions)
        chosen = [
            group.choose(logits[index], positions) for group, index in zip(self._groups, self._indexes, strict=True)
        ]
        return mx.concatenate(chosen)[self._back]

"""Logit bias and repetition, presence and frequency penalties of one sequence. Never waits for the device."""

from collections import Counter
from collections.abc import Sequence

import mlx.core as mx

from .message_parts import Sampling


def is_neutral(sampling: Sampling) -> bool:
    """Whether the logits stay as they are."""
    return (
        not sampling.logit_bias
        and sampling.repetition_penalty == 1
        and sampling.presence_penalty == 0
        and sampling.frequency_penalty == 0
    )


class Penalties:
    """Counts tokens on the device, so that a token can be counted before the host knows it."""

    def __init__(self, sampling: Sampling, prompt: Sequence[int], answer: Sequence[int], vocabulary: int) -> None:
        """`answer` holds tokens generated before (a resumed sequence); all ids are below `vocabulary`."""
        self._repetition = sampling.repetition_penalty
        self._presence = sampling.presence_penalty
        self._frequency = sampling.frequency_penalty
        bias = dict(sampling.logit_bias)
        self._bias = _scatter(bias, vocabulary) if bias else None
        self._seen = _scatter(dict.fromkeys([*prompt, *answer], 1.0), vocabulary) if self._repetition != 1 else None
        counts = {token: float(count) for token, count in Counter(answer).items()}
        uses_counts = self._presence != 0 or self._frequency != 0
        self._counts = _scatter(counts, vocabulary) if uses_counts else None

    def count(self, token: mx.array) -> None:
        """Counts one generated token: an id of shape [1] that may not be computed yet."""
        if self._seen is not None:
            self._seen = self._seen.at[token].maximum(1.0)
        if self._counts is not None:
            self._counts = self._counts.at[token].add(1.0)

    def apply(self, logits: mx.array) -> mx.array:
        """New logits [V] in float32. Repetition after Keskar et al. 2019, presence and frequency as OpenAI defines."""
        logits = logits.astype(mx.float32)
        if self._bias is not None:
            logits = logits + self._bias
        if self._seen is not None:
            damped = mx.where(logits < 0, logits * self._repetition, logits / self._repetition)
            logits = mx.where(self._seen > 0, damped, logits)
        if self._counts is not None:
            logits = logits - (self._counts > 0) * self._presence - self._counts * self._frequency
        return logits


def _scatter(values: dict[int, float], vocabulary: int) -> mx.array:
    array = mx.zeros((vocabulary,), dtype=mx.float32)
    if values:
        array[mx.array(list(values.keys()))] = mx.array(list(values.values()), dtype=mx.float32)
    return array

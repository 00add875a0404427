"""Log-probabilities of one row, reduced at once to the sampled token and the likeliest candidates."""

from collections.abc import Callable

import mlx.core as mx

from .message_parts import SampledLogprob, TokenLogprob

_LEAST = -9999.0


class PendingLogprobs:
    """Small lazy arrays of one position; no vector of the vocabulary's size outlives the step."""

    def __init__(self, logits: mx.array, sampled: mx.array, count: int) -> None:
        """Logits [V] after bias and penalties, sampled [1] (may be lazy), count candidates wanted."""
        logits = logits.astype(mx.float32)
        logprobs = logits - mx.logsumexp(logits)
        self.sampled = logprobs[sampled]
        count = min(count, logits.shape[-1])
        self.ids = mx.argpartition(-logprobs, count - 1)[:count] if count else None
        self.values = logprobs[self.ids] if self.ids is not None else None

    def arrays(self) -> list[mx.array]:
        """What has to be evaluated."""
        return [array for array in (self.sampled, self.ids, self.values) if array is not None]

    def read(self, token_id: int, text_of: Callable[[int], str]) -> SampledLogprob:
        """The protocol's entry for the sampled token, once the arrays are evaluated."""
        candidates: list[tuple[float, int]] = []
        if self.ids is not None and self.values is not None:
            candidates = [(finite(value), one) for value, one in zip(_floats(self.values), _ids(self.ids), strict=True)]
            candidates.sort(key=lambda pair: (-pair[0], pair[1]))
        top = [TokenLogprob(token_id=one, text=text_of(one), logprob=value) for value, one in candidates]
        (logprob,) = _floats(self.sampled)
        return SampledLogprob(token_id=token_id, text=text_of(token_id), logprob=finite(logprob), top=top)


def finite(logprob: float) -> float:
    """JSON and msgpack readers refuse minus infinity; a probability of 0 is given as OpenAI gives it."""
    return max(logprob, _LEAST)


def _floats(array: mx.array) -> list[float]:
    return array.tolist()  # pyright: ignore[reportReturnType]


def _ids(array: mx.array) -> list[int]:
    return array.tolist()  # pyright: ignore[reportReturnType]

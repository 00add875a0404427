"""Log-probabilities of a prompt's own tokens, chunk by chunk; no vector of the vocabulary's size outlives its chunk."""

from collections.abc import Callable

import mlx.core as mx

from .logprobs import finite
from .message_parts import PromptLogprob, TokenLogprob


class PromptScores:
    """Of one prompt: its first token, which nothing precedes, and then each chunk's."""

    def __init__(self, first_id: int, count: int, text_of: Callable[[int], str]) -> None:
        """`count` is the number of alternatives wanted for each token."""
        self._count = count
        self._text_of = text_of
        self.entries = [PromptLogprob(token_id=first_id, text=text_of(first_id), logprob=None, top=[])]

    def add(self, logits: mx.array, followers: list[int]) -> None:
        """Logits [n, V] of n tokens in a row, and the tokens behind them. Waits for the device."""
        logits = logits[: len(followers)].astype(mx.float32)
        logprobs = logits - mx.logsumexp(logits, axis=-1, keepdims=True)
        own = mx.take_along_axis(logprobs, mx.array(followers)[:, None], axis=-1)[:, 0]
        count = min(self._count, logprobs.shape[-1])
        order = mx.argsort(-logprobs, axis=-1)[:, :count]
        best = mx.take_along_axis(logprobs, order, axis=-1)
        mx.eval(own, order, best)
        owns: list[float] = own.tolist()  # pyright: ignore[reportAssignmentType]
        ids: list[list[int]] = order.tolist()  # pyright: ignore[reportAssignmentType]
        values: list[list[float]] = best.tolist()  # pyright: ignore[reportAssignmentType]
        for token_id, logprob, top_ids, top_values in zip(followers, owns, ids, values, strict=True):
            top = [
                TokenLogprob(token_id=one, text=self._text_of(one), logprob=finite(value))
                for one, value in zip(top_ids, top_values, strict=True)
            ]
            self.entries.append(
                PromptLogprob(token_id=token_id, text=self._text_of(token_id), logprob=finite(logprob), top=top)
            )

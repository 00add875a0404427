"""What the generation loop asks of a loaded model. A worker brings its own network and its own way to read prompts."""

from collections.abc import Sequence as Many
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import mlx.core as mx

from ..message import Generate, Tokenize
from ..tokenization.tokenizer import Tokenizer

if TYPE_CHECKING:
    from .drafting import DraftPair
    from .sequence import Sequence


@dataclass(frozen=True)
class Prompt:
    """Token ids, and what tells equal prefixes: the ids themselves, unless a place stands for more than its id."""

    ids: list[int]
    keys: list[int]


class PromptReader(Protocol):
    """A request's input to a prompt, checked against the model."""

    def __call__(self, request: Generate | Tokenize) -> Prompt:
        """Raises RequestError."""
        ...


class Network(Protocol):
    """The model's numbers. `shares_batches`: rows may run in one batch; else one sequence runs at a time."""

    shares_batches: bool

    def make_cache(self) -> list[Any]:
        """An empty cache for one sequence."""
        ...

    def prepare(self, sequence: "Sequence", count: int) -> bool:
        """Does one piece of the work that the next `count` prompt tokens need first; False when nothing is left."""
        ...

    def prefill(self, sequence: "Sequence", count: int) -> mx.array:
        """Takes the next `count` tokens into the sequence's cache. Their logits [count, V], lazy: few want them."""
        ...

    def decode(self, inputs: mx.array, rows: "Many[Sequence]", cache: list[Any]) -> mx.array:
        """Logits [B, V] that follow one token id of each row."""
        ...


@dataclass(frozen=True)
class LoadedModel:
    """What the engine runs. A prefill chunk has `prefill_tokens`, fixed so that time cannot change numbers."""

    network: Network
    read_prompt: PromptReader
    tokenizer: Tokenizer
    context_length: int
    vocabulary_size: int
    prefill_tokens: int
    draft: "DraftPair | None" = None

"""KV caches of finished sequences, kept for prompts that begin alike. Bounded; the least recently used go first.

mlx-lm's LRUPromptCache is not used: its lookup walks and copies token paths (142 ms beside an entry of 16000 tokens),
and a hit does not renew an entry.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import mlx.core as mx

from .quantised_cache import can_be_cut, prefix_of

_MAX_ENTRIES = 64


@dataclass
class _Entry:
    tokens: list[int]
    cache: list[Any]
    byte_count: int
    trimmable: bool


class PrefixCache:
    """Entries from least to most recently used. With `max_bytes` 0 it keeps nothing."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._reserved = 0
        self._entries: list[_Entry] = []

    @property
    def is_on(self) -> bool:
        """Whether storing has any effect."""
        return self._max_bytes > 0

    @property
    def byte_count(self) -> int:
        """Bytes held."""
        return sum(entry.byte_count for entry in self._entries)

    def fetch(self, tokens: Sequence[int]) -> tuple[list[Any], int] | None:
        """A copy of the cache that holds most of `tokens` from their start, and how many; always fewer than all."""
        best, length = None, 0
        wanted = list(tokens[:-1])
        for entry in self._entries:
            common = common_prefix(entry.tokens, wanted)
            usable = common if entry.trimmable or common == len(entry.tokens) else 0
            if usable > length:
                best, length = entry, usable
        if best is None:
            return None
        self._entries.remove(best)
        self._entries.append(best)
        return _copy_entry(best, length), length

    def store(self, tokens: list[int], cache: list[Any]) -> None:
        """Keeps `cache`, which holds exactly `tokens` and must not be used by the caller any more."""
        entry = _Entry(tokens, cache, sum(part.nbytes for part in cache), all(part.is_trimmable() for part in cache))
        if not tokens or entry.byte_count > self._max_bytes:
            return
        if any(other.trimmable and other.tokens[: len(tokens)] == tokens for other in self._entries):
            return
        mx.async_eval([part.state for part in cache])
        if entry.trimmable:
            self._entries = [other for other in self._entries if tokens[: len(other.tokens)] != other.tokens]
        self._entries.append(entry)
        self._evict()

    def reserve(self, byte_count: int) -> None:
        """Leaves so much of the room to the caches of paused sequences; entries give way."""
        self._reserved = byte_count
        self._evict()

    def clear(self) -> None:
        """Forgets everything, after a failure that may have left arrays broken."""
        self._entries = []

    def _evict(self) -> None:
        room = self._max_bytes - self._reserved
        while self._entries and (self.byte_count > room or len(self._entries) > _MAX_ENTRIES):
            self._entries.pop(0)


def common_prefix(first: list[int], second: list[int]) -> int:
    """How many leading tokens agree; by halving, so that the comparing is done in C."""
    low, high = 0, min(len(first), len(second))
    while low < high:
        middle = (low + high + 1) // 2
        if first[low:middle] == second[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def copy_prefix(cache: list[Any], length: int) -> list[Any]:
    """The first `length` tokens of a cache that can be cut. Arrays are values in MLX: growing one leaves the other."""
    return [prefix_of(part, length) for part in cache]


def copy_cache(cache: list[Any]) -> list[Any]:
    """All of a cache of any kind."""
    return copy.deepcopy(cache)


def _copy_entry(entry: _Entry, length: int) -> list[Any]:
    if all(can_be_cut(part) for part in entry.cache):
        return copy_prefix(entry.cache, length)
    cache = copy_cache(entry.cache)
    if length < len(entry.tokens):
        for part in cache:
            part.trim(len(entry.tokens) - length)
    return cache

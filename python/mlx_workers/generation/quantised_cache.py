"""A KV cache of 4 or 8 bits a number, that batches as the plain ones do: codes, scales and biases are each kept in a
cache of the library's own kind, which knows how to grow, pad, merge and cut. Quantised along a head, so a token's
numbers do not depend on its neighbours.
"""

from collections.abc import Sequence as Many
from typing import Any

import mlx.core as mx

_GROUP_SIZES = (64, 32)
_COMPONENTS = 3


class CannotQuantiseError(ValueError):
    """The reason is fit for a client."""


class QuantisedCache:
    """Speaks as the plain or the batch cache of the library; which, its stores tell."""

    def __init__(self, stores: Many[Any], bits: int, group_size: int = 0) -> None:
        """`stores`: three caches alike. `group_size` 0: the first keys tell."""
        self._stores = list(stores)
        self.bits = bits
        self.group_size = group_size

    def update_and_fetch(self, keys: mx.array, values: mx.array) -> tuple[tuple[mx.array, ...], tuple[mx.array, ...]]:
        """Keys and values [B, heads, tokens, width] of new tokens in; all of them, quantised, out."""
        if not self.group_size:
            self.group_size = _group_size(keys.shape[-1], values.shape[-1])
        new = [mx.quantize(one, group_size=self.group_size, bits=self.bits) for one in (keys, values)]
        kept = [store.update_and_fetch(*pair) for store, pair in zip(self._stores, zip(*new, strict=True), strict=True)]
        return tuple(pair[0] for pair in kept), tuple(pair[1] for pair in kept)

    @property
    def offset(self) -> Any:
        """Tokens held; of a batch, of each row."""
        return self._stores[0].offset

    @property
    def state(self) -> list[Any]:
        """Arrays, for evaluation."""
        return [store.state for store in self._stores]

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return sum(store.nbytes for store in self._stores)

    def make_mask(self, *args: Any, **kwargs: Any) -> Any:
        """See the library."""
        return self._stores[0].make_mask(*args, **kwargs)

    def size(self) -> int:
        """Tokens held."""
        return self._stores[0].size()

    def empty(self) -> bool:
        """Whether nothing was ever put in."""
        return self._stores[0].empty()

    def is_trimmable(self) -> bool:
        """Always."""
        return True

    def trim(self, count: int) -> int:
        """Forgets the last tokens; returns how many."""
        first, *_ = [store.trim(count) for store in self._stores]
        return first

    def prefix(self, length: int) -> "QuantisedCache":
        """The first tokens; of a plain one."""
        return self._like([prefix_of(store, length) for store in self._stores])

    def merge(self, caches: "Many[QuantisedCache]") -> "QuantisedCache":
        """Plain ones, this among them, as rows of a batch."""
        columns = zip(*(cache._stores for cache in caches), strict=True)
        group_size = max(cache.group_size for cache in caches)
        return QuantisedCache([column[0].merge(list(column)) for column in columns], self.bits, group_size)

    def extend(self, other: "QuantisedCache") -> None:
        """Rows of another batch behind those of this one."""
        for store, more in zip(self._stores, other._stores, strict=True):
            store.extend(more)

    def filter(self, places: list[int]) -> None:
        """Keeps these rows."""
        for store in self._stores:
            store.filter(places)

    def extract(self, place: int) -> "QuantisedCache":
        """One row, as a plain one."""
        return self._like([store.extract(place) for store in self._stores])

    def _like(self, stores: list[Any]) -> "QuantisedCache":
        return QuantisedCache(stores, self.bits, self.group_size)


def is_plain(part: Any) -> bool:
    """Whether it is the ordinary KV cache, of which mlx-lm and mlx-vlm have one each, alike in their fields."""
    return type(part).__name__ == "KVCache"


def can_be_cut(part: Any) -> bool:
    """Whether any number of its first tokens can be had at no cost."""
    return is_plain(part) or isinstance(part, QuantisedCache)


def prefix_of(part: Any, length: int) -> Any:
    """The first tokens of a cache that can be cut."""
    if isinstance(part, QuantisedCache):
        return part.prefix(length)
    one = type(part)()
    one.keys, one.values = part.keys[..., :length, :], part.values[..., :length, :]
    one.offset = length
    return one


def quantised(cache: Many[Any], bits: int | None) -> list[Any]:
    """An empty cache whose plain parts are quantised; windows and states are bounded and stay. Raises
    CannotQuantiseError.
    """
    if bits is None:
        return list(cache)
    if not any(is_plain(part) for part in cache):
        raise CannotQuantiseError("it has no part that keeps all keys and values")
    return [
        QuantisedCache([type(part)() for _ in range(_COMPONENTS)], bits) if is_plain(part) else part for part in cache
    ]


def _group_size(*widths: int) -> int:
    for size in _GROUP_SIZES:
        if all(width % size == 0 for width in widths):
            return size
    raise CannotQuantiseError(f"its heads have {min(widths)} numbers, no multiple of {_GROUP_SIZES[-1]}")

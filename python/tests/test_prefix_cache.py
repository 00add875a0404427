"""What is kept of finished sequences, what is found again, and what has to go."""

from typing import Any

import mlx.core as mx
import pytest

from mlx_workers.generation.prefix_cache import PrefixCache
from mlx_workers.text.lean_imports import caches

WIDTH = 4


def cache_of(tokens: list[int]) -> list[Any]:
    """A KV cache of two layers whose numbers are the tokens themselves."""
    layers: list[Any] = [caches.KVCache(), caches.KVCache()]
    for layer in layers:
        rows = mx.broadcast_to(mx.array(tokens, dtype=mx.float32)[None, None, :, None], (1, 1, len(tokens), WIDTH))
        layer.update_and_fetch(rows, rows)
    return layers


def held(cache: list[Any]) -> list[int]:
    """The tokens that a cache of `cache_of` holds."""
    keys: Any = cache[1].keys_and_values()[0]
    return [int(row[0]) for row in keys[0, 0].tolist()]


def grown(cache: list[Any], tokens: list[int]) -> list[Any]:
    for layer, more in zip(cache, cache_of(tokens), strict=True):
        layer.update_and_fetch(*more.keys_and_values())
    return cache


ONE_ENTRY = sum(layer.nbytes for layer in cache_of([1] * 10))


@pytest.fixture
def kept() -> PrefixCache:
    return PrefixCache(ONE_ENTRY * 3)


def fetch(kept: PrefixCache, tokens: list[int]) -> list[int] | None:
    found = kept.fetch(tokens)
    if found is None:
        return None
    cache, length = found
    assert held(cache) == tokens[:length]
    return tokens[:length]


def test_a_prompt_that_goes_on_from_an_entry_gets_all_of_it(kept: PrefixCache):
    kept.store([1, 2, 3, 4], cache_of([1, 2, 3, 4]))
    assert fetch(kept, [1, 2, 3, 4, 5, 6]) == [1, 2, 3, 4]


def test_a_prompt_that_parts_from_an_entry_gets_what_is_common(kept: PrefixCache):
    kept.store([1, 2, 3, 4], cache_of([1, 2, 3, 4]))
    assert fetch(kept, [1, 2, 9, 4, 5]) == [1, 2]


def test_the_whole_prompt_is_never_fetched(kept: PrefixCache):
    kept.store([1, 2, 3, 4], cache_of([1, 2, 3, 4]))
    assert fetch(kept, [1, 2, 3, 4]) == [1, 2, 3]
    assert fetch(kept, [1]) is None


def test_nothing_in_common_is_nothing_found(kept: PrefixCache):
    assert fetch(kept, [1, 2, 3]) is None
    kept.store([1, 2, 3, 4], cache_of([1, 2, 3, 4]))
    assert fetch(kept, [7, 2, 3, 4, 5]) is None


def test_the_longest_of_several_is_taken(kept: PrefixCache):
    for tokens in ([1, 2, 9], [1, 2, 3, 4, 8], [1, 7]):
        kept.store(tokens, cache_of(tokens))
    assert fetch(kept, [1, 2, 3, 4, 5]) == [1, 2, 3, 4]


def test_a_fetched_cache_that_grows_does_not_change_the_entry(kept: PrefixCache):
    kept.store([1, 2, 3, 4], cache_of([1, 2, 3, 4]))
    first, second = kept.fetch([1, 2, 3, 4, 5]), kept.fetch([1, 2, 3, 4, 6])
    assert first is not None
    assert second is not None
    assert held(grown(first[0], [50, 51])) == [1, 2, 3, 4, 50, 51]
    assert held(grown(second[0], [60])) == [1, 2, 3, 4, 60]
    assert fetch(kept, [1, 2, 3, 4, 5]) == [1, 2, 3, 4]


def test_an_entry_swallows_its_own_beginnings_and_a_beginning_adds_nothing(kept: PrefixCache):
    kept.store([1, 2], cache_of([1, 2]))
    kept.store([1, 2, 3], cache_of([1, 2, 3]))
    assert kept.byte_count == ONE_ENTRY
    kept.store([1], cache_of([1]))
    assert kept.byte_count == ONE_ENTRY


def test_the_least_recently_used_goes_first_and_a_hit_counts_as_use(kept: PrefixCache):
    for first in (1, 2, 3):
        kept.store([first, 5, 6], cache_of([first, 5, 6]))
    assert fetch(kept, [1, 5, 6, 7]) == [1, 5, 6]
    kept.store([4, 5, 6], cache_of([4, 5, 6]))
    assert kept.byte_count <= ONE_ENTRY * 3
    assert fetch(kept, [2, 5, 6, 7]) is None
    assert fetch(kept, [1, 5, 6, 7]) == [1, 5, 6]


def test_an_entry_larger_than_the_bound_is_not_kept_and_drives_nothing_out(kept: PrefixCache):
    kept.store([1, 2, 3], cache_of([1, 2, 3]))
    kept.store(list(range(5, 2000)), cache_of(list(range(5, 2000))))
    assert fetch(kept, [1, 2, 3, 4]) == [1, 2, 3]


def test_with_no_bytes_it_is_off_and_keeps_nothing():
    kept = PrefixCache(0)
    assert not kept.is_on
    kept.store([1, 2, 3], cache_of([1, 2, 3]))
    assert fetch(kept, [1, 2, 3, 4]) is None


class Untrimmable(caches.KVCache):
    """Stands for a state-space model's state: what it took in cannot be taken back."""

    def is_trimmable(self) -> bool:
        return False


def test_a_cache_that_cannot_be_trimmed_is_found_whole_or_not_at_all(kept: PrefixCache):
    layers = cache_of([1, 2, 3])
    for layer in layers:
        layer.__class__ = Untrimmable
    kept.store([1, 2, 3], layers)
    assert fetch(kept, [1, 2, 3, 4]) == [1, 2, 3]
    assert fetch(kept, [1, 2, 4, 5]) is None
    assert fetch(kept, [1, 2, 3]) is None

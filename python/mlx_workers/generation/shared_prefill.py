"""Prompts that begin alike and come together: the first computes what they share, the others take it over.

Plain KV caches can be cut anywhere, so a prompt takes from any sequence that is still there. Other caches (windows,
states) cannot: a copy is kept at the place where a waiting prompt parts from the one that is computed.
"""

from collections.abc import Sequence as Many

from .lineup import Lineup
from .prefix_cache import PrefixCache, common_prefix, copy_cache, copy_prefix
from .quantised_cache import can_be_cut
from .sequence import Sequence


def take_over(sequence: Sequence, lineup: Lineup, grid: int) -> None:
    """Gives a sequence that is about to begin a longer cache than it has, if another sequence has computed one."""
    best, length = None, sequence.held
    for other in lineup.with_cache():
        shared = min(parting(sequence, other, grid), other.held)
        if shared > length:
            best, length = other, shared
    if best is None:
        return
    cache = lineup.cache_of(best)
    if all(can_be_cut(part) for part in cache):
        sequence.cache, sequence.held = copy_prefix(cache, length), length


def partings(sequence: Sequence, waiting: Many[Sequence], grid: int) -> set[int]:
    """Where prompts that have not begun part from this one, if its cache must be kept there to be of use to them."""
    if all(can_be_cut(part) for part in sequence.cache or []):
        return set()
    return {parting(other, sequence, grid) for other in waiting if other.cache is None}


def keep_for_others(sequence: Sequence, places: set[int], prefixes: PrefixCache) -> None:
    """Keeps a copy of the cache at one of its partings."""
    if sequence.cache is not None and sequence.held in places:
        prefixes.store(sequence.keys[: sequence.held], copy_cache(sequence.cache))


def parting(sequence: Sequence, other: Sequence, grid: int) -> int:
    """How many tokens of what `other` prefills `sequence` can take; always fewer than all of its own.

    `grid` is the fixed length of prefill chunks, or 1. The place is one where a chunk of `sequence` alone would have
    ended: its numbers are then those that it would have had alone.
    """
    own_end = len(sequence.tokens) - 1
    common = min(common_prefix(sequence.keys, other.keys), own_end, other.prefill_end)
    if common == other.prefill_end == own_end:
        return common
    return other.began_at + (common - other.began_at) // grid * grid if common > other.began_at else 0

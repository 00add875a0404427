"""KV caches of past sequences, found again by their tokens, within a bound of bytes. Wraps mlx-lm's LRUPromptCache."""

from typing import Any

from mlx_lm.models.cache import LRUPromptCache, make_prompt_cache

_MOST_ENTRIES = 64
_MODEL = "model"


class PrefixCache:
    """`max_bytes` 0 turns it off."""

    def __init__(self, network: Any, max_bytes: int) -> None:
        self._network = network
        self._entries = LRUPromptCache(max_size=_MOST_ENTRIES, max_bytes=max_bytes) if max_bytes else None

    def take(self, tokens: list[int]) -> tuple[list[Any], int]:
        """A cache of the sequence's own and how many of `tokens` it holds already; at least one is left to feed."""
        if self._entries is not None:
            cache, rest = self._entries.fetch_nearest_cache(_MODEL, tokens[:-1])
            if cache is not None:
                return cache, len(tokens) - 1 - len(rest)
        return make_prompt_cache(self._network), 0

    def keep(self, tokens: list[int], cache: list[Any]) -> None:
        """Stores a cache that holds exactly `tokens`; it must not be used by anybody else from here on."""
        if self._entries is not None and tokens:
            self._entries.insert_cache(_MODEL, tokens, cache)

"""The mlx-text worker with a network that breaks down on one token: in a prompt's chunk, or in a decode step."""

import dataclasses
from typing import Any

import mlx.core as mx

from mlx_workers.text import load, main

FATAL_TOKEN = 299

_load_model = load.load_model


class _Fragile:
    """Passes everything on but calls that feed the fatal token."""

    def __init__(self, network: Any) -> None:
        self._network = network

    def __getattr__(self, name: str) -> Any:
        return getattr(self._network, name)

    def __call__(self, tokens: mx.array, cache: Any) -> mx.array:
        if mx.any(tokens == FATAL_TOKEN).item():
            raise RuntimeError("[matmul] failed in /home/somebody/secret.py")
        return self._network(tokens, cache=cache)


def _load_fragile(path: str, requested_context: int | None) -> load.LoadedModel:
    model = _load_model(path, requested_context)
    return dataclasses.replace(model, network=_Fragile(model.network))


if __name__ == "__main__":
    load.load_model = _load_fragile
    main.main()

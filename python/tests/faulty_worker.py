"""The mlx-text worker with a network that breaks down on one token: in a prompt's chunk, or in a decode step."""

import dataclasses
from collections.abc import Sequence as Many
from typing import Any

import mlx.core as mx

from mlx_workers.generation.model import LoadedModel, Network
from mlx_workers.generation.sequence import Sequence
from mlx_workers.generation.tuning import Tuning
from mlx_workers.text import load, main

FATAL_TOKEN = 299

_load_model = load.load_model


class _Fragile:
    """Passes everything on but calls that feed the fatal token."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self.shares_batches = network.shares_batches
        self.make_cache = network.make_cache
        self.prepare = network.prepare

    def prefill(self, sequence: Sequence, count: int) -> None:
        _break_down_on(FATAL_TOKEN in sequence.tokens[sequence.held : sequence.held + count])
        self._network.prefill(sequence, count)

    def decode(self, inputs: mx.array, rows: Many[Sequence], cache: list[Any]) -> mx.array:
        _break_down_on(mx.any(inputs == FATAL_TOKEN).item())
        return self._network.decode(inputs, rows, cache)


def _break_down_on(fatal: object) -> None:
    if fatal:
        raise RuntimeError("[matmul] failed in /home/somebody/secret.py")


def _load_fragile(path: str, requested_context: int | None, tuning: Tuning) -> LoadedModel:
    model = _load_model(path, requested_context, tuning)
    return dataclasses.replace(model, network=_Fragile(model.network))


if __name__ == "__main__":
    load.load_model = _load_fragile
    main.main()

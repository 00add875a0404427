"""The mlx-vision worker, whose first way to run a network gives wrong numbers: the trial at load must fall back."""

from collections.abc import Sequence as Many
from typing import Any

import mlx.core as mx

from mlx_workers.generation.sequence import Sequence
from mlx_workers.vision import load, main
from mlx_workers.vision.network import VisionNetwork


class _Wrong(VisionNetwork):
    def decode(self, inputs: mx.array, rows: Many[Sequence], cache: list[Any]) -> mx.array:
        return -super().decode(inputs, rows, cache)


if __name__ == "__main__":
    load.VisionNetwork = _Wrong
    main.main()

"""The mlx-text worker, with code in it that writes to standard output in every way there is."""

import os
import subprocess

from mlx_workers.generation.model import LoadedModel
from mlx_workers.generation.tuning import Tuning
from mlx_workers.text import load, main

_load_model = load.load_model


def _shout() -> None:
    print("a print", flush=True)
    os.write(1, b"a write\n")
    subprocess.run(["echo", "a child"], check=True)


def _noisy_load_model(path: str, requested_context: int | None, tuning: Tuning) -> LoadedModel:
    _shout()
    return _load_model(path, requested_context, tuning)


if __name__ == "__main__":
    load.load_model = _noisy_load_model
    main.main()

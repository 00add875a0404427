"""Writes the random models of the benchmarks: `python -m bench_models.make_models FOLDER`.

FOLDER/bench/fast and FOLDER/bench/mid are MLX folders, FOLDER/bench/fast-gguf and FOLDER/bench/mid-gguf hold the same
weights as GGUF. Deterministic: the seed is fixed.
"""

import argparse
from pathlib import Path

from .gguf_file import write_gguf
from .hugging_face_files import write_folder
from .random_llama import FAST, MID, unprintable_tokens, weights

_SEED = 20


def main() -> None:
    """Parses the command line and writes all four."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    for name, shape in (("fast", FAST), ("mid", MID)):
        made = weights(shape, seed=_SEED, forbidden=unprintable_tokens(shape))
        write_folder(folder / "bench" / name, shape, made)
        write_gguf(folder / "bench" / f"{name}-gguf" / f"{name}.gguf", shape, made)


if __name__ == "__main__":
    main()

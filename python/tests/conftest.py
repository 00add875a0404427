"""Models and worker processes that tests share. A worker lives for one module; the models are made once."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tiny_model import write_model

from mlx_workers.message import Ready
from worker_client import Worker

ROOT = Path(__file__).resolve().parents[2]
PLENTY_OF_BYTES = 64 * 1024 * 1024


@pytest.fixture(scope="session")
def quantised_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights in 4 bits."""
    return write_model(tmp_path_factory.mktemp("models") / "quantised", quantised=True)


@pytest.fixture(scope="session")
def dense_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same weights in float32."""
    return write_model(tmp_path_factory.mktemp("models") / "dense", quantised=False)


@pytest.fixture(scope="session")
def model_without_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """It cannot chat."""
    return write_model(tmp_path_factory.mktemp("models") / "untold", quantised=True, template=None)


@pytest.fixture(scope="session")
def starter() -> Path:
    """The starter model that set-up converted. Missing, it fails the tests: they are the proof for real weights."""
    default = ROOT / ".runtime/models/starter/smollm2-135m-instruct"
    folder = Path(os.environ.get("MLX_STARTER_MODEL") or default)
    assert (folder / "config.json").exists(), f"no starter model at {folder}: npm start once, or set MLX_STARTER_MODEL"
    return folder


def started(model: Path, **load: Any) -> Worker:
    """A worker that is ready; `load` as in Worker.load."""
    worker = Worker()
    answer = worker.load(model, **load)
    assert isinstance(answer, Ready), answer
    return worker


@pytest.fixture(scope="module")
def worker(quantised_model: Path) -> Iterator[Worker]:
    """4 bits, no prefix cache."""
    with started(quantised_model) as ready:
        yield ready


@pytest.fixture(scope="module")
def dense_worker(dense_model: Path) -> Iterator[Worker]:
    """float32, no prefix cache."""
    with started(dense_model) as ready:
        yield ready


@pytest.fixture(scope="module")
def caching_worker(quantised_model: Path) -> Iterator[Worker]:
    """With a prefix cache."""
    with started(quantised_model, prompt_cache_bytes=PLENTY_OF_BYTES) as ready:
        yield ready


@pytest.fixture(scope="module")
def narrow_worker(model_without_template: Path) -> Iterator[Worker]:
    """One sequence at a time, and no chat template."""
    with started(model_without_template, max_batch=1) as ready:
        yield ready


@pytest.fixture(scope="module")
def short_worker(quantised_model: Path) -> Iterator[Worker]:
    """A context of 20 tokens."""
    with started(quantised_model, context_length=20) as ready:
        yield ready

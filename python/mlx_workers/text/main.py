"""The mlx-text worker: mlx-lm's networks in the shared program."""

from ..generation.program import Loader, run_worker


def main() -> None:
    """Never returns."""
    run_worker("mlx-text", _import_loader)


def _import_loader() -> Loader:
    """With the engine, so that nothing is left to import once the load frame is there."""
    from ..generation import engine as _engine
    from . import load
    from .lean_imports import version

    del _engine
    return Loader(
        load=lambda path, context, tuning: load.load_model(path, context, tuning),
        load_tokenizer=lambda path, context: load.load_tokenizer(path, context),
        version=version,
    )

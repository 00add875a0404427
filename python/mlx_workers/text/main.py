"""The life of the mlx-text worker process: set itself up, load what the first frame names, run the engine."""

import os
import sys

from ..channel import Channel
from ..message import PROTOCOL_VERSION, Error, Load, Ready
from ..process_setup import set_title, set_up_process


def main() -> None:
    """Ends the process: 0 after a shutdown frame, 1 when the model cannot be loaded."""
    set_up_process()
    channel = Channel()
    channel.start()
    load = channel.incoming.get()
    if not isinstance(load, Load):
        print("the first frame has to be a load frame", file=sys.stderr)
        os._exit(1)
    set_title(load.worker_id)
    _serve(load, channel)
    sys.stderr.flush()
    os._exit(0)


def _serve(load: Load, channel: Channel) -> None:
    # Imported here: a worker that is to be told apart in `ps` says so before the seconds that the imports take.
    import mlx.core as mx

    from .failures import LoadError
    from .load import device_name, load_model

    try:
        model = load_model(load.path, load.context_length)
    except LoadError as error:
        channel.send([Error(None, "load_failed", str(error), None)])
        sys.stderr.flush()
        os._exit(1)
    from .engine import Engine

    engine = Engine(model, channel, int(load.prompt_cache_bytes))
    ready = Ready(
        protocol=PROTOCOL_VERSION,
        engine="mlx-text",
        engine_version=_engine_version(),
        device=device_name(),
        context_length=model.context_length,
        vocabulary_size=model.vocabulary_size,
        memory_bytes=mx.get_active_memory(),
    )
    channel.send([ready])
    engine.run()


def _engine_version() -> str:
    from importlib.metadata import version

    return f"mlx-lm {version('mlx-lm')}, mlx {version('mlx')}"

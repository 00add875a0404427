"""The program: sets the process up, loads the model that the first frame names, runs the engine until told to stop.

The main thread is the engine thread; the channel's reader and the signal thread are the only others.
"""

import gc
import os
import sys

from ..channel import Channel
from ..message import PROTOCOL_VERSION, Error, Load, Ready, Shutdown
from ..process_setup import set_title, set_up_process


def main() -> None:
    """Never returns."""
    set_up_process()
    channel = Channel()
    channel.start()
    _import_ahead()
    first = channel.incoming.get()
    if isinstance(first, Shutdown):
        os._exit(0)
    if not isinstance(first, Load):
        print("the first frame is not a load frame", file=sys.stderr, flush=True)
        os._exit(1)
    set_title(first.worker_id)
    _serve(channel, first)
    os._exit(0)


def _import_ahead() -> None:
    """The slow part of a start; by the time it is done the load frame has arrived."""
    from . import engine as _engine
    from . import load as _load

    del _engine, _load


def _serve(channel: Channel, order: Load) -> None:
    import mlx.core as mx

    from .engine import Engine
    from .failures import LoadError
    from .lean_imports import version
    from .load import device_name, load_model

    try:
        if order.protocol != PROTOCOL_VERSION:
            raise LoadError(f"The worker speaks protocol {PROTOCOL_VERSION}, not {order.protocol}.")
        model = load_model(order.path, order.context_length)
    except LoadError as error:
        channel.send([Error(id=None, code="load_failed", message=str(error), param=None)])
        os._exit(1)
    engine = Engine(model, channel, max_batch=order.max_batch, prompt_cache_bytes=int(order.prompt_cache_bytes))
    gc.collect()
    gc.freeze()
    ready = Ready(
        protocol=PROTOCOL_VERSION,
        engine="mlx-text",
        engine_version=version,
        device=device_name(),
        context_length=model.context_length,
        vocabulary_size=model.vocabulary_size,
        sequences=engine.capacity,
        memory_bytes=mx.get_active_memory(),
    )
    channel.send([ready])
    model.tokenizer.codec.prepare()
    engine.run()

"""A worker's program: sets the process up, loads the model that the first frame names, runs the engine until told to
stop. The main thread is the engine thread; the channel's reader and the signal thread are the only others. Nothing that
takes time is imported before they run.

A worker ends by os._exit: its frames are written without a buffer, so nothing is left to flush, and the model's memory
goes with the process. To wind the interpreter down would only take time, with the other threads still running.
"""

import gc
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from ..channel import Channel
from ..message import PROTOCOL_VERSION, Error, Load, Ready, Shutdown
from ..process_setup import set_title, set_up_process

if TYPE_CHECKING:
    from .model import LoadedModel
    from .questions import LoadedTokenizer
    from .tuning import Tuning


Loaded = TypeVar("Loaded")


@dataclass(frozen=True)
class Loader:
    """What one engine brings: `load`, and `load_tokenizer` for all but the weights, raise LoadError, whose text is fit
    for a client.
    """

    load: "Callable[[str, int | None, Tuning], LoadedModel]"
    load_tokenizer: "Callable[[str, int | None], LoadedTokenizer]"
    version: str


def run_worker(engine_name: str, import_loader: Callable[[], Loader]) -> None:
    """Never returns. `import_loader` is the slow part of a start; when it is done the load frame has arrived."""
    set_up_process()
    channel = Channel()
    channel.start()
    loader = import_loader()
    first = channel.incoming.get()
    if isinstance(first, Shutdown):
        os._exit(0)
    if not isinstance(first, Load):
        print("the first frame is not a load frame", file=sys.stderr, flush=True)
        os._exit(1)
    set_title(first.worker_id)
    if first.purpose == "tokenize":
        _serve_questions(channel, first, engine_name, loader)
    elif first.purpose == "embed":
        _serve_embeddings(channel, first, engine_name, loader)
    else:
        _serve(channel, first, engine_name, loader)
    os._exit(0)


class _Bounds(Protocol):
    """What of a loaded model the server enforces."""

    @property
    def context_length(self) -> int: ...
    @property
    def vocabulary_size(self) -> int: ...


def _report_ready(
    channel: Channel,
    engine_name: str,
    loader: Loader,
    bounds: _Bounds,
    *,
    device: str = "cpu",
    sequences: int = 1,
    pausable: int = 0,
    memory_bytes: int = 0,
) -> None:
    ready = Ready(
        protocol=PROTOCOL_VERSION,
        engine=engine_name,
        engine_version=loader.version,
        device=device,
        context_length=bounds.context_length,
        vocabulary_size=bounds.vocabulary_size,
        sequences=sequences,
        pausable=pausable,
        memory_bytes=memory_bytes,
    )
    channel.send([ready])


def _serve_questions(channel: Channel, order: Load, engine_name: str, loader: Loader) -> None:
    from .questions import answer_questions

    model = _loaded(channel, order, lambda: loader.load_tokenizer(order.path, order.context_length))
    _report_ready(channel, engine_name, loader, model)
    model.tokenizer.codec.prepare()
    answer_questions(model, channel)


def _serve_embeddings(channel: Channel, order: Load, engine_name: str, loader: Loader) -> None:
    import mlx.core as mx

    from ..embedding.answer import answer_embeds
    from ..embedding.load import load_embedder
    from .device import device_name
    from .tuning import tuning_of

    embedder = _loaded(channel, order, lambda: load_embedder(order.path, order.context_length, tuning_of(order)))
    _report_ready(channel, engine_name, loader, embedder, device=device_name(), memory_bytes=mx.get_active_memory())
    answer_embeds(embedder, channel)


def _loaded(channel: Channel, order: Load, load: Callable[[], Loaded]) -> Loaded:
    """What `load` made of the order. Ends the process where it cannot."""
    from .failures import LoadError

    try:
        if order.protocol != PROTOCOL_VERSION:
            raise LoadError(f"The worker speaks protocol {PROTOCOL_VERSION}, not {order.protocol}.")
        return load()
    except LoadError as error:
        channel.send([Error(id=None, code="load_failed", message=str(error), param=None)])
        os._exit(1)


def _serve(channel: Channel, order: Load, engine_name: str, loader: Loader) -> None:
    import mlx.core as mx

    from .device import default_stall_target_ms, device_name, largest_prefill_chunk
    from .engine import Engine
    from .prefill_pace import PrefillPace
    from .tuning import tuning_of

    model = _loaded(channel, order, lambda: loader.load(order.path, order.context_length, tuning_of(order)))
    target_ms = default_stall_target_ms() if order.decode_stall_target_ms is None else order.decode_stall_target_ms
    if not model.network.shares_batches:
        target_ms = None  # Nobody decodes beside a prompt, which may have to go through in one piece.
    pace = PrefillPace(model.prefill_tokens, largest_prefill_chunk(model.prefill_tokens), target_ms)
    engine = Engine(
        model,
        channel,
        pace,
        max_batch=order.max_batch,
        prompt_cache_bytes=int(order.prompt_cache_bytes),
        cache_tokens=order.cache_tokens if isinstance(order.cache_tokens, int) else None,
    )
    gc.collect()
    gc.freeze()
    _report_ready(
        channel,
        engine_name,
        loader,
        model,
        device=device_name(),
        sequences=engine.capacity,
        pausable=engine.pausable,
        memory_bytes=mx.get_active_memory(),
    )
    model.tokenizer.codec.prepare()
    engine.run()

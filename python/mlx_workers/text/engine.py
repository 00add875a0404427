"""The generation loop of one model: takes frames from the queue, answers with frames. All MLX work is on its thread.

Each turn: what came in, one decode step for every running row, one prefill chunk for one waiting prompt.
"""

import sys
import traceback
from collections import deque

import mlx.core as mx

from ..channel import Channel
from ..message import Cancel, Delta, End, Error, FromWorker, Generate, Load, Shutdown, Step, ToWorker
from .decode_batch import DecodeBatch, Row, can_merge
from .failures import RequestError
from .load import LoadedModel
from .prefill import Prefill
from .prefix_cache import PrefixCache
from .sequence import Finish, Sequence, start_sequence, with_logprobs

_STEPS_BETWEEN_CLEANING = 512


class Engine:
    """Runs until a shutdown frame."""

    def __init__(self, model: LoadedModel, channel: Channel, prompt_cache_bytes: int) -> None:
        self._model = model
        self._channel = channel
        self._prefixes = PrefixCache(model.network, prompt_cache_bytes)
        self._waiting: deque[Sequence] = deque()
        self._prefill: Prefill | None = None
        self._batches: list[DecodeBatch] = []
        self._steps = 0

    def run(self) -> None:
        """Blocks while there is nothing to do; returns after a shutdown frame."""
        while self._take_in():
            for batch in list(self._batches):
                self._decode(batch)
            self._fill()

    @property
    def _idle(self) -> bool:
        return not (self._batches or self._prefill or self._waiting)

    def _take_in(self) -> bool:
        """Handles all frames that are there, and waits for one when idle. False after a shutdown frame."""
        incoming = self._channel.incoming
        while self._idle or not incoming.empty():
            if not self._handle(incoming.get()):
                return False
        return True

    def _handle(self, message: ToWorker) -> bool:
        if isinstance(message, Generate):
            self._start(message)
        elif isinstance(message, Cancel):
            self._cancel(message.id)
        elif isinstance(message, Shutdown):
            self._cancel(None)
            return False
        elif isinstance(message, Load):
            print("a second load frame is ignored", file=sys.stderr)
        return True

    def _start(self, request: Generate) -> None:
        try:
            sequence, finish = start_sequence(request, self._model)
        except RequestError as error:
            self._send([Error(request.id, error.code, error.message, error.param)])
        except Exception:
            self._send([self._internal_error(request.id)])
        else:
            if finish is None:
                self._waiting.append(sequence)
            else:
                self._send([sequence.end(finish)])

    def _cancel(self, request_id: str | None) -> None:
        """Ends the sequence of that id, wherever it is; None ends all."""
        ended: list[FromWorker] = []

        def concerns(sequence: Sequence) -> bool:
            return request_id is None or sequence.id == request_id

        ended += [one.end(Finish("cancelled")) for one in self._waiting if concerns(one)]
        self._waiting = deque(one for one in self._waiting if not concerns(one))
        if self._prefill is not None and concerns(self._prefill.sequence):
            ended.append(self._prefill.sequence.end(Finish("cancelled")))
            self._prefixes.keep(self._prefill.fed_tokens(), self._prefill.cache)
            self._prefill = None
        for batch in list(self._batches):
            rows = [row for row in batch.rows if concerns(row.sequence)]
            ended += [row.sequence.end(Finish("cancelled")) for row in rows]
            self._release(batch, rows)
        self._send(ended)

    def _decode(self, batch: DecodeBatch) -> None:
        try:
            deltas: list[Delta] = []
            ends: list[End] = []
            left: list[Row] = []
            for stepped in batch.step():
                sequence = stepped.row.sequence
                delta, finish = sequence.accept(stepped.token, self._model.tokenizer.end_ids)
                if delta is not None:
                    if stepped.pending is not None:
                        entry = stepped.pending.read(stepped.token, self._model.tokenizer.text_of)
                        delta = with_logprobs(delta, entry)
                    deltas.append(delta)
                if finish is not None:
                    ends.append(sequence.end(finish))
                    left.append(stepped.row)
            self._send([*([Step(deltas)] if deltas else []), *ends])
            self._release(batch, left)
        except Exception:
            self._batches.remove(batch)
            self._send([self._internal_error(row.sequence.id) for row in batch.rows])
        self._steps += 1
        if self._steps % _STEPS_BETWEEN_CLEANING == 0:
            mx.clear_cache()

    def _release(self, batch: DecodeBatch, rows: list[Row]) -> None:
        """Takes rows out of their batch; what they computed stays in the prefix cache."""
        for row in rows:
            self._prefixes.keep(row.sequence.known(), batch.cache_of(row))
        batch.leave(rows)
        if not batch.rows and batch in self._batches:
            self._batches.remove(batch)

    def _fill(self) -> None:
        """One chunk of one prompt; a prompt that is in joins the rows that decode."""
        if self._prefill is None:
            if not self._waiting:
                return
            sequence = self._waiting.popleft()
            self._prefill = Prefill(self._model.network, sequence, self._prefixes, self._model.prefill_tokens)
            self._send([self._prefill.progress()])
        prefill = self._prefill
        try:
            if not prefill.done:
                prefill.advance()
                self._send([prefill.progress()])
            if prefill.done:
                self._prefill = None
                self._batch_for(prefill.cache).join(prefill.sequence, prefill.tokens[-1], prefill.cache)
        except Exception:
            self._prefill = None
            self._send([self._internal_error(prefill.sequence.id)])
            self._batches = [batch for batch in self._batches if batch.rows]

    def _batch_for(self, cache: list[object]) -> DecodeBatch:
        if self._batches and can_merge(cache):
            return self._batches[0]
        batch = DecodeBatch(self._model.network)
        self._batches.append(batch)
        return batch

    def _send(self, frames: list[FromWorker]) -> None:
        if frames:
            self._channel.send(frames)

    @staticmethod
    def _internal_error(request_id: str) -> Error:
        traceback.print_exc()
        return Error(request_id, "internal", "The engine failed on this request.", None)

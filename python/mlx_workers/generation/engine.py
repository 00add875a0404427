"""The generation loop: takes commands, prefills, steps the batch, sends what came of it. All MLX work is done here.

Holds no policy: sequences are served in the order they came, as many at once as `load` allowed.
"""

import sys
import traceback
from collections import deque
from queue import SimpleQueue

import mlx.core as mx
from msgspec import UNSET

from ..channel import Channel
from ..message import (
    Cancel,
    Delta,
    Error,
    FinishReason,
    FromWorker,
    Generate,
    PrefillProgress,
    PromptLogprobs,
    Shutdown,
    Step,
    ToWorker,
)
from .batch import RunningBatch, Sampled, can_merge
from .failures import RequestError
from .model import LoadedModel
from .prefill import begin_prefill, prefill_chunk
from .prefix_cache import PrefixCache
from .sequence import Sequence

_STEPS_BETWEEN_CACHE_CLEARS = 512


class Engine:
    """Every sequence is in exactly one place: waiting, joining, or a row of the batch. `capacity` rows run together."""

    def __init__(self, model: LoadedModel, channel: Channel, *, max_batch: int, prompt_cache_bytes: int) -> None:
        self._model = model
        self._channel = channel
        self._incoming: SimpleQueue[ToWorker] = channel.incoming
        network = model.network
        self.capacity = max_batch if network.shares_batches and can_merge(network.make_cache()) else 1
        self._prefixes = PrefixCache(prompt_cache_bytes if network.shares_batches else 0)
        self._batch = RunningBatch(network, keeps_caches=self._prefixes.is_on)
        self._waiting: deque[Sequence] = deque()
        self._joining: list[Sequence] = []
        self._outbox: list[FromWorker] = []
        self._steps = 0
        self._running = True

    def run(self) -> None:
        """Returns after `shutdown`."""
        while self._running:
            self._take_commands()
            self._prefill()
            if self._joining or self._batch.rows:
                self._step()
            self._send()

    def _send(self) -> None:
        if self._outbox:
            self._channel.send(self._outbox)
            self._outbox = []

    def _take_commands(self) -> None:
        """Waits for one only when there is nothing else to do."""
        if not (self._waiting or self._joining or self._batch.rows):
            self._send()
            self._obey(self._incoming.get())
        while self._running and not self._incoming.empty():
            self._obey(self._incoming.get())

    def _obey(self, command: ToWorker) -> None:
        match command:
            case Generate():
                self._accept(command)
            case Cancel(id=request_id):
                self._cancel([sequence for sequence in self._all() if sequence.id == request_id])
            case Shutdown():
                self._cancel(self._all())
                self._send()
                self._running = False
            case _:
                print(f"ignored a {type(command).__name__} frame after the load", file=sys.stderr, flush=True)

    def _all(self) -> list[Sequence]:
        return [*self._waiting, *self._joining, *self._batch.rows]

    def _cancel(self, sequences: list[Sequence]) -> None:
        ended: list[tuple[Sequence, FinishReason]] = [(sequence, "cancelled") for sequence in sequences]
        self._finish(ended)

    def _accept(self, request: Generate) -> None:
        try:
            if any(sequence.id == request.id for sequence in self._all()):
                print("ignored a second generate frame with the id of a running one", file=sys.stderr, flush=True)
                return
            self._waiting.append(Sequence(request, self._model))
        except RequestError as error:
            self._outbox.append(Error(id=request.id, code=error.code, message=error.message, param=error.param))
        except Exception:
            self._fail([request.id], "preparing a request")

    def _prefill(self) -> None:
        """Chunks of one length in all for each step of the batch, so that those who decode wait for one chunk only."""
        budget = self._model.prefill_tokens
        while budget > 0 and self._waiting and len(self._joining) + len(self._batch.rows) < self.capacity:
            sequence = self._waiting[0]
            try:
                budget -= self._prefill_some(sequence)
            except Exception:
                self._waiting.remove(sequence)
                self._fail([sequence.id], "prefilling")
            self._send()
            self._take_commands()
            if not self._running:
                return

    def _prefill_some(self, sequence: Sequence) -> int:
        if sequence.cache is None:
            begin_prefill(sequence, self._model, self._prefixes)
            self._report_prefill(sequence, sequence.cached)
            if sequence.resumed_end is not None:
                self._finish([(sequence, sequence.resumed_end)])
                return 0
            self._send()
        count = prefill_chunk(sequence, self._model)
        if sequence.to_prefill == 0:
            self._report_prefill(sequence, sequence.prompt_tokens)
            if sequence.scores:
                self._outbox.append(PromptLogprobs(id=sequence.id, entries=sequence.scores.entries))
            if sequence.limit == 0:
                self._finish([(sequence, "length")])
                return count
            self._waiting.popleft()
            self._joining.append(sequence)
        else:
            self._report_prefill(sequence, min(sequence.held, sequence.prompt_tokens))
        return count

    def _report_prefill(self, sequence: Sequence, processed: int) -> None:
        self._outbox.append(
            PrefillProgress(id=sequence.id, processed=processed, total=sequence.prompt_tokens, cached=sequence.cached)
        )

    def _step(self) -> None:
        try:
            if self._joining:
                self._batch.join(self._joining)
                self._joining = []
            sampled = self._batch.step()
        except Exception:
            self._abandon_batch()
            return
        self._emit(sampled)
        self._steps += 1
        if self._steps % _STEPS_BETWEEN_CACHE_CLEARS == 0:
            mx.clear_cache()

    def _emit(self, sampled: list[Sampled]) -> None:
        deltas: list[Delta] = []
        finished: list[tuple[Sequence, FinishReason]] = []
        text_of = self._model.tokenizer.text_of
        for row, token_id, pending in sampled:
            text, counts, reason = row.accept(token_id)
            if counts:
                logprobs = UNSET if pending is None else [pending.read(token_id, text_of)]
                deltas.append(Delta(row.id, [token_id], text, logprobs))
            elif text:
                deltas.append(Delta(row.id, [], text, UNSET if pending is None else []))
            if reason is not None:
                finished.append((row, reason))
        if deltas:
            self._outbox.append(Step(deltas))
        if finished:
            self._finish(finished)

    def _finish(self, ended: list[tuple[Sequence, FinishReason]]) -> None:
        """Takes the sequences out of wherever they are, keeps their caches and reports their ends."""
        gone = {id(sequence) for sequence, _ in ended}
        self._waiting = deque(sequence for sequence in self._waiting if id(sequence) not in gone)
        self._joining = [sequence for sequence in self._joining if id(sequence) not in gone]
        rows = [row for row in self._batch.rows if id(row) in gone]
        if rows:
            self._batch.leave(rows)
        for sequence, reason in ended:
            if sequence.cache is not None and self._prefixes.is_on:
                self._prefixes.store(sequence.keys[: sequence.held], sequence.cache)
                sequence.cache = None
            self._outbox.append(sequence.end(reason))

    def _abandon_batch(self) -> None:
        """After a step that raised nothing of the batch can be trusted: its sequences fail, the worker goes on."""
        failed = [*self._joining, *self._batch.rows]
        self._joining = []
        self._batch = RunningBatch(self._model.network, keeps_caches=self._prefixes.is_on)
        self._prefixes.clear()
        self._fail([sequence.id for sequence in failed], "a step")

    def _fail(self, request_ids: list[str], doing: str) -> None:
        traceback.print_exc()
        message = f"The worker failed while {doing}."
        self._outbox += [Error(id=one, code="internal", message=message, param=None) for one in request_ids]

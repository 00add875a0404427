"""The generation loop: takes commands, prefills, steps the batch, sends what came of it. All MLX work is done here.

Holds no policy: sequences are served in the order they came, as many at once as `load` allowed.
"""

import sys
from collections.abc import Callable
from queue import SimpleQueue

import mlx.core as mx
from msgspec import UNSET

from ..channel import Channel
from ..message import (
    Cancel,
    Continue,
    Generate,
    Pause,
    Paused,
    PrefillProgress,
    PromptLogprobs,
    Shutdown,
    Step,
    ToWorker,
)
from ..message_parts import Delta, FinishReason
from .admission import Admission
from .batch import Sampled, can_merge
from .cache_room import CacheRoom
from .drafting import Drafter
from .lineup import Lineup
from .model import LoadedModel
from .outbox import Outbox
from .prefill import Prefill
from .prefill_pace import PrefillPace
from .prefix_cache import PrefixCache
from .sequence import Sequence

_STEPS_BETWEEN_CACHE_CLEARS = 512


class Engine:
    """`capacity` sequences run together, `pausable` more may be paused."""

    def __init__(
        self,
        model: LoadedModel,
        channel: Channel,
        pace: PrefillPace,
        *,
        max_batch: int,
        prompt_cache_bytes: int,
        cache_tokens: int | None = None,
    ) -> None:
        self._model = model
        self._incoming: SimpleQueue[ToWorker | Callable[[], None]] = channel.incoming
        network = model.network
        self.capacity = max_batch if network.shares_batches and can_merge(network.make_cache()) else 1
        self.pausable = self.capacity if network.shares_batches else 0
        self._prefixes = PrefixCache(prompt_cache_bytes if network.shares_batches else 0)
        self._prefill = Prefill(model, self._prefixes, pace)
        drafter = None if model.draft is None else Drafter(model.draft)
        self._lineup = Lineup(network, keeps_caches=self._prefixes.is_on, drafter=drafter)
        self._outbox = Outbox(channel)
        self._admission = Admission(model, self._lineup, self._outbox, self._incoming)
        self._room = CacheRoom(cache_tokens)
        self._steps = 0
        self._running = True

    def run(self) -> None:
        """Returns after `shutdown`."""
        while self._running:
            self._take_commands()
            self._prefill_prompts()
            self._keep_within_room()
            if self._lineup.running:
                self._step()
            self._outbox.flush()

    def _take_commands(self) -> None:
        """Waits for one only when there is nothing else to do."""
        if self._lineup.is_idle:
            self._outbox.flush()
            self._obey(self._incoming.get())
        while self._running and not self._incoming.empty():
            self._obey(self._incoming.get())

    def _obey(self, command: ToWorker | Callable[[], None]) -> None:
        match command:
            case Generate():
                self._admission.accept(command)
            case Cancel(id=request_id):
                self._cancel(self._lineup.named(request_id))
            case Pause(id=request_id):
                self._pause(request_id)
            case Continue(id=request_id):
                self._continue(request_id)
            case Shutdown():
                self._cancel(self._lineup.all())
                self._outbox.flush()
                self._running = False
            case _ if callable(command):
                command()
            case _:
                print(f"ignored a {type(command).__name__} frame after the load", file=sys.stderr, flush=True)

    def _pause(self, request_id: str) -> None:
        for sequence in self._lineup.named(request_id):
            if sequence not in self._lineup.paused and len(self._lineup.paused) < self.pausable:
                self._lineup.pause(sequence)
                self._prefixes.reserve(self._lineup.paused_bytes())
                self._outbox.put(Paused(id=request_id))

    def _continue(self, request_id: str) -> None:
        for sequence in self._lineup.named(request_id):
            if sequence in self._lineup.paused:
                self._lineup.resume(sequence)
                self._prefixes.reserve(self._lineup.paused_bytes())

    def _cancel(self, sequences: list[Sequence]) -> None:
        ended: list[tuple[Sequence, FinishReason]] = [(sequence, "cancelled") for sequence in sequences]
        self._finish(ended)

    def _prefill_prompts(self) -> None:
        """Chunks of one length in all for each step of the batch, so that those who decode wait for one chunk only."""
        pace = self._prefill.pace
        budget = pace.budget(decoding=bool(self._lineup.running))
        while budget >= pace.smallest and self._lineup.waiting and len(self._lineup.running) < self.capacity:
            sequence = self._lineup.waiting[0]
            if not self._room.admits(sequence, self._lineup):
                return
            try:
                budget -= self._prefill_some(sequence, budget)
            except Exception:
                self._lineup.waiting.remove(sequence)
                self._outbox.fail([sequence.id], "prefilling")
            self._outbox.flush()
            self._take_commands()
            if not self._running:
                return

    def _keep_within_room(self) -> None:
        """Rows that came last give way to those before them. All who wait give a sign of life."""
        for sequence in reversed(self._room.surplus(self._lineup)):
            self._lineup.take_out([sequence])
            self._keep(sequence)
            self._lineup.send_back(sequence)
        if self._room.is_time_to_tell():
            for sequence in self._lineup.waiting:
                if sequence.cache is None:
                    self._report_prefill(sequence, sequence.prompt_tokens if sequence.begun_before else 1)

    def _prefill_some(self, sequence: Sequence, budget: int) -> int:
        if sequence.is_prefilled:
            self._lineup.joining.append(self._lineup.waiting.popleft())
            return 0
        if sequence.cache is None:
            self._prefill.begin(sequence, self._lineup)
            self._report_prefill(sequence, sequence.prompt_tokens if sequence.begun_before else sequence.cached)
            if sequence.said is not None:
                self._outbox.put(Step([sequence.said]))
                sequence.said = None
            if sequence.given_end is not None:
                self._finish([(sequence, sequence.given_end)])
                return 0
            self._outbox.flush()
        count = self._prefill.chunk(sequence, self._lineup.waiting, budget)
        if sequence.to_prefill == 0:
            self._report_prefill(sequence, sequence.prompt_tokens)
            if sequence.scores:
                self._outbox.put(PromptLogprobs(id=sequence.id, entries=sequence.scores.entries))
            if sequence.limit == 0:
                self._finish([(sequence, "length")])
                return count
            self._lineup.waiting.popleft()
            self._lineup.joining.append(sequence)
        else:
            self._report_prefill(sequence, min(sequence.held, sequence.prompt_tokens))
        return count

    def _report_prefill(self, sequence: Sequence, processed: int) -> None:
        self._outbox.put(
            PrefillProgress(
                id=sequence.id,
                processed=processed,
                total=sequence.prompt_tokens,
                cached=sequence.cached,
                prompt_end=sequence.prompt_end,
            )
        )

    def _step(self) -> None:
        try:
            sampled = self._lineup.step()
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
            if any(row is one for one, _ in finished):
                continue
            if row.fault is not None:
                finished.append((row, "cancelled"))
                continue
            text, counts, reason = row.accept(token_id)
            if counts:
                logprobs = UNSET if pending is None else [pending.read(token_id, text_of)]
                deltas.append(Delta(row.id, [token_id], text, logprobs))
            elif text:
                deltas.append(Delta(row.id, [], text, UNSET if pending is None else []))
            if reason is not None:
                finished.append((row, reason))
        if deltas:
            self._outbox.put(Step(deltas))
        if finished:
            self._finish(finished)

    def _finish(self, ended: list[tuple[Sequence, FinishReason]]) -> None:
        """Takes the sequences out of wherever they are, keeps their caches and reports their ends."""
        self._lineup.take_out([sequence for sequence, _ in ended])
        self._prefixes.reserve(self._lineup.paused_bytes())
        for sequence, reason in ended:
            self._keep(sequence)
            self._outbox.put(sequence.end(reason))

    def _keep(self, sequence: Sequence) -> None:
        """For prompts that begin alike."""
        if sequence.cache is not None and self._prefixes.is_on:
            self._prefixes.store(sequence.keys[: sequence.held], sequence.cache)
            sequence.cache = None

    def _abandon_batch(self) -> None:
        """After a step that raised nothing of the batch can be trusted: its sequences fail, the worker goes on."""
        failed = self._lineup.drop_running()
        self._prefixes.clear()
        self._outbox.fail([sequence.id for sequence in failed], "a step")

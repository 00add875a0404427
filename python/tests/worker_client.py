"""A server's side of the pipes for tests: starts a worker process, sends frames, collects what comes back."""

import os
import select
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Literal

from msgspec import UNSET, UnsetType

from mlx_workers.frame import encode_frames, from_worker_reader
from mlx_workers.message import (
    PROTOCOL_VERSION,
    Cancel,
    Continue,
    End,
    Error,
    FromWorker,
    Generate,
    Load,
    Pause,
    Paused,
    Ping,
    PrefillProgress,
    PromptLogprobs,
    Ready,
    Shutdown,
    Step,
    ToWorker,
)
from mlx_workers.message_parts import Delta, PromptLogprob, Purpose, SampledLogprob

PYTHON_FOLDER = Path(__file__).resolve().parent.parent


@dataclass
class Answer:
    """All frames of one request, put together."""

    text: str = ""
    tokens: list[int] = field(default_factory=list[int])
    logprobs: list[SampledLogprob] = field(default_factory=list[SampledLogprob])
    progress: list[PrefillProgress] = field(default_factory=list[PrefillProgress])
    prompt: list[PromptLogprob] = field(default_factory=list[PromptLogprob])
    last: End | Error | None = None

    @property
    def end(self) -> End:
        assert isinstance(self.last, End), self.last
        return self.last

    @property
    def error(self) -> Error:
        assert isinstance(self.last, Error), self.last
        return self.last

    def add(self, message: Delta | PrefillProgress | PromptLogprobs | End | Error) -> None:
        assert self.last is None, f"{message} after {self.last}"
        match message:
            case Delta():
                assert self.progress, "a delta before the first prefill-progress"
                self.text += message.text
                self.tokens += message.token_ids
                if isinstance(message.logprobs, list):
                    assert len(message.logprobs) == len(message.token_ids)
                    self.logprobs += message.logprobs
            case PrefillProgress():
                self.progress.append(message)
            case PromptLogprobs():
                self.prompt = message.entries
            case End() | Error():
                self.last = message


class Worker:
    """One worker process. Its standard error goes to the test's."""

    def __init__(self, *arguments: str, module: str = "mlx_workers.text") -> None:
        environment = os.environ | {"PYTHONPATH": str(PYTHON_FOLDER)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env=environment,
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._input, self._output = self.process.stdin, self.process.stdout
        self._reader = from_worker_reader()
        self._arrived: list[FromWorker] = []
        self.answers: dict[str, Answer] = {}

    def __enter__(self) -> "Worker":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the process however it is and waits for it."""
        self._input.close()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._output.close()

    def send(self, *messages: ToWorker) -> None:
        """Writes the frames at once."""
        self._input.write(encode_frames(messages))

    def receive(self, *, timeout: float = 60) -> FromWorker | None:
        """The next frame; None at the end of the stream."""
        deadline = time.monotonic() + timeout
        while not self._arrived:
            ready, _, _ = select.select([self._output], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise TimeoutError("no frame from the worker")
            data = self._output.read(1 << 16)
            if not data:
                return None
            self._arrived += self._reader.feed(data)
        message = self._arrived.pop(0)
        self._record(message)
        return message

    def receive_until(self, wanted: Callable[[FromWorker], bool], *, timeout: float = 60) -> FromWorker:
        """The first frame that `wanted` accepts; those before it are recorded."""
        deadline = time.monotonic() + timeout
        while True:
            message = self.receive(timeout=max(0.0, deadline - time.monotonic()))
            if message is None:
                raise EOFError("the worker ended")
            if wanted(message):
                return message

    def load(
        self,
        path: Path | str,
        *,
        context_length: int | None = None,
        max_batch: int = 32,
        prompt_cache_bytes: int = 0,
        decode_stall_target_ms: int | None = None,
        cache_tokens: int | UnsetType = UNSET,
        protocol: int = PROTOCOL_VERSION,
        purpose: Purpose | UnsetType = UNSET,
        kv_bits: Literal[4, 8] | UnsetType = UNSET,
        draft: Path | UnsetType = UNSET,
        adapter: Path | UnsetType = UNSET,
    ) -> FromWorker:
        """Sends the load frame and returns the answer to it."""
        self.send(
            Load(
                protocol=protocol,
                worker_id="test",
                model="test/model",
                path=str(path),
                context_length=context_length,
                max_batch=max_batch,
                prompt_cache_bytes=prompt_cache_bytes,
                decode_stall_target_ms=decode_stall_target_ms,
                cache_tokens=cache_tokens,
                purpose=purpose,
                kv_bits=kv_bits,
                draft_path=str(draft) if isinstance(draft, Path) else UNSET,
                adapter_path=str(adapter) if isinstance(adapter, Path) else UNSET,
            )
        )
        return self.receive_until(lambda message: isinstance(message, Ready | Error))

    def ask(self, *requests: Generate, timeout: float = 120) -> list[Answer]:
        """Sends the requests together and waits for the last frame of each."""
        for request in requests:
            self.answers.pop(request.id, None)
        self.send(*requests)
        return [self.wait(request.id, timeout=timeout) for request in requests]

    def wait(self, request_id: str, *, timeout: float = 120) -> Answer:
        """The whole answer of a request that was sent."""
        answer = self.answers.setdefault(request_id, Answer())
        if answer.last is None:
            self.receive_until(lambda _: answer.last is not None, timeout=timeout)
        return answer

    def cancel(self, request_id: str) -> None:
        """Sends a cancel frame."""
        self.send(Cancel(id=request_id))

    def pause(self, request_id: str) -> FromWorker:
        """Sends a pause frame and waits for its answer: `paused`, or the end that came before it."""
        self.send(Pause(id=request_id))
        return self.receive_until(
            lambda message: isinstance(message, Paused | End | Error) and message.id == request_id
        )

    def go_on(self, request_id: str) -> None:
        """Sends a continue frame."""
        self.send(Continue(id=request_id))

    def ping(self, nonce: int) -> None:
        """Sends a ping frame."""
        self.send(Ping(nonce=nonce))

    def shut_down(self) -> int:
        """Sends shutdown, takes everything that still comes, returns the exit status."""
        self.send(Shutdown())
        while self.receive() is not None:
            pass
        return self.process.wait(timeout=10)

    def _record(self, message: FromWorker) -> None:
        match message:
            case Step():
                for delta in message.deltas:
                    self.answers.setdefault(delta.id, Answer()).add(delta)
            case PrefillProgress() | PromptLogprobs() | End():
                self.answers.setdefault(message.id, Answer()).add(message)
            case Error(id=str() as request_id):
                self.answers.setdefault(request_id, Answer()).add(message)
            case _:
                pass

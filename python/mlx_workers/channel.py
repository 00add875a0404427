"""A worker's end of its pipes: a reader thread on standard input, a writer on what was standard output.

Answers pings itself and ends the process when the server is gone; everything else goes to the queue, unread.
"""

import os
import select
import sys
import threading
from collections.abc import Callable, Iterable
from queue import SimpleQueue

from .block_frame import Block, BlockFrame, BlockInline, BlockNames, BlockRefused, BlockTaken
from .block_lane import BlockLane
from .frame import FrameReader, ProtocolError, encode_body, encode_frames, join_frames, to_worker_reader
from .message import FromWorker, Ping, Pong, ToWorker

_READ_BYTES = 1 << 16
_EXIT_SERVER_GONE = 0
_EXIT_PROTOCOL_ERROR = 1
_ANSWERS = (BlockTaken, BlockRefused, BlockInline, BlockNames)


class Channel:
    """Frames in and out. `incoming` is filled by the reader thread; `send` may be called from any thread.

    A callable in `incoming` is work that another thread of the worker hands to the one that reads the queue.
    """

    def __init__(self) -> None:
        """Takes over fd 1: from here on, whatever prints to standard output lands on standard error."""
        self.incoming: SimpleQueue[ToWorker | Callable[[], None]] = SimpleQueue()
        self._output = os.dup(1)
        os.dup2(2, 1)
        self._write_lock = threading.Lock()
        self._lane = BlockLane(lambda frame: self._write(encode_frames([frame])))

    def start(self) -> None:
        """Starts the reader thread, which lives as long as the process."""
        threading.Thread(target=self._read, name="frame-reader", daemon=True).start()

    def send(self, messages: Iterable[FromWorker]) -> None:
        """Writes the frames with one call where the pipe takes them. Ends the process when the pipe is broken."""
        self._write(join_frames(self._in_block_or_inline(encode_body(message)) for message in messages))

    def _in_block_or_inline(self, body: bytes) -> bytes:
        block = self._lane.offer(body)
        return body if block is None else encode_body(block)

    def _write(self, data: bytes) -> None:
        frames = memoryview(data)
        with self._write_lock:
            while frames:
                try:
                    frames = frames[os.write(self._output, frames) :]
                except BlockingIOError:
                    select.select([], [self._output], [])
                except BrokenPipeError:
                    os._exit(_EXIT_SERVER_GONE)

    def _read(self) -> None:
        reader = to_worker_reader()
        waiting: list[ToWorker | Block] = []
        try:
            while data := self._read_some():
                for frame in reader.feed(data):
                    if self._lane.holding and not isinstance(frame, _ANSWERS):
                        waiting.append(frame)
                        continue
                    self._receive(frame, reader)
                    while waiting and not self._lane.holding:
                        self._receive(waiting.pop(0), reader)
        except ProtocolError as error:
            print(f"protocol error, giving the server up: {error}", file=sys.stderr, flush=True)
            os._exit(_EXIT_PROTOCOL_ERROR)
        os._exit(_EXIT_SERVER_GONE)

    def _receive(self, frame: ToWorker | BlockFrame, reader: FrameReader[ToWorker | BlockFrame]) -> None:
        if isinstance(frame, BlockFrame):
            body = self._lane.receive(frame)
            if body is not None:
                self._receive(reader.decode(body), reader)
        elif isinstance(frame, Ping):
            self.send([Pong(frame.nonce)])
        else:
            self.incoming.put(frame)

    @staticmethod
    def _read_some() -> bytes:
        while True:
            try:
                return os.read(0, _READ_BYTES)
            except BlockingIOError:
                select.select([0], [], [])
            except ConnectionResetError:
                return b""

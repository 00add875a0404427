"""A worker's end of its pipes: a reader thread on standard input, a writer on what was standard output.

Answers pings itself and ends the process when the server is gone; everything else goes to the queue, unread.
"""

import os
import select
import sys
import threading
from collections.abc import Iterable
from queue import SimpleQueue

from .frame import ProtocolError, encode_frames, to_worker_reader
from .message import FromWorker, Ping, Pong, ToWorker

_READ_BYTES = 1 << 16
_EXIT_SERVER_GONE = 0
_EXIT_PROTOCOL_ERROR = 1


class Channel:
    """Frames in and out. `incoming` is filled by the reader thread; `send` may be called from any thread."""

    def __init__(self) -> None:
        """Takes over fd 1: from here on, whatever prints to standard output lands on standard error."""
        self.incoming: SimpleQueue[ToWorker] = SimpleQueue()
        self._output = os.dup(1)
        os.dup2(2, 1)
        self._write_lock = threading.Lock()

    def start(self) -> None:
        """Starts the reader thread, which lives as long as the process."""
        threading.Thread(target=self._read, name="frame-reader", daemon=True).start()

    def send(self, messages: Iterable[FromWorker]) -> None:
        """Writes the frames with one call where the pipe takes them. Ends the process when the pipe is broken."""
        frames = memoryview(encode_frames(messages))
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
        try:
            while data := self._read_some():
                for message in reader.feed(data):
                    if isinstance(message, Ping):
                        self.send([Pong(message.nonce)])
                    else:
                        self.incoming.put(message)
        except ProtocolError as error:
            print(f"protocol error, giving the server up: {error}", file=sys.stderr, flush=True)
            os._exit(_EXIT_PROTOCOL_ERROR)
        os._exit(_EXIT_SERVER_GONE)

    @staticmethod
    def _read_some() -> bytes:
        while True:
            try:
                return os.read(0, _READ_BYTES)
            except BlockingIOError:
                select.select([0], [], [])
            except ConnectionResetError:
                return b""

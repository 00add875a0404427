"""Bulk bytes beside the pipe: bodies over 64 KiB go through shared blocks, both ways, and inline whenever that fails.

Twin of src/ipc/block-lane.ts. `offer` may be called from any thread, `receive` from the reader thread alone.
"""

import sys
import threading
import zlib
from collections.abc import Callable

from .block_frame import Block, BlockFrame, BlockInline, BlockNames, BlockRefused, BlockTaken
from .frame import ProtocolError
from .shared_block import SharedBlockError, create_block, remove_block, take_block

BLOCK_THRESHOLD_BYTES = 64 * 1024


class BlockLane:
    """Which blocks are under way, and which names are free for more."""

    def __init__(self, write: Callable[[BlockFrame], None]) -> None:
        """`write` sends one of the lane's own frames."""
        self._write = write
        self._lock = threading.Lock()
        self._free: list[str] = []
        self._lent: dict[int, tuple[str, bytes]] = {}
        self._next_number = 0
        self._awaited: int | None = None
        self._has_failed = False

    @property
    def holding(self) -> bool:
        """True while what follows must wait for the bytes of a refused block."""
        return self._awaited is not None

    def offer(self, body: bytes) -> Block | None:
        """The frame that announces `body` in a block; None when it has to go inline."""
        if len(body) <= BLOCK_THRESHOLD_BYTES:
            return None
        with self._lock:
            if not self._free:
                return None
            name = self._free.pop()
            try:
                create_block(name, body)
            except SharedBlockError as error:
                self._failed(error)
                self._free.insert(0, name)
                return None
            number = self._next_number
            self._next_number = (number + 1) % 2**32
            self._lent[number] = (name, body)
        return Block(number=number, name=name, length=len(body), checksum=zlib.crc32(body))

    def receive(self, frame: BlockFrame) -> bytes | memoryview | None:
        """The body of a message that the frame brings, if it brings one. Raises ProtocolError."""
        if isinstance(frame, Block):
            return self._take(frame)
        if isinstance(frame, BlockInline):
            if frame.number != self._awaited:
                raise ProtocolError("bytes of a block that was not refused")
            self._awaited = None
            return frame.body
        if isinstance(frame, BlockNames):
            with self._lock:
                self._free += frame.names
        elif isinstance(frame, BlockTaken):
            name, _ = self._hand_back(frame.number)
            with self._lock:
                self._free.append(name)
        else:
            name, body = self._hand_back(frame.number)
            remove_block(name)
            with self._lock:
                self._free.insert(0, name)
            self._write(BlockInline(number=frame.number, body=body))
        return None

    def _take(self, block: Block) -> memoryview | None:
        try:
            body = take_block(block.name, block.length)
            if zlib.crc32(body) != block.checksum:
                raise SharedBlockError("a block holds other bytes than announced")
        except SharedBlockError as error:
            self._failed(error)
            self._awaited = block.number
            self._write(BlockRefused(number=block.number))
            return None
        self._write(BlockTaken(number=block.number))
        return body

    def _hand_back(self, number: int) -> tuple[str, bytes]:
        with self._lock:
            lent = self._lent.pop(number, None)
        if lent is None:
            raise ProtocolError("an answer about a block that was not announced")
        return lent

    def _failed(self, error: SharedBlockError) -> None:
        if not self._has_failed:
            print(f"bulk bytes go through the pipe: {error}", file=sys.stderr, flush=True)
        self._has_failed = True

"""POSIX shared memory blocks: twin of src/ipc/shared-memory.ts. Made by one process, read and unlinked by the other.

Names never appear in an error. multiprocessing.shared_memory is not used: its tracker unlinks what is not its own.
"""

import _posixshmem
import mmap
import os
import sys

_OWNER_ONLY = 0o600


class SharedBlockError(Exception):
    """A block that cannot be made or read; its bytes go inline instead."""


def create_block(name: str, content: bytes) -> None:
    """Makes the block `name` with a copy of `content`. Raises SharedBlockError, leaving no block."""
    try:
        descriptor = _posixshmem.shm_open(name, os.O_CREAT | os.O_EXCL | os.O_RDWR, mode=_OWNER_ONLY)
    except OSError as cause:
        raise SharedBlockError(f"shm_open failed with errno {cause.errno}") from None
    try:
        _reserve(descriptor, len(content))
        with mmap.mmap(descriptor, len(content)) as memory:
            memory[:] = content
    except (OSError, ValueError, OverflowError) as cause:
        remove_block(name)
        raise SharedBlockError(f"{len(content)} bytes cannot be reserved: {type(cause).__name__}") from None
    finally:
        os.close(descriptor)


def take_block(name: str, length: int) -> memoryview:
    """The first `length` bytes of the block, mapped and read-only; its name is gone. Raises SharedBlockError."""
    try:
        descriptor = _posixshmem.shm_open(name, os.O_RDONLY, mode=_OWNER_ONLY)
    except OSError as cause:
        raise SharedBlockError(f"shm_open failed with errno {cause.errno}") from None
    try:
        remove_block(name)
        # macOS rounds the size up to whole pages.
        if os.fstat(descriptor).st_size < length:
            raise SharedBlockError("a block is shorter than announced")
        return memoryview(mmap.mmap(descriptor, length, prot=mmap.PROT_READ))
    except (OSError, ValueError, OverflowError) as cause:
        raise SharedBlockError(f"a block cannot be mapped: {type(cause).__name__}") from None
    finally:
        os.close(descriptor)


def remove_block(name: str) -> None:
    """Takes the name away, if it is there."""
    try:
        _posixshmem.shm_unlink(name)
    except OSError:
        return


def _reserve(descriptor: int, length: int) -> None:
    """Sets the size before anything is mapped: to write on a full file system is an error here, and SIGBUS later."""
    if sys.platform == "linux":
        os.posix_fallocate(descriptor, 0, length)
    else:
        os.ftruncate(descriptor, length)

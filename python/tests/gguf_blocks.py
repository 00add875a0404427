"""An independent reader of GGUF for tests: numpy and the published layout, nothing of MLX.

Layout: github.com/ggml-org/ggml/blob/master/docs/gguf.md; blocks: ggml-common.h, block_q4_1 and block_q8_0.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

_SCALAR_BYTES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_STRING, _ARRAY = 8, 9
_F32, _Q4_1, _Q8_0 = 0, 3, 8
_ALIGNMENT = 32


def _number(file: BinaryIO, form: str) -> int:
    return struct.unpack("<" + form, file.read(struct.calcsize(form)))[0]


def _skip_value(file: BinaryIO, kind: int) -> None:
    if kind == _STRING:
        file.seek(_number(file, "Q"), 1)
    elif kind == _ARRAY:
        element, count = _number(file, "I"), _number(file, "Q")
        for _ in range(count):
            _skip_value(file, element)
    else:
        file.seek(_SCALAR_BYTES[kind], 1)


def _name(file: BinaryIO) -> str:
    return file.read(_number(file, "Q")).decode()


def _dequantised(kind: int, raw: bytes) -> Any:
    if kind == _F32:
        return np.frombuffer(raw, np.float32)
    if kind == _Q4_1:
        blocks = np.frombuffer(raw, np.dtype([("d", "<f2"), ("m", "<f2"), ("q", "u1", 16)]))
        values = np.concatenate([blocks["q"] & 15, blocks["q"] >> 4], axis=1).astype(np.float32)
        return (values * blocks["d"].astype(np.float32)[:, None] + blocks["m"].astype(np.float32)[:, None]).ravel()
    assert kind == _Q8_0
    blocks = np.frombuffer(raw, np.dtype([("d", "<f2"), ("q", "i1", 32)]))
    return (blocks["q"].astype(np.float32) * blocks["d"].astype(np.float32)[:, None]).ravel()


def _byte_count(kind: int, count: int) -> int:
    return {_F32: count * 4, _Q4_1: count // 32 * 20, _Q8_0: count // 32 * 34}[kind]


def gguf_tensors(path: Path) -> Iterator[tuple[str, Any]]:
    """Every tensor by name, dequantised to float32, in the shape [rows, columns] or [columns]."""
    with path.open("rb") as file:
        assert file.read(4) == b"GGUF"
        assert _number(file, "I") == 3
        tensors, pairs = _number(file, "Q"), _number(file, "Q")
        for _ in range(pairs):
            _name(file)
            _skip_value(file, _number(file, "I"))
        entries: list[tuple[str, list[int], int, int]] = []
        for _ in range(tensors):
            name = _name(file)
            sizes = [_number(file, "Q") for _ in range(_number(file, "I"))]
            entries.append((name, sizes[::-1], _number(file, "I"), _number(file, "Q")))
        start = -(-file.tell() // _ALIGNMENT) * _ALIGNMENT
        for name, shape, kind, offset in entries:
            file.seek(start + offset)
            yield name, _dequantised(kind, file.read(_byte_count(kind, int(np.prod(shape))))).reshape(shape)

"""The golden frames of protocol/golden: what this side reads, and that it writes back the same."""

import base64
import copy
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from mlx_workers.block_frame import BlockFrame
from mlx_workers.frame import ProtocolError, encode_frames, from_worker_reader, to_worker_reader
from mlx_workers.message import FromWorker, ToWorker

_FILE = Path(__file__).resolve().parents[2] / "protocol/golden/frames.json"


def with_bytes(fields: dict[str, Any]) -> dict[str, Any]:
    """JSON has no bytes: they stand as base64."""
    return fields | {key: base64.b64decode(fields[key]) for key in ("pixels", "body", "vectors") if key in fields}


FRAMES: list[dict[str, Any]] = json.loads(_FILE.read_text(encoding="utf-8"), object_hook=with_bytes)
NAMES = [frame["name"] for frame in FRAMES]


def read(direction: str, data: bytes) -> Sequence[ToWorker | FromWorker | BlockFrame]:
    return from_worker_reader().feed(data) if direction == "from-worker" else to_worker_reader().feed(data)


def read_map(frame: dict[str, Any], content: dict[str, Any]) -> ToWorker | FromWorker | BlockFrame:
    body = msgspec.msgpack.encode(content)
    (message,) = read(frame["direction"], len(body).to_bytes(4, "little") + body)
    return message


def places_of_maps(value: Any, place: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Where in `value` the maps are: paths of keys and indexes."""
    if isinstance(value, dict):
        entries = cast("dict[str | int, Any]", value)
        return [place, *(one for key, part in entries.items() for one in places_of_maps(part, (*place, key)))]
    if isinstance(value, list):
        parts = cast("list[Any]", value)
        return [one for index, part in enumerate(parts) for one in places_of_maps(part, (*place, index))]
    return []


def copy_and_map_at(value: dict[str, Any], place: tuple[str | int, ...]) -> tuple[dict[str, Any], dict[str, Any]]:
    whole: Any = copy.deepcopy(value)
    inner = whole
    for step in place:
        inner = inner[step]
    return whole, inner


def test_there_are_golden_frames_of_both_directions():
    assert {frame["direction"] for frame in FRAMES} == {"to-worker", "from-worker", "either"}


@pytest.mark.parametrize("frame", FRAMES, ids=NAMES)
def test_a_golden_frame_has_the_values_it_is_said_to_have(frame: dict[str, Any]):
    (message,) = read(frame["direction"], bytes.fromhex(frame["hex"]))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(message)) == frame["value"]


@pytest.mark.parametrize("frame", FRAMES, ids=NAMES)
def test_a_golden_frame_survives_being_written_and_read_again(frame: dict[str, Any]):
    (message,) = read(frame["direction"], bytes.fromhex(frame["hex"]))
    assert read(frame["direction"], encode_frames([message])) == [message]


@pytest.mark.parametrize("frame", FRAMES, ids=NAMES)
def test_an_unknown_key_at_any_depth_is_refused(frame: dict[str, Any]):
    for place in places_of_maps(frame["value"]):
        content, inner = copy_and_map_at(frame["value"], place)
        inner["surprise"] = 1
        with pytest.raises(ProtocolError, match="surprise"):
            read_map(frame, content)


_OPTIONAL_KEYS = {
    "purpose",
    "ending",
    "breakAfter",
    "goOnWith",
    "promptLogprobs",
    "cacheTokens",
    "kvBits",
    "draftPath",
    "adapterPath",
    "name",
    "logprobs",
    "toolCalls",
    "toolCallId",
    "reasoning",
    "tools",
    "templateOptions",
    "promptEnd",
}


@pytest.mark.parametrize("frame", FRAMES, ids=NAMES)
def test_every_key_but_the_optional_ones_has_to_be_there(frame: dict[str, Any]):
    for place in places_of_maps(frame["value"]):
        _, found = copy_and_map_at(frame["value"], place)
        for key in found.keys() - _OPTIONAL_KEYS:
            content, inner = copy_and_map_at(frame["value"], place)
            del inner[key]
            with pytest.raises(ProtocolError):
                read_map(frame, content)


@pytest.mark.parametrize("frame", FRAMES, ids=NAMES)
def test_a_value_of_a_wrong_type_is_refused_under_every_key(frame: dict[str, Any]):
    for place in places_of_maps(frame["value"]):
        _, found = copy_and_map_at(frame["value"], place)
        for key in found:
            content, inner = copy_and_map_at(frame["value"], place)
            inner[key] = {"no": "such value"}
            with pytest.raises(ProtocolError):
                read_map(frame, content)


@pytest.mark.parametrize("frame", FRAMES, ids=NAMES)
def test_an_unknown_type_is_refused(frame: dict[str, Any]):
    with pytest.raises(ProtocolError, match="nonsense"):
        read_map(frame, {**frame["value"], "type": "nonsense"})


@pytest.mark.parametrize("frame", [frame for frame in FRAMES if frame["direction"] != "either"])
def test_a_frame_of_the_other_direction_is_refused(frame: dict[str, Any]):
    other = "from-worker" if frame["direction"] == "to-worker" else "to-worker"
    with pytest.raises(ProtocolError):
        read(other, bytes.fromhex(frame["hex"]))


def golden(name: str) -> dict[str, Any]:
    return next(frame for frame in FRAMES if frame["name"] == name)


OUT_OF_RANGE: list[tuple[str, float | str | list[Any]]] = [
    ("temperature", 2.1),
    ("temperature", -0.1),
    ("topP", 0),
    ("topP", 1.01),
    ("minP", -0.1),
    ("minP", 1.1),
    ("topK", -1),
    ("topK", 1.5),
    ("seed", -1),
    ("seed", 2**53),
    ("repetitionPenalty", 0),
    ("logitBias", [[-1, 1]]),
    ("logitBias", [[1]]),
]


@pytest.mark.parametrize(("key", "value"), OUT_OF_RANGE)
def test_a_sampling_value_out_of_range_is_refused(key: str, value: Any):
    frame = golden("generate-chat")
    content, inner = copy_and_map_at(frame["value"], ("sampling",))
    inner[key] = value
    with pytest.raises(ProtocolError):
        read_map(frame, content)


@pytest.mark.parametrize(("key", "value"), [("id", ""), ("id", "x" * 129), ("maxTokens", -1), ("stop", [""])])
def test_a_request_value_out_of_range_is_refused(key: str, value: Any):
    frame = golden("generate-chat")
    with pytest.raises(ProtocolError):
        read_map(frame, {**frame["value"], key: value})


def test_whole_numbers_where_the_other_side_writes_no_fraction_are_read_as_numbers():
    frame = golden("generate-chat")
    content, inner = copy_and_map_at(frame["value"], ("sampling",))
    inner.update(temperature=1, topP=1, minP=0, repetitionPenalty=1)
    message: Any = read_map(frame, content)
    assert (message.sampling.temperature, message.sampling.top_p) == (1.0, 1.0)

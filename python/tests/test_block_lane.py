"""Bulk bytes by shared block: both ways, in order, and inline whenever a block fails."""

import secrets

import pytest

from mlx_workers import block_lane
from mlx_workers.block_frame import Block, BlockFrame, BlockInline, BlockNames, BlockRefused, BlockTaken
from mlx_workers.block_lane import BLOCK_THRESHOLD_BYTES, BlockLane
from mlx_workers.frame import ProtocolError
from mlx_workers.shared_block import create_block, take_block

BULK = b"x" * (BLOCK_THRESHOLD_BYTES + 1)


def fresh_name() -> str:
    return "/mlx-" + "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz234567") for _ in range(26))


@pytest.fixture
def written() -> list[BlockFrame]:
    return []


@pytest.fixture
def lane(written: list[BlockFrame]) -> BlockLane:
    return BlockLane(written.append)


def test_short_bodies_and_bodies_without_a_name_go_inline(lane: BlockLane):
    assert lane.offer(BULK) is None
    lane.receive(BlockNames([fresh_name()]))
    assert lane.offer(BULK[:-1]) is None


def test_a_name_serves_again_once_its_block_was_taken(lane: BlockLane):
    lane.receive(BlockNames([fresh_name()]))
    first = lane.offer(BULK)
    assert first is not None
    assert lane.offer(BULK) is None
    assert take_block(first.name, first.length) == BULK
    lane.receive(BlockTaken(first.number))
    second = lane.offer(BULK)
    assert second is not None
    assert (second.name, second.number) == (first.name, first.number + 1)
    take_block(second.name, second.length)


def test_a_refused_block_goes_inline(lane: BlockLane, written: list[BlockFrame]):
    lane.receive(BlockNames([fresh_name()]))
    block = lane.offer(BULK)
    assert block is not None
    lane.receive(BlockRefused(block.number))
    assert written == [BlockInline(block.number, BULK)]
    with pytest.raises(Exception, match="errno"):
        take_block(block.name, block.length)


def test_a_block_is_handed_on_and_acknowledged(lane: BlockLane, written: list[BlockFrame]):
    name = fresh_name()
    create_block(name, BULK)
    assert lane.receive(Block(7, name, len(BULK), block_lane.zlib.crc32(BULK))) == BULK
    assert written == [BlockTaken(7)]


@pytest.mark.parametrize("fault", ["absent", "changed"])
def test_a_block_that_cannot_be_read_is_asked_for_inline_and_told_once(
    lane: BlockLane, written: list[BlockFrame], fault: str, capsys: pytest.CaptureFixture[str]
):
    for number in range(2):
        name = fresh_name()
        if fault == "changed":
            create_block(name, BULK)
        assert lane.receive(Block(number, name, len(BULK), 1)) is None
        assert lane.holding
        assert lane.receive(BlockInline(number, BULK)) == BULK
        assert not lane.holding
    assert written == [BlockRefused(0), BlockRefused(1)]
    log = capsys.readouterr().err
    assert log.count("bulk bytes go through the pipe") == 1
    assert "mlx-" not in log


def test_bytes_and_answers_that_nobody_asked_for_are_protocol_errors(lane: BlockLane):
    for frame in (BlockInline(0, b""), BlockTaken(0), BlockRefused(0)):
        with pytest.raises(ProtocolError):
            lane.receive(frame)

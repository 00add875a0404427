"""Shared blocks: what one side makes the other reads once, and every failure leaves no name behind."""

import os
import secrets
from pathlib import Path

import pytest

from mlx_workers.shared_block import SharedBlockError, create_block, remove_block, take_block

_SHM = Path("/dev/shm")


@pytest.fixture
def name() -> str:
    return f"/mlx-{secrets.token_hex(13)}"


def test_a_block_holds_its_bytes_until_they_are_taken_and_has_no_name_afterwards(name: str):
    content = os.urandom(1_000_003)
    create_block(name, content)
    assert take_block(name, len(content)) == content
    with pytest.raises(SharedBlockError):
        take_block(name, len(content))


def test_a_block_is_never_made_over_one_that_exists(name: str):
    create_block(name, b"first")
    with pytest.raises(SharedBlockError) as caught:
        create_block(name, b"second")
    assert name not in str(caught.value)
    assert take_block(name, 5) == b"first"


def test_a_block_can_be_opened_by_its_owner_alone(name: str):
    create_block(name, b"x")
    assert (_SHM / name[1:]).stat().st_mode & 0o777 == 0o600
    remove_block(name)
    assert not (_SHM / name[1:]).exists()


def test_a_block_that_somebody_cut_short_is_refused(name: str):
    create_block(name, bytes(100_000))
    os.truncate(_SHM / name[1:], 10)
    with pytest.raises(SharedBlockError, match="shorter"):
        take_block(name, 100_000)
    assert not (_SHM / name[1:]).exists()


def test_a_block_larger_than_there_is_room_for_is_refused_and_leaves_nothing(name: str):
    class Endless(bytes):
        def __len__(self) -> int:
            return 2**50

    with pytest.raises(SharedBlockError):
        create_block(name, Endless())
    assert not (_SHM / name[1:]).exists()

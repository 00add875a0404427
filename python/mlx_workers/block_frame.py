"""The frames by which the two ends of a channel hand over shared blocks: twin of src/ipc/block-frame.ts."""

from typing import Annotated

from msgspec import Meta, Struct

BlockName = Annotated[str, Meta(pattern=r"^/mlx-[a-z2-7]{26}$")]
Number = Annotated[int, Meta(ge=0, le=2**32 - 1)]


class _BlockFrame(Struct, rename="camel", forbid_unknown_fields=True, tag_field="type"):
    """A frame of the channel itself; no engine ever sees one."""


class BlockNames(_BlockFrame, tag="block-names"):
    """The names that the worker may give to blocks."""

    names: Annotated[list[BlockName], Meta(max_length=64)]


class Block(_BlockFrame, tag="block"):
    """Stands for the message whose body is in the block."""

    number: Number
    name: BlockName
    length: Annotated[int, Meta(ge=1, le=2**32 - 1)]
    checksum: Number


class BlockTaken(_BlockFrame, tag="block-taken"):
    """The block was read; its name is free again."""

    number: Number


class BlockRefused(_BlockFrame, tag="block-refused"):
    """The block could not be read: its bytes are wanted inline, ahead of everything that followed it."""

    number: Number


class BlockInline(_BlockFrame, tag="block-inline"):
    """The bytes of a refused block."""

    number: Number
    body: bytes


BlockFrame = BlockNames | Block | BlockTaken | BlockRefused | BlockInline

"""The far end of the bulk-bytes question: takes pictures in, says how many bytes they had, keeps nothing.

`frames` reads a worker's frames, by pipe or shared block; `base64` reads JSON lines of base64.
"""

import base64
import json
import sys

from mlx_workers.channel import Channel
from mlx_workers.message import Generate, Pong
from mlx_workers.message_parts import ChatInput, ImagePart


def _take_frames() -> None:
    channel = Channel()
    channel.start()
    channel.send([Pong(0)])
    while True:
        order = channel.incoming.get()
        if isinstance(order, Generate) and isinstance(order.input, ChatInput):
            parts = [part for message in order.input.messages for part in message.content]
            channel.send([Pong(sum(len(part.pixels) for part in parts if isinstance(part, ImagePart)))])


def _take_base64() -> None:
    print(0, flush=True)
    for line in sys.stdin.buffer:
        images = [base64.b64decode(text) for text in json.loads(line)["images"]]
        print(sum(len(image) for image in images), flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "frames":
        _take_frames()
    else:
        _take_base64()

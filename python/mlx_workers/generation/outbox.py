"""Frames on their way to the server: kept until the device has its next work, since a write wakes the server."""

import traceback

from ..channel import Channel
from ..message import Error, FromWorker
from .failures import RequestError


class Outbox:
    """In order."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._frames: list[FromWorker] = []

    def put(self, frame: FromWorker) -> None:
        """To be sent with the next."""
        self._frames.append(frame)

    def refuse(self, request_id: str, error: RequestError) -> None:
        """The last frame of a request that cannot be served."""
        self.put(Error(id=request_id, code=error.code, message=error.message, param=error.param))

    def fail(self, request_ids: list[str], doing: str) -> None:
        """The last frames of requests that the exception being handled has ended."""
        traceback.print_exc()
        for one in request_ids:
            self.put(Error(id=one, code="internal", message=f"The worker failed while {doing}.", param=None))

    def flush(self) -> None:
        """Writes what there is."""
        if self._frames:
            self._channel.send(self._frames)
            self._frames = []

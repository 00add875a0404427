"""The loop of a worker that embeds: one question after another."""

import sys
import traceback

from ..channel import Channel
from ..generation.failures import RequestError
from ..message import Embed, Embeddings, Error, FromWorker, Shutdown
from .embedder import Embedder


def answer_embeds(embedder: Embedder, channel: Channel) -> None:
    """Returns after `shutdown`."""
    while True:
        question = channel.incoming.get()
        match question:
            case Shutdown():
                return
            case Embed():
                channel.send([_answer(embedder, question)])
            case _:
                print(f"ignored a {type(question).__name__} frame in an encoder", file=sys.stderr, flush=True)


def _answer(embedder: Embedder, question: Embed) -> FromWorker:
    try:
        rows = embedder.tokens_of(question.inputs)
        return Embeddings(
            id=question.id,
            dimensions=embedder.dimensions,
            vectors=embedder.vectors_of(rows),
            token_counts=[len(row) for row in rows],
        )
    except RequestError as error:
        return Error(id=question.id, code=error.code, message=error.message, param=error.param)
    except Exception:
        traceback.print_exc()
        return Error(id=question.id, code="internal", message="The encoder failed.", param=None)

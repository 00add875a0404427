"""From a `generate` frame to a sequence in line: checked, tokenised, its form compiled beside the loop."""

import sys
from collections.abc import Callable
from queue import SimpleQueue
from typing import TYPE_CHECKING

from ..message import Generate, ToWorker
from ..message_parts import Constraint
from .failures import RequestError
from .lineup import Lineup
from .model import LoadedModel
from .outbox import Outbox
from .sequence import Sequence

if TYPE_CHECKING:
    from ..grammar.compiler import FormCompiler, Outcome


class Admission:
    """`incoming` is the loop's own queue: what the compiler has to say comes through it."""

    def __init__(
        self,
        model: LoadedModel,
        lineup: Lineup,
        outbox: Outbox,
        incoming: "SimpleQueue[ToWorker | Callable[[], None]]",
    ) -> None:
        self._model = model
        self._lineup = lineup
        self._outbox = outbox
        self._incoming = incoming
        self._forms: FormCompiler | None = None

    def accept(self, request: Generate) -> None:
        """Puts it in line, or answers why not."""
        try:
            if self._lineup.named(request.id):
                print("ignored a second generate frame with the id of a running one", file=sys.stderr, flush=True)
                return
            sequence = Sequence(request, self._model)
            if request.constraint is None:
                self._lineup.waiting.append(sequence)
            else:
                self._compile(sequence, request.constraint, request.resume)
        except RequestError as error:
            self._outbox.refuse(request.id, error)
        except Exception:
            self._outbox.fail([request.id], "preparing a request")

    def _compile(self, sequence: Sequence, constraint: Constraint, resume: list[int]) -> None:
        if self._forms is None:
            from ..grammar.compiler import FormCompiler

            self._forms = FormCompiler(self._model.tokenizer, self._model.vocabulary_size)
        sequence.awaits_form = True
        self._lineup.forming.append(sequence)
        self._forms.compile(
            constraint, resume, lambda outcome: self._incoming.put(lambda: self._formed(sequence, outcome))
        )

    def _formed(self, sequence: Sequence, outcome: "Outcome") -> None:
        """Of no effect on a sequence that was cancelled meanwhile, or was told that it takes too long."""
        if not self._lineup.named(sequence.id):
            return
        sequence.awaits_form = False
        if isinstance(outcome, RequestError):
            self._lineup.take_out([sequence])
            self._outbox.refuse(sequence.id, outcome)
        else:
            sequence.form = outcome
            self._lineup.formed(sequence)

"""Compiles constraints in a thread of its own, so that no running answer waits for one; keeps what it compiled.

llguidance bounds its own work and fetches nothing; the time limit here is for what its bounds may overlook.
"""

import threading
import traceback
from collections import OrderedDict
from collections.abc import Callable
from queue import SimpleQueue

import msgspec
from llguidance import LLMatcher

from ..generation.failures import RequestError
from ..message_parts import Constraint, JsonSchemaForm, TaggedForm
from ..tokenization.tokenizer import Tokenizer
from .form import Form, reason_of
from .grammar_text import PARAM, grammar_text
from .schema_place import place_of
from .vocabulary import Vocabulary

_LONGEST_SECONDS = 2.0
_KEPT_FORMS = 64

Outcome = Form | RequestError
Done = Callable[[Outcome], None]


class FormCompiler:
    """One for a model. `done` is called in another thread, twice where a form comes after its deadline."""

    def __init__(self, tokenizer: Tokenizer, vocabulary_size: int) -> None:
        self._tokenizer = tokenizer
        self._vocabulary_size = vocabulary_size
        self._vocabulary: Vocabulary | None = None
        self._kept: OrderedDict[bytes, LLMatcher] = OrderedDict()
        self._jobs: SimpleQueue[tuple[Constraint, list[int], Done]] = SimpleQueue()
        threading.Thread(target=self._run, name="form-compiler", daemon=True).start()

    def compile(self, constraint: Constraint, resume: list[int], done: Done) -> None:
        """`resume` are tokens that the answer has already."""
        self._jobs.put((constraint, resume, done))

    def _run(self) -> None:
        while True:
            constraint, resume, done = self._jobs.get()
            try:
                done(self._form(constraint, resume, done))
            except RequestError as error:
                done(error)
            except Exception:
                traceback.print_exc()
                done(RequestError("internal", "The worker failed while compiling a form."))

    def _form(self, constraint: Constraint, resume: list[int], done: Done) -> Form:
        vocabulary = self._vocabulary or Vocabulary(self._tokenizer, self._vocabulary_size)
        self._vocabulary = vocabulary
        limit = threading.Timer(_LONGEST_SECONDS, done, [_too_slow()])
        limit.daemon = True
        limit.start()
        try:
            matcher = self._matcher(constraint, vocabulary).deep_copy()
            if not matcher.consume_tokens(resume):
                raise RequestError("internal", "The answer so far does not have the form that was asked for.")
            return Form(matcher)
        finally:
            limit.cancel()

    def _matcher(self, constraint: Constraint, vocabulary: Vocabulary) -> LLMatcher:
        """In its first state; whoever moves it copies it."""
        key = msgspec.json.encode(constraint)
        matcher = self._kept.pop(key, None)
        if matcher is None:
            matcher = LLMatcher(vocabulary.tokenizer, grammar_text(constraint, vocabulary.special), log_level=0)
        if matcher.is_error():
            raise self._refusal(constraint, vocabulary, reason_of(matcher))
        self._kept[key] = matcher
        if len(self._kept) > _KEPT_FORMS:
            self._kept.popitem(last=False)
        return matcher

    def _refusal(self, constraint: Constraint, vocabulary: Vocabulary, reason: str) -> RequestError:
        """Names the tag whose schema cannot be held to, and the place in a schema."""
        form, param = constraint.form, PARAM
        if isinstance(form, TaggedForm):
            for number, tag in enumerate(form.tags):
                schema = JsonSchemaForm(schema=tag.schema)
                alone = grammar_text(Constraint(form=schema, after=None), vocabulary.special)
                matcher = LLMatcher(vocabulary.tokenizer, alone, log_level=0)
                if matcher.is_error():
                    form, param, reason = schema, f"{PARAM}.form.tags[{number}]", reason_of(matcher)
                    break
        place = place_of(form.schema, reason) if isinstance(form, JsonSchemaForm) else ""
        where = f" (at {place})" if place else ""
        return RequestError("invalid_request", f"This form cannot be held to{where}: {reason}", param)


def _too_slow() -> RequestError:
    return RequestError("invalid_request", f"This form took longer than {_LONGEST_SECONDS:.0f} s to compile.", PARAM)

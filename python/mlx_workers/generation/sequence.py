"""One answer in the making: its tokens, its text, what ends it and what is reported at its end. Touches no device."""

import time
from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from ..message import End, Error, Generate
from ..message_parts import ChatInput, Delta, Ending, FinishReason, Timings, Usage
from ..penalties import Penalties, is_neutral
from ..prompt_logprobs import PromptScores
from ..text_stream import TextStream
from .failures import RequestError
from .limits import check_prompt, check_sampling, token_limit
from .model import LoadedModel

if TYPE_CHECKING:
    from ..grammar.form import Form
    from .batch import InFlight

_SHOWN_TOKENS = 16
"""How much of a chat's prompt the server sees: enough for what a template puts in front of an answer."""

_USUAL_ENDING = Ending(min_tokens=0, ignore_end=False, stop_token_ids=[])


class Sequence:
    """State of one sequence. The engine thread alone touches it.

    `tokens` are prompt and answer as far as the host knows them; the KV cache holds the first `held` of them.
    `sampled` counts the answer's tokens that were asked of the device, known or not. `in_flight` is the one that the
    host does not know yet, of a row that paused. Its own prefill goes from `began_at` to `prefill_end`. `given` are the
    tokens that the answer had from the start, `given_end` why they were all of it, `said` what is to be told of them.
    `begun_before`: it ran, and gave its cache up.
    """

    def __init__(self, request: Generate, model: LoadedModel) -> None:
        """Checks and tokenises. Raises RequestError."""
        check_sampling(request, model)
        self.prompt = model.read_prompt(request)
        prompt = self.prompt.ids
        check_prompt(request, prompt, model)
        self.id = request.id
        self.sampling = request.sampling
        self.top_logprobs = request.top_logprobs
        self.limit = token_limit(request, len(prompt), model)
        self.prompt_tokens = len(prompt)
        is_chat = isinstance(request.input, ChatInput)
        self.prompt_end = model.tokenizer.codec.decode(prompt[-_SHOWN_TOKENS:]) if is_chat else UNSET
        said = model.tokenizer.ids_within(request.go_on_with) if isinstance(request.go_on_with, str) else []
        said = said[: max(0, self.limit - len(request.resume))]
        self.given = request.resume + said
        self.break_after = request.break_after if isinstance(request.break_after, int) else None
        self.tokens = prompt + self.given
        self.held = 0
        self.cached = 0
        self.began_at = 0
        self.prefill_end = len(self.tokens) - 1
        self.cache: list[Any] | None = None
        self.in_flight: InFlight | None = None
        self.form: Form | None = None
        self.awaits_form = False
        self.joined = False
        self.begun_before = False
        self.sampled = len(self.given)
        self._completed = 0
        ending = request.ending if isinstance(request.ending, Ending) else _USUAL_ENDING
        model_ends = frozenset[int]() if ending.ignore_end else model.tokenizer.end_ids
        self.end_ids = model_ends | frozenset(ending.stop_token_ids)
        self.min_tokens = ending.min_tokens
        count = request.prompt_logprobs
        self.scores = PromptScores(prompt[0], count, model.tokenizer.text_of) if isinstance(count, int) else None
        self.text = TextStream(model.tokenizer.detokenizer(starts_text=is_chat), request.stop)
        self.penalties = None
        if not is_neutral(request.sampling):
            self.penalties = Penalties(request.sampling, prompt, self.given, model.vocabulary_size)
        self._began = time.perf_counter()
        self._first_token: float | None = None
        self.given_end: FinishReason | None
        _, self.given_end = self._replay(request.resume)
        self.said: Delta | None = None
        if said and self.given_end is None:
            self.said = self._say(said)
        if self.given_end is None and self.break_after is not None and len(self.given) >= self.break_after:
            self.given_end = "cancelled"

    @property
    def keys(self) -> list[int]:
        """`tokens` as the prefix cache tells them apart."""
        return self.prompt.keys + self.tokens[self.prompt_tokens :]

    @property
    def to_prefill(self) -> int:
        """Tokens that still have to go through the model before the last one can be followed."""
        return len(self.tokens) - 1 - self.held

    @property
    def is_prefilled(self) -> bool:
        """Whether it can join the batch at once: it was there before, or paused on its way into it."""
        return self.cache is not None and self.to_prefill <= 0

    @property
    def is_fully_sampled(self) -> bool:
        """Whether the last token the answer may have was asked of the device."""
        return self.sampled >= self.limit or (self.break_after is not None and self.sampled >= self.break_after)

    def accept(self, token_id: int) -> tuple[str, bool, FinishReason | None]:
        """Takes the next token: text that became certain, whether the token counts, and why the sequence ends."""
        if self._first_token is None:
            self._first_token = time.perf_counter()
        self.tokens.append(token_id)
        return self._advance(token_id)

    def forget(self) -> None:
        """Back to what the host knows: the cache has to be computed again, and the token in flight drawn again, which
        its place in the answer makes the same.
        """
        self.cache = None
        self.in_flight = None
        self.held = 0
        self.prefill_end = len(self.tokens) - 1
        self.sampled = len(self.tokens) - self.prompt_tokens
        self.joined = False
        self.scores = None
        self.begun_before = True

    @property
    def fault(self) -> RequestError | None:
        """Why the answer cannot go on."""
        return None if self.form is None else self.form.fault

    def end(self, reason: FinishReason) -> End | Error:
        """The last frame."""
        if self.fault is not None:
            return Error(id=self.id, code=self.fault.code, message=self.fault.message, param=self.fault.param)
        now = time.perf_counter()
        first = self._first_token or now
        return End(
            id=self.id,
            finish_reason=reason,
            stop_sequence=self.text.matched if reason == "stop" else None,
            usage=Usage(prompt_tokens=self.prompt_tokens, cached_tokens=self.cached, completion_tokens=self._completed),
            timings=Timings(prefill_ms=(first - self._began) * 1000, decode_ms=(now - first) * 1000),
        )

    def _advance(self, token_id: int) -> tuple[str, bool, FinishReason | None]:
        if token_id in self.end_ids:
            return self.text.flush(), False, "stop"
        self._completed += 1
        text = self.text.push(token_id, may_stop=self._completed >= self.min_tokens)
        if self.text.matched is not None:
            return text, True, "stop"
        if self._completed < self.limit:
            return text, True, None if self.break_after is None or self._completed < self.break_after else "cancelled"
        text += self.text.flush()
        return text, True, "length" if self.text.matched is None else "stop"

    def _say(self, token_ids: list[int]) -> Delta:
        """What the server has the model say, as a delta to be told once."""
        before = self._completed
        self.text.drop_partial()
        text, self.given_end = self._replay(token_ids)
        logprobs = UNSET if self.top_logprobs is None else []
        return Delta(self.id, token_ids[: self._completed - before], text, logprobs)

    def _replay(self, token_ids: list[int]) -> tuple[str, FinishReason | None]:
        """Takes tokens that the answer has already: their text, and why it was complete, if it was."""
        text = ""
        for token_id in token_ids:
            more, _, reason = self._advance(token_id)
            text += more
            if reason is not None:
                return text, reason
        return text, None

"""One sequence of the engine: its order, its tokens, its text. Touches no device but through its penalties."""

import time
from dataclasses import dataclass, field

from ..message import ChatInput, Delta, End, FinishReason, Generate, SampledLogprob, Timings, Usage
from ..penalties import Penalties, is_neutral
from ..text_stream import TextStream
from .load import LoadedModel
from .prompt import check_sampling, prompt_ids, token_limit


@dataclass
class Finish:
    """How a sequence ended."""

    reason: FinishReason
    stop_sequence: str | None = None


@dataclass
class Sequence:
    """`prompt` and `answer` are token ids; `answer` begins with what a former worker delivered."""

    request: Generate
    prompt: list[int]
    limit: int
    text: TextStream
    penalties: Penalties | None
    answer: list[int]
    cached: int = 0
    sampled: int = 0
    ended_by: int | None = None
    started: float = field(default_factory=time.perf_counter)
    first_token_at: float | None = None

    @property
    def id(self) -> str:
        """The request's id, which its frames carry."""
        return self.request.id

    @property
    def wants_logprobs(self) -> bool:
        """Whether each token comes with its log-probability."""
        return self.request.top_logprobs is not None

    def known(self) -> list[int]:
        """All tokens that the KV cache holds once the last of them was fed: prompt, answer, and the end token if any."""
        end = [] if self.ended_by is None else [self.ended_by]
        return self.prompt + self.answer + end

    def accept(self, token: int, end_ids: frozenset[int]) -> tuple[Delta | None, Finish | None]:
        """Takes the next token; what it adds to the answer, and the end if this is it."""
        if self.first_token_at is None:
            self.first_token_at = time.perf_counter()
        if token in end_ids:
            self.ended_by = token
            return self._flushed(Finish("stop"), [])
        self.answer.append(token)
        text = self.text.push(token)
        if self.text.matched is not None:
            return Delta(self.id, [token], text), Finish("stop", self.text.matched)
        if len(self.answer) >= self.limit:
            return self._flushed(Finish("length"), [token], text)
        return Delta(self.id, [token], text), None

    def _flushed(self, finish: Finish, tokens: list[int], text: str = "") -> tuple[Delta | None, Finish]:
        """Held-back text that turned out to be certain; a stop string that only this completes still counts."""
        text += self.text.flush()
        if self.text.matched is not None:
            finish = Finish("stop", self.text.matched)
        return (Delta(self.id, tokens, text) if tokens or text else None), finish

    def end(self, finish: Finish) -> End:
        """The last frame."""
        now = time.perf_counter()
        first = self.first_token_at or now
        usage = Usage(len(self.prompt), self.cached, len(self.answer))
        timings = Timings((first - self.started) * 1000, (now - first) * 1000)
        return End(self.id, finish.reason, finish.stop_sequence, usage, timings)


def with_logprobs(delta: Delta, entry: SampledLogprob) -> Delta:
    """The delta of one token with its log-probability; an end token has no entry."""
    if delta.token_ids:
        delta.logprobs = [entry]
    return delta


def start_sequence(request: Generate, model: LoadedModel) -> tuple[Sequence, Finish | None]:
    """Prepares a sequence; it has ended already when `resume` completes the answer. Raises RequestError."""
    check_sampling(request, model)
    prompt = prompt_ids(request, model)
    limit = token_limit(request, len(prompt), model)
    detokenizer = model.tokenizer.detokenizer(starts_text=isinstance(request.input, ChatInput))
    text = TextStream(detokenizer, request.stop)
    sampling, answer = request.sampling, list(request.resume)
    penalties = None if is_neutral(sampling) else Penalties(sampling, prompt, answer, model.vocabulary_size)
    for token in answer:
        text.push(token)
    sequence = Sequence(request, prompt, limit, text, penalties, answer, sampled=len(answer))
    if text.matched is not None:
        return sequence, Finish("stop", text.matched)
    return sequence, Finish("length") if len(answer) >= limit else None

"""The two unions that cross a worker's pipes: twin of src/ipc/message.ts, described in protocol/worker-protocol.md.

Holds shapes and ranges only; bytes are frame.py's business.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

PROTOCOL_VERSION = 3

Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]
LargeCount = Annotated[float, Meta(ge=0, le=2**53 - 1)]
"""A count that may pass 2^32, where JavaScript's msgpack writes a float64: take int() of it."""
PositiveCount = Annotated[int, Meta(ge=1, le=2**53 - 1)]
RequestId = Annotated[str, Meta(min_length=1, max_length=128)]
StopString = Annotated[str, Meta(min_length=1)]
FinishReason = Literal["stop", "length", "cancelled"]
ErrorCode = Literal["invalid_request", "context_length_exceeded", "model_unsupported", "load_failed", "internal"]


class _Part(Struct, rename="camel", forbid_unknown_fields=True):
    """A map inside a frame."""


class _Frame(Struct, rename="camel", forbid_unknown_fields=True, tag_field="type"):
    """A whole frame; `type` tells which."""


class _Input(Struct, rename="camel", forbid_unknown_fields=True, tag_field="kind"):
    """One of the three forms of a prompt."""


class Sampling(_Part):
    """How tokens are chosen. Temperature 0 is greedy, topK 0 is off."""

    temperature: Annotated[float, Meta(ge=0, le=2)]
    top_p: Annotated[float, Meta(gt=0, le=1)]
    top_k: Count
    min_p: Annotated[float, Meta(ge=0, le=1)]
    seed: LargeCount
    repetition_penalty: Annotated[float, Meta(gt=0)]
    presence_penalty: float
    frequency_penalty: float
    logit_bias: list[tuple[Count, float]]


class TextPart(_Part, tag_field="type", tag="text"):
    """Text between images."""

    text: str


class ImagePart(_Part, tag_field="type", tag="image"):
    """Decoded pixels: rows from top to bottom, red, green and blue a byte each, width * height * 3 in all."""

    width: PositiveCount
    height: PositiveCount
    pixels: memoryview

    def __post_init__(self) -> None:
        """Raises ValueError, which the decoder reports as a malformed frame."""
        if len(self.pixels) != self.width * self.height * 3:
            raise ValueError("pixels are not width * height * 3 bytes")


class ToolCall(_Part):
    """A call that the assistant made; `arguments` is JSON text."""

    id: str
    name: str
    arguments: str


class ChatMessage(_Part):
    """One turn of a chat; parts keep the place of each image among the text."""

    role: str
    content: str | list[TextPart | ImagePart]
    name: str | UnsetType = UNSET
    tool_calls: list[ToolCall] | UnsetType = UNSET
    tool_call_id: str | UnsetType = UNSET
    reasoning: str | UnsetType = UNSET


class _Form(Struct, rename="camel", forbid_unknown_fields=True, tag_field="kind"):
    """What a constraint asks for."""


class JsonSchemaForm(_Form, tag="json_schema"):
    """JSON that fits a JSON Schema, given as JSON text."""

    schema: str


class RegexForm(_Form, tag="regex"):
    """Text that matches as a whole."""

    pattern: str


class ChoiceForm(_Form, tag="choice"):
    """One of these texts."""

    choices: list[str]


class LarkForm(_Form, tag="lark"):
    """A grammar in llguidance's Lark dialect."""

    grammar: str


class GbnfForm(_Form, tag="gbnf"):
    """A grammar in llama.cpp's GBNF."""

    grammar: str


class Tag(_Part):
    """`begin`, JSON that fits `schema`, `end`."""

    begin: str
    schema: str
    end: str


class TaggedForm(_Form, tag="tagged"):
    """One of `tags`, or several with `separator` between; free text until `trigger` appears, if there is one."""

    tags: list[Tag]
    separator: str
    many: bool
    trigger: str | None


class Constraint(_Part):
    """A form that the answer must have, behind the text `after` if there is one."""

    form: JsonSchemaForm | RegexForm | ChoiceForm | LarkForm | GbnfForm | TaggedForm
    after: str | None


class ChatInput(_Input, tag="chat"):
    """Messages for the model's own chat template."""

    messages: list[ChatMessage]
    tools: str | UnsetType = UNSET
    template_options: str | UnsetType = UNSET


class TextInput(_Input, tag="text"):
    """Text, tokenised with the model's usual special tokens."""

    text: str


class TokensInput(_Input, tag="tokens"):
    """Token ids, taken as they are."""

    token_ids: list[Count]


Purpose = Literal["generate", "tokenize", "embed"]


class Load(_Frame, tag="load"):
    """First frame: which model to load, and its bounds. For `tokenize` no weights are read."""

    protocol: Count
    worker_id: str
    model: str
    path: str
    context_length: Count | None
    max_batch: PositiveCount
    prompt_cache_bytes: LargeCount
    decode_stall_target_ms: PositiveCount | None
    purpose: Purpose | UnsetType = UNSET


class Ending(_Part):
    """When an answer may end, beside its stop sequences: not before `min_tokens`; at `stop_token_ids` as at the model's
    own end tokens, which `ignore_end` makes tokens like others.
    """

    min_tokens: Count
    ignore_end: bool
    stop_token_ids: list[Count]


class Generate(_Frame, tag="generate"):
    """Start a sequence; `resume` holds the tokens of its answer that were delivered already. `max_tokens` 0 reads the
    prompt alone; `prompt_logprobs` is how many alternatives each of its tokens comes with.
    """

    id: RequestId
    input: ChatInput | TextInput | TokensInput
    sampling: Sampling
    stop: list[StopString]
    max_tokens: Count | None
    top_logprobs: Count | None
    resume: list[Count]
    constraint: Constraint | None
    ending: Ending | UnsetType = UNSET
    prompt_logprobs: Count | UnsetType = UNSET


class Tokenize(_Frame, tag="tokenize"):
    """Answered with Tokens. `add_special`: text gets the model's usual special tokens."""

    id: RequestId
    input: ChatInput | TextInput | TokensInput
    add_special: bool


class Detokenize(_Frame, tag="detokenize"):
    """Answered with Text."""

    id: RequestId
    token_ids: list[Count]


class Embed(_Frame, tag="embed"):
    """Answered with Embeddings, one vector an input."""

    id: RequestId
    inputs: list[str | list[Count]]


class Cancel(_Frame, tag="cancel"):
    """End a sequence early."""

    id: RequestId


class Pause(_Frame, tag="pause"):
    """Take a sequence out of the running batch with its KV cache kept; answered by Paused."""

    id: RequestId


class Continue(_Frame, tag="continue"):
    """Go on with a paused sequence."""

    id: RequestId


class Ping(_Frame, tag="ping"):
    """Answered with Pong by the reader thread."""

    nonce: Count


class Shutdown(_Frame, tag="shutdown"):
    """End everything and exit 0."""


class Ready(_Frame, tag="ready"):
    """The model is loaded; `memory_bytes` is what weights and buffers hold. `pausable` 0: cannot pause."""

    protocol: Count
    engine: str
    engine_version: str
    device: str
    context_length: PositiveCount
    vocabulary_size: PositiveCount
    sequences: PositiveCount
    pausable: Count
    memory_bytes: Count


class PrefillProgress(_Frame, tag="prefill-progress"):
    """Prompt tokens processed so far, `cached` of them without work; of a chat, the text of its last ones."""

    id: RequestId
    processed: Count
    total: Count
    cached: Count
    prompt_end: str | UnsetType = UNSET


class TokenLogprob(_Part):
    """One candidate at one position."""

    token_id: Count
    text: str
    logprob: float


class SampledLogprob(TokenLogprob):
    """The sampled token and the likeliest candidates at its position, best first."""

    top: list[TokenLogprob]


class Delta(_Part):
    """What one sequence gained in one engine step."""

    id: RequestId
    token_ids: list[Count]
    text: str
    logprobs: list[SampledLogprob] | UnsetType = UNSET


class Step(_Frame, tag="step"):
    """One engine step, with every sequence that advanced."""

    deltas: list[Delta]


class Paused(_Frame, tag="paused"):
    """The sequence has left the running batch, and its KV cache is kept."""

    id: RequestId


class Usage(_Part):
    """Token counts of one sequence."""

    prompt_tokens: Count
    cached_tokens: Count
    completion_tokens: Count


class Timings(_Part):
    """Wall-clock milliseconds of one sequence."""

    prefill_ms: Annotated[float, Meta(ge=0)]
    decode_ms: Annotated[float, Meta(ge=0)]


class End(_Frame, tag="end"):
    """Last frame of a sequence that did not fail."""

    id: RequestId
    finish_reason: FinishReason
    stop_sequence: str | None
    usage: Usage
    timings: Timings


class Error(_Frame, tag="error"):
    """Last frame of a sequence that failed; with id None, of the worker."""

    id: RequestId | None
    code: ErrorCode
    message: Annotated[str, Meta(max_length=4096)]
    param: str | None


class Pong(_Frame, tag="pong"):
    """Answer to Ping."""

    nonce: Count


class PromptLogprob(_Part):
    """A token of the prompt and what might have stood there; the first token has no log-probability."""

    token_id: Count
    text: str
    logprob: float | None
    top: list[TokenLogprob]


class PromptLogprobs(_Frame, tag="prompt-logprobs"):
    """All tokens of a sequence's prompt."""

    id: RequestId
    entries: list[PromptLogprob]


class Tokens(_Frame, tag="tokens"):
    """Answer to Tokenize."""

    id: RequestId
    token_ids: list[Count]


class Text(_Frame, tag="text"):
    """Answer to Detokenize."""

    id: RequestId
    text: str


class Embeddings(_Frame, tag="embeddings"):
    """Answer to Embed: vectors of float32, little-endian, one behind the other, and the tokens of each input."""

    id: RequestId
    dimensions: PositiveCount
    vectors: bytes
    token_counts: list[Count]


ToWorker = Load | Generate | Tokenize | Detokenize | Embed | Cancel | Pause | Continue | Ping | Shutdown
FromWorker = Ready | PrefillProgress | PromptLogprobs | Step | Paused | End | Error | Pong | Tokens | Text | Embeddings

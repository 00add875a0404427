"""The two unions that cross a worker's pipes: twin of src/ipc/message.ts, described in protocol/worker-protocol.md.

Holds shapes and ranges only; bytes are frame.py's business.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from .message_parts import (
    ChatInput,
    Constraint,
    Count,
    Delta,
    Ending,
    ErrorCode,
    FinishReason,
    LargeCount,
    PositiveCount,
    PromptLogprob,
    Purpose,
    RequestId,
    Sampling,
    StopString,
    TextInput,
    Timings,
    TokensInput,
    Usage,
)

PROTOCOL_VERSION = 3


class _Frame(Struct, rename="camel", forbid_unknown_fields=True, tag_field="type"):
    """A whole frame; `type` tells which."""


class Load(_Frame, tag="load"):
    """First frame: which model to load, its bounds and its tuning. For `tokenize` no weights are read."""

    protocol: Count
    worker_id: str
    model: str
    path: str
    context_length: Count | None
    max_batch: PositiveCount
    prompt_cache_bytes: LargeCount
    decode_stall_target_ms: PositiveCount | None
    cache_tokens: PositiveCount | UnsetType = UNSET
    purpose: Purpose | UnsetType = UNSET
    kv_bits: Literal[4, 8] | UnsetType = UNSET
    draft_path: str | UnsetType = UNSET
    adapter_path: str | UnsetType = UNSET


class Generate(_Frame, tag="generate"):
    """Start a sequence; `resume` holds the tokens of its answer that were delivered already. `max_tokens` 0 reads the
    prompt alone; `prompt_logprobs` is how many alternatives each of its tokens comes with. With `break_after` tokens of
    the answer the sequence leaves, to come back; `go_on_with` is what the answer says next, whatever the model would.
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
    break_after: Count | UnsetType = UNSET
    go_on_with: str | UnsetType = UNSET
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


class Step(_Frame, tag="step"):
    """One engine step, with every sequence that advanced."""

    deltas: list[Delta]


class Paused(_Frame, tag="paused"):
    """The sequence has left the running batch, and its KV cache is kept."""

    id: RequestId


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

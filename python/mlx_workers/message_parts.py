"""The maps inside the frames of message.py, with their ranges."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

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


GREEDY = Sampling(
    temperature=0,
    top_p=1,
    top_k=0,
    min_p=0,
    seed=0,
    repetition_penalty=1,
    presence_penalty=0,
    frequency_penalty=0,
    logit_bias=[],
)


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


class Ending(_Part):
    """When an answer may end, beside its stop sequences: not before `min_tokens`; at `stop_token_ids` as at the model's
    own end tokens, which `ignore_end` makes tokens like others.
    """

    min_tokens: Count
    ignore_end: bool
    stop_token_ids: list[Count]


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


class Usage(_Part):
    """Token counts of one sequence."""

    prompt_tokens: Count
    cached_tokens: Count
    completion_tokens: Count


class Timings(_Part):
    """Wall-clock milliseconds of one sequence."""

    prefill_ms: Annotated[float, Meta(ge=0)]
    decode_ms: Annotated[float, Meta(ge=0)]


class PromptLogprob(_Part):
    """A token of the prompt and what might have stood there; the first token has no log-probability."""

    token_id: Count
    text: str
    logprob: float | None
    top: list[TokenLogprob]

"""Orders for a worker, with everything at its most usual unless a test says otherwise."""

from collections.abc import Iterable

from msgspec import UNSET, UnsetType

from mlx_workers.message import Generate
from mlx_workers.message_parts import ChatInput, ChatMessage, Constraint, Ending, Sampling, TextInput, TokensInput


def sampling(
    *,
    temperature: float = 0.0,
    top_p: float = 1.0,
    top_k: int = 0,
    min_p: float = 0.0,
    seed: int = 0,
    repetition_penalty: float = 1.0,
    presence_penalty: float = 0.0,
    frequency_penalty: float = 0.0,
    logit_bias: Iterable[tuple[int, float]] = (),
) -> Sampling:
    """Greedy unless told otherwise."""
    return Sampling(
        temperature=temperature,
        top_p=top_p,
        top_k=top_k,
        min_p=min_p,
        seed=seed,
        repetition_penalty=repetition_penalty,
        presence_penalty=presence_penalty,
        frequency_penalty=frequency_penalty,
        logit_bias=list(logit_bias),
    )


def chat(*turns: tuple[str, str]) -> ChatInput:
    """Turns of (role, content)."""
    return ChatInput(messages=[ChatMessage(role=role, content=content) for role, content in turns])


def generate(
    request_id: str,
    prompt: str | list[int] | ChatInput,
    *,
    how: Sampling | None = None,
    stop: Iterable[str] = (),
    max_tokens: int | None = 16,
    top_logprobs: int | None = None,
    resume: Iterable[int] = (),
    constraint: Constraint | None = None,
    ending: Ending | UnsetType = UNSET,
    prompt_logprobs: int | UnsetType = UNSET,
    break_after: int | UnsetType = UNSET,
    go_on_with: str | UnsetType = UNSET,
) -> Generate:
    """A generate frame with everything at its most usual."""
    if isinstance(prompt, str):
        content = TextInput(text=prompt)
    elif isinstance(prompt, list):
        content = TokensInput(token_ids=prompt)
    else:
        content = prompt
    return Generate(
        id=request_id,
        input=content,
        sampling=how or sampling(),
        stop=list(stop),
        max_tokens=max_tokens,
        top_logprobs=top_logprobs,
        constraint=constraint,
        resume=list(resume),
        ending=ending,
        prompt_logprobs=prompt_logprobs,
        break_after=break_after,
        go_on_with=go_on_with,
    )

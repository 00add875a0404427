"""A chat's turns and tools in the words that chat templates are written against: those of OpenAI."""

import json
from typing import Any

from ..generation.failures import RequestError
from ..message_parts import ChatInput, ChatMessage


def turn_of(message: ChatMessage, content: Any) -> dict[str, Any]:
    """One turn with `content` as its own. Absent fields are absent."""
    turn: dict[str, Any] = {"role": message.role, "content": content}
    if isinstance(message.name, str):
        turn["name"] = message.name
    if isinstance(message.reasoning, str):
        turn["reasoning_content"] = message.reasoning
    if isinstance(message.tool_call_id, str):
        turn["tool_call_id"] = message.tool_call_id
    if isinstance(message.tool_calls, list):
        turn["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": _arguments(call.arguments)},
            }
            for call in message.tool_calls
        ]
    return turn


def _arguments(text: str) -> Any:
    """An object, which templates take apart; what a model wrote that is none stays the text that it is."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, dict) else text


def tools_of(chat: ChatInput) -> list[Any] | None:
    """The tools for the template. Raises RequestError."""
    if not isinstance(chat.tools, str):
        return None
    tools = _parsed(chat.tools, "tools")
    if not isinstance(tools, list):
        raise RequestError("invalid_request", "tools is no list.", "tools")
    return tools


def options_of(chat: ChatInput) -> dict[str, Any]:
    """Further variables of the template. Raises RequestError."""
    if not isinstance(chat.template_options, str):
        return {}
    options = _parsed(chat.template_options, "templateOptions")
    if not isinstance(options, dict):
        raise RequestError("invalid_request", "templateOptions is no map.", "templateOptions")
    return options


def _parsed(text: str, name: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as cause:
        raise RequestError("invalid_request", f"{name} is no JSON.", name) from cause

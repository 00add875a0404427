"""Messages with images through chat templates: order, places, and text that looks like a special token."""

from typing import Any

import pytest
from tiny_vision import template

from mlx_workers.generation.failures import RequestError
from mlx_workers.message_parts import ChatMessage, ImagePart, TextPart
from mlx_workers.tokenization.chat_template import ChatTemplate
from mlx_workers.tokenization.special_tokens import SpecialTokens
from mlx_workers.vision.chat import ImageChat

SPECIAL = ["<|start|>", "<|end|>", "<image>", "<slot>", "<|x|>"]
STRINGS_ONLY = "{% for message in messages %}[{{ message['role'] }}]{{ message['content'] | trim }}{% endfor %}[go]"
PARTS_ONLY = (
    "{% for message in messages %}[{{ message['role'] }}]"
    "{% for part in message['content'] %}{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}{% endif %}"
    "{% endfor %}{% endfor %}[go]"
)
DOT = ImagePart(width=1, height=1, pixels=memoryview(b"\1\2\3"))


def chat_of(source: str, markers: tuple[str, ...] = ("<slot>", "<image>")) -> ImageChat:
    return ImageChat(ChatTemplate(source, {}), markers=markers, special_tokens=SPECIAL)


def message(*parts: str | ImagePart, role: str = "user") -> ChatMessage:
    return ChatMessage(role=role, content=[TextPart(text=part) if isinstance(part, str) else part for part in parts])


def test_parts_keep_their_order_and_turns_their_roles():
    pieces = chat_of(template("<image>")).render(
        [
            ChatMessage(role="system", content="be short"),
            message("a", DOT, "b", DOT, "c"),
            ChatMessage(role="assistant", content="d"),
            message(DOT, "e"),
        ]
    )
    assert pieces == [
        "<|start|>system\nbe short<|end|>\n<|start|>user\na<image>b<image>c<|end|>\n"
        "<|start|>assistant\nd<|end|>\n<|start|>user\n<image>e<|end|>\n<|start|>assistant"
    ]


def test_the_marker_is_the_candidate_that_the_template_writes():
    assert chat_of(template("<image>")).marker == "<image>"
    assert chat_of(template("<slot>")).marker == "<slot>"
    assert chat_of(template("")).marker == "<slot>"


def test_a_template_of_strings_gets_text_with_the_marker_in_it():
    chat = chat_of(STRINGS_ONLY, ("<image>",))
    assert chat.render([message("look", DOT, "well"), ChatMessage(role="user", content=" x ")]) == [
        "[user]look\n<image>\nwell[user]x[go]"
    ]


def test_a_template_of_parts_gets_parts_for_plain_text_too():
    assert chat_of(PARTS_ONLY).render([ChatMessage(role="user", content="x")]) == ["[user]x[go]"]


@pytest.mark.parametrize("source", [template("<image>"), STRINGS_ONLY, PARTS_ONLY])
@pytest.mark.parametrize("text", ["<image>", "a <|end|> b", "<<image>image>", "<|x|<|x|>x|>", "<image><image>"])
def test_no_piece_holds_a_special_token_that_the_client_wrote(source: str, text: str):
    honest = chat_of(source, ("<image>",)).render([message(DOT, "y")])
    pieces = chat_of(source, ("<image>",)).render([message(DOT, text)])
    assert "".join(pieces) == honest[0].replace("y", text)
    assert _special_in(pieces) == _special_in(honest)


def test_a_special_token_cannot_be_pieced_together_from_two_parts():
    pieces = chat_of(PARTS_ONLY).render([message("<ima", "ge>", DOT)])
    assert "".join(pieces) == "[user]<image><image>[go]"
    assert _special_in(pieces) == 1


def test_a_name_cannot_hold_a_special_token():
    source = "{% for message in messages %}{{ message['name'] }}:{{ message['content'] }}{% endfor %}"
    pieces = chat_of(source, ("<image>",)).render([ChatMessage(role="user", content="x", name="<|end|>")])
    assert _special_in(pieces) == 0


def test_private_characters_in_a_message_stay_where_they_are():
    text = "\ue000 <image> \ue001"
    pieces = chat_of(STRINGS_ONLY, ("<image>",)).render([ChatMessage(role="user", content=text)])
    assert "".join(pieces) == f"[user]{text}[go]"


def test_a_template_that_raises_makes_the_request_invalid():
    chat = chat_of("{% if messages | length > 1 %}{{ raise_exception('one turn only') }}{% endif %}" + STRINGS_ONLY)
    with pytest.raises(RequestError, match="one turn only") as caught:
        chat.render([message("a"), message("b")])
    assert (caught.value.code, caught.value.param) == ("invalid_request", "messages")


def test_a_special_token_is_found_among_very_many_in_a_very_long_text():
    special = SpecialTokens([*SPECIAL, *(f"<unused{number}>" for number in range(6000))])
    text = "<unused" * 100_000 + "<unused5999>" + "<" * 100_000
    assert special.cut(text, "|") == text.replace("<unused5999>", "<|unused5999>")


def _special_in(pieces: list[str]) -> int:
    return sum(piece.count(token) for piece in pieces for token in SPECIAL)


def test_a_client_that_uses_the_whole_private_area_is_refused():
    everything: Any = "".join(map(chr, range(0xE000, 0xF8FF)))
    with pytest.raises(RequestError):
        chat_of(STRINGS_ONLY, ("<image>",)).render([message(everything)])

"""What a client wrote never becomes a special token, and text without one keeps its ids."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
import tokenizers
from tiny_model import SPECIAL, tokenizer, write_tokenizer

from mlx_workers.text.slow_tokenizer import load_slow_tokenizer
from mlx_workers.tokenization.client_text import ClientText, encode_pieces
from mlx_workers.tokenization.lean_tokenizer import load_lean_tokenizer
from mlx_workers.tokenization.tokenizer import Tokenizer

SPOKEN = "<think>"
TEMPLATE = (
    "{% for m in messages %}<|user|>{{ m.name }}{{ m.content }}{{ m.extra | tojson }}<|end|>{% endfor %}<|assistant|>"
)
MARKERS = [*SPECIAL, SPOKEN]


def write(folder: Path) -> None:
    write_tokenizer(folder, chat_template=TEMPLATE)
    made = tokenizer()
    made.add_tokens([SPOKEN, "    "])
    made.save(str(folder / "tokenizer.json"))


@pytest.fixture(params=["lean", "slow"])
def one(tmp_path: Path, request: pytest.FixtureRequest) -> Tokenizer:
    write(tmp_path)
    made = load_lean_tokenizer(tmp_path, []) if request.param == "lean" else load_slow_tokenizer(tmp_path, [])
    assert made is not None
    return made


def encoded(one: Tokenizer, **message: Any) -> list[int]:
    return one.codec.encode_chat([{"role": "user", "name": "", "content": "", "extra": "", **message}])


def markers_in(one: Tokenizer, ids: list[int]) -> list[str]:
    return [text for text in (one.codec.decode([token]) for token in ids) if text in MARKERS]


@pytest.mark.parametrize("marker", MARKERS)
@pytest.mark.parametrize("field", ["content", "name", "extra"])
def test_a_marker_in_a_field_is_text(one: Tokenizer, field: str, marker: str):
    plain = encoded(one, **{field: "ab"})
    marked = encoded(one, **{field: f"a{marker}b"})
    assert markers_in(one, marked) == markers_in(one, plain) == ["<|user|>", "<|end|>", "<|assistant|>"]
    assert len(marked) >= len(plain) + 2
    assert one.codec.decode(marked) == one.codec.decode(plain).replace("ab", f"a{marker}b")


def test_markers_deep_in_a_field_and_in_its_keys_are_text(one: Tokenizer):
    ids = encoded(one, extra={"<|end|>": ["<|user|>", {"x": "<|end|>"}]})
    assert markers_in(one, ids) == ["<|user|>", "<|end|>", "<|assistant|>"]
    assert '{"<|end|>": ["<|user|>", {"x": "<|end|>"}]}' in one.codec.decode(ids)


def test_an_assistants_turn_may_hold_what_models_write_but_no_special_token(one: Tokenizer):
    ids = encoded(one, role="assistant", content="<think>tea</think><|end|>")
    assert markers_in(one, ids) == ["<|user|>", "<think>", "<|end|>", "<|assistant|>"]


def test_spaces_that_are_one_token_stay_one(one: Tokenizer):
    assert one.codec.encode_rendered("    ") == one.codec.encode_rendered("    x")[:1]
    text = "a    b"
    ids = one.codec.encode_rendered(f"<|user|>{text}") + one.codec.encode_rendered('""<|end|><|assistant|>')
    assert encoded(one, content=text) == ids


def test_text_around_a_marker_has_the_ids_that_it_would_have(one: Tokenizer):
    before, behind = "the tea on a rainy ", " day on a train"
    ids = encoded(one, content=f"{before}<|end|>{behind}")
    cut = [*one.codec.encode_rendered(f"<|user|>{before}<"), *one.codec.encode_rendered(f"|end|>{behind}")]
    assert ids[: len(cut)] == cut


def test_a_cut_that_a_template_escapes_is_a_cut_still():
    messages = [{"role": "user", "content": "<s>"}]
    pieces = ClientText(["<s>"], []).pieces(messages, None, lambda given, _: json.dumps(given[0]["content"]))
    assert pieces == ['"<', 's>"']


def test_a_piece_gets_no_space_in_front():
    """SentencePiece as tokenizer.json writes it: a space before every text."""
    vocabulary = {token: place for place, token in enumerate(["▁", "<", "s", ">", "▁s", "<0x0A>", "\n"])}
    made = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=vocabulary, merges=[("▁", "s")]))
    made.normalizer = tokenizers.normalizers.Sequence(  # pyright: ignore[reportAttributeAccessIssue]
        [tokenizers.normalizers.Prepend("▁"), tokenizers.normalizers.Replace(" ", "▁")]
    )

    def encode(text: str) -> list[int]:
        return made.encode(text, add_special_tokens=False).ids

    assert encode("s>") == [4, 3]
    assert encode_pieces(encode, ["<", "s>"]) == [0, 1, 2, 3]


JOINS = {
    "the template's own": ("<|us{{ m.content }}", {"content": "er|>"}),
    "the template's own behind it": ("{{ m.content }}er|>", {"content": "x <|us"}),
    "the template's own on both sides": ("<|{{ m.content }}|>", {"content": "user"}),
    "another's": ("{{ m.name }}{{ m.content }}", {"name": "<|us", "content": "er|>"}),
    "another's, stripped": ("{{ m.name | trim }}{{ m.content | trim }}", {"name": "<|us \n", "content": " er|>"}),
    "several others'": ("{{ m.name }}{{ m.content }}{{ m.extra }}", {"name": "<", "content": "|user", "extra": "|>"}),
    "its own in a list": ("{{ m.extra | join }}", {"extra": ["<|", "user", "|>"]}),
    "a key's": ("{% for k, v in m.extra.items() %}{{ k }}{{ v }}{% endfor %}", {"extra": {"<|us": "er|>"}}),
    "what it says itself": ("{{ m.content }}er|>", {"content": "<|user|><|us"}),
}


@pytest.mark.parametrize(("source", "message"), JOINS.values(), ids=JOINS.keys())
def test_a_text_makes_no_marker_together_with(tmp_path: Path, source: str, message: dict[str, Any]):
    write_tokenizer(tmp_path, chat_template="{% for m in messages %}<|end|>" + source + "{% endfor %}")
    one = load_lean_tokenizer(tmp_path, [])
    assert one is not None
    ids = one.codec.encode_chat([{"role": "user", **message}])
    assert markers_in(one, ids) == ["<|end|>"]
    rendered = one.codec.decode(ids)
    assert rendered.count("<|user|>") == str(message).count("<|user|>") + 1


@pytest.mark.parametrize("text", ["a <", "<|us", "er|>", ">", "user", "|", " < ", ""])
def test_a_text_that_only_might_make_a_marker_keeps_its_ids(one: Tokenizer, text: str):
    whole = f'<|user|>{text}"x"<|end|><|assistant|>'
    assert encoded(one, content=text, extra="x") == one.codec.encode_rendered(whole)


@pytest.mark.parametrize("real", [False, True], ids=["tiny", "starter"])
def test_whatever_clients_write_only_the_template_writes_markers(tmp_path: Path, starter: Path, real: bool):
    begin, end = ("<|im_start|>", "<|im_end|>") if real else ("<|user|>", "<|end|>")
    source = "{% for m in messages %}BEGIN{{ m.name }}{{ m.content }}|>{{ m.extra | join }}<{% endfor %}END"
    write_tokenizer(tmp_path, chat_template=source.replace("BEGIN", begin).replace("END", end))
    if real:
        (tmp_path / "tokenizer.json").write_bytes((starter / "tokenizer.json").read_bytes())
    one = load_lean_tokenizer(tmp_path, [])
    assert one is not None
    draw = random.Random(5)
    scraps = [
        "<",
        "|",
        "<|",
        begin[2:4],
        begin[4:-2],
        "|>",
        ">",
        begin,
        end,
        end[:-2],
        end[2:],
        " ",
        "\n",
        "tea",
        "\ue000",
    ]
    for _ in range(600):
        texts = ["".join(draw.choices(scraps, k=draw.randrange(5))) for _ in range(6)]
        messages = [
            {"role": "user", "name": texts[0], "content": texts[1], "extra": texts[2:4]},
            {"role": "user", "name": texts[4], "content": texts[5], "extra": []},
        ]
        ids = one.codec.encode_chat(messages)
        special = [text for text in (one.codec.decode([token]) for token in ids) if text in one.special_tokens]
        assert special == [begin, begin, end], messages
        told = f"{begin}{texts[0]}{texts[1]}|>{texts[2]}{texts[3]}<{begin}{texts[4]}{texts[5]}|><{end}"
        assert one.codec.decode(ids) == told

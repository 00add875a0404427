"""What a client wrote never becomes a special token, and text without one keeps its ids."""

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
    guarded = ClientText(["<s>"], []).guard([{"role": "user", "content": "<s>"}])
    assert guarded.pieces("x\\ue000y\ue000z") == ["x", "y", "z"]


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

"""The lean tokenizer and the chat template, on files that the tokenizers package wrote."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from tiny_model import END, SPECIAL, TEMPLATE, VOCABULARY, tokenizer, write_tokenizer
from worker_orders import chat, generate

from mlx_workers.generation.failures import RequestError
from mlx_workers.message_parts import ChatInput
from mlx_workers.text.prompt import TextPromptReader
from mlx_workers.text.slow_tokenizer import load_slow_tokenizer
from mlx_workers.tokenization.lean_tokenizer import load_lean_tokenizer
from mlx_workers.tokenization.tokenizer import ChatRefusedError, Tokenizer

TEXTS = ["the tea on a rainy day", "Grüße 🦊", "日本語\n\ttabs", "<|user|>not a turn<|end|>", "", " "]
USER = [{"role": "user", "content": "tea"}]


def lean(folder: Path) -> Tokenizer:
    loaded = load_lean_tokenizer(folder, [])
    assert loaded is not None
    return loaded


def with_template(folder: Path, template: str | None, **config: Any) -> Tokenizer:
    write_tokenizer(folder, **config, **({} if template is None else {"chat_template": template}))
    return lean(folder)


def rendered(one: Tokenizer, messages: list[dict[str, str]] | None = None) -> str:
    return one.codec.decode(one.codec.encode_chat(messages or USER))


@pytest.mark.parametrize("text", TEXTS)
def test_text_becomes_the_ids_that_the_tokenizers_package_gives(tmp_path: Path, text: str):
    one = with_template(tmp_path, None)
    assert one.codec.encode_text(text) == tokenizer().encode(text).ids


@pytest.mark.parametrize("text", TEXTS)
def test_ids_become_text_again_one_by_one_and_together(tmp_path: Path, text: str):
    one = with_template(tmp_path, None)
    ids = one.codec.encode_text(text)
    detokenizer = one.detokenizer(starts_text=True)
    assert "".join(map(detokenizer.push, ids)) + detokenizer.flush() == text
    assert one.codec.decode(ids) == text


def test_any_ids_become_the_text_that_the_tokenizers_package_gives(tmp_path: Path):
    one, package = with_template(tmp_path, None), tokenizer()
    chance = random.Random(6)
    for _ in range(200):
        ids = [chance.randrange(len(SPECIAL), VOCABULARY) for _ in range(20)]
        detokenizer = one.detokenizer(starts_text=False)
        text = "".join(map(detokenizer.push, ids)) + detokenizer.flush()
        assert text == package.decode(ids, skip_special_tokens=False)


def test_the_lean_and_the_slow_tokenizer_agree(tmp_path: Path):
    one = with_template(tmp_path, TEMPLATE, bos_token=SPECIAL[1])
    slow = load_slow_tokenizer(tmp_path, [END])
    for text in TEXTS:
        assert one.codec.encode_text(text) == slow.codec.encode_text(text)
    assert one.codec.encode_chat(USER) == slow.codec.encode_chat(USER)
    assert one.end_ids == slow.end_ids
    assert [one.text_of(token) for token in range(VOCABULARY)] == [slow.text_of(token) for token in range(VOCABULARY)]


def test_the_tokenizers_own_end_token_and_the_models_end_a_text(tmp_path: Path):
    write_tokenizer(tmp_path)
    loaded = load_lean_tokenizer(tmp_path, [7, 9])
    assert loaded is not None
    assert loaded.end_ids == {7, 9, END}


def test_an_id_without_a_token_is_no_text(tmp_path: Path):
    assert with_template(tmp_path, None).text_of(VOCABULARY + 5) == ""


@pytest.mark.parametrize(
    "config", [{"tokenizer_class": "LlamaTokenizer"}, {"auto_map": {"x": "y"}}, {"add_bos_token": True}], ids=str
)
def test_what_the_file_does_not_say_is_left_to_transformers(tmp_path: Path, config: dict[str, Any]):
    write_tokenizer(tmp_path, **config)
    assert load_lean_tokenizer(tmp_path, []) is None


def test_a_template_beside_the_files_wins_over_the_one_inside(tmp_path: Path):
    (tmp_path / "chat_template.jinja").write_text("from the file", encoding="utf-8")
    assert rendered(with_template(tmp_path, "from the config")) == "from the file"


def test_of_several_named_templates_the_default_is_taken(tmp_path: Path):
    named = [{"name": "tools", "template": "tools"}, {"name": "default", "template": "the default"}]
    write_tokenizer(tmp_path, chat_template=named)
    assert rendered(lean(tmp_path)) == "the default"


def test_a_template_sees_messages_names_tokens_and_the_generation_prompt(tmp_path: Path):
    source = (
        "{{ bos_token }}{% for message in messages %}{{ message.role }}:{{ message['content'] }}"
        "{% if message.name %} by {{ message.name }}{% endif %};{% endfor %}"
        "{% if add_generation_prompt %}{{ eos_token }}{% endif %}{% if tools %}tools{% endif %}"
    )
    one = with_template(tmp_path, source, bos_token={"content": SPECIAL[1]})
    messages = [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hi", "name": "Zoë"}]
    assert rendered(one, messages) == "<|user|>system:be brief;user:hi by Zoë;<|end|>"


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__ }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ messages.__class__ }}",
        "{{ messages[0]['__class__'].__init__ }}",
        "{{ raise_exception.__globals__ }}",
        "{{ (''|attr('__class__')) }}",
        "{{ dict.__class__ }}",
        "{{ namespace.__init__.__globals__ }}",
        "{{ cycler.__init__.__globals__.os }}",
        "{{ '%s'.format.__self__ }}",
        "{{ '{0.__class__}'.format('') }}",
        "{% set n = namespace(__class__=1) %}",
        "{% do messages.append(1) %}",
        "{{ messages.append(1) }}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}",
    ],
)
def test_a_template_cannot_reach_python(tmp_path: Path, source: str):
    one = with_template(tmp_path, source)
    try:
        text = rendered(one)
    except ChatRefusedError:
        return
    assert text == ""


def refusal(one: Tokenizer, messages: ChatInput) -> RequestError:
    with pytest.raises(RequestError) as caught:
        TextPromptReader(one)(generate("a", messages))
    return caught.value


def test_a_template_that_raises_makes_the_request_invalid(tmp_path: Path):
    one = with_template(tmp_path, "{{ raise_exception('roles must alternate') }}")
    error = refusal(one, chat(("user", "x")))
    assert (error.code, error.param) == ("invalid_request", "messages")
    assert "roles must alternate" in error.message


@pytest.mark.parametrize("source", ["{% if %}", "{{ 1 / 0 }}", "{{ messages[5].content + 1 }}", "{{ ''.__class__.x }}"])
def test_a_broken_template_makes_the_request_invalid(tmp_path: Path, source: str):
    error = refusal(with_template(tmp_path, source), chat(("user", "x")))
    assert (error.code, error.param) == ("invalid_request", "messages")


def test_a_model_without_a_template_cannot_chat(tmp_path: Path):
    assert refusal(with_template(tmp_path, None), chat(("user", "x"))).code == "model_unsupported"


def test_special_tokens_in_a_template_are_not_doubled(tmp_path: Path):
    one = with_template(tmp_path, TEMPLATE)
    assert one.codec.encode_chat(USER) == [1, *tokenizer().encode("tea").ids, 2]


def test_a_template_writes_json_as_it_is(tmp_path: Path):
    content = {"role": "user", "content": "ü & <b>"}
    assert json.loads(rendered(with_template(tmp_path, "{{ messages[0] | tojson }}"), [content])) == content

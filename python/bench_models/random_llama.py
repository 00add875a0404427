"""A random Llama: its shape, its weights by seed, and its byte-level tokenizer. Writes nothing; knows no file format.

Token ids 0 to 2 are special, 3 to 258 the 256 bytes, then pairs of letters. `forbidden` tokens get logits far below
every other, so that a run goes on to `max_tokens` and its text stays ASCII.
"""

from dataclasses import dataclass

import mlx.core as mx

SPECIAL_TOKENS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
END_OF_TURN = 2
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


@dataclass(frozen=True)
class Shape:
    """Sizes of a Llama. `context` is the number of positions; no sizes are in bytes."""

    hidden: int
    intermediate: int
    layers: int
    heads: int
    key_value_heads: int
    vocabulary: int
    context: int = 4096

    @property
    def head(self) -> int:
        """Width of one head."""
        return self.hidden // self.heads


FAST = Shape(hidden=32, intermediate=64, layers=1, heads=2, key_value_heads=1, vocabulary=1024)
MID = Shape(hidden=256, intermediate=1024, layers=4, heads=8, key_value_heads=4, vocabulary=1024)


def byte_characters() -> list[str]:
    """The 256 printable stand-ins that byte-level BPE writes for the bytes 0 to 255 (GPT-2's table)."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in printable]
    table = {byte: chr(byte) for byte in printable} | {byte: chr(256 + place) for place, byte in enumerate(others)}
    return [table[byte] for byte in range(256)]


def merges(vocabulary: int) -> list[tuple[str, str]]:
    """Merges that fill `vocabulary` ids: a space with each letter, then letters in pairs."""
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    space = byte_characters()[ord(" ")]
    pairs = [(space, letter) for letter in letters] + [(first, second) for first in letters for second in letters]
    return pairs[: vocabulary - len(SPECIAL_TOKENS) - 256]


def tokens(shape: Shape) -> list[str]:
    """Every token by id; shorter than the vocabulary's size where the pairs run out."""
    return [*SPECIAL_TOKENS, *byte_characters(), *("".join(pair) for pair in merges(shape.vocabulary))]


def unprintable_tokens(shape: Shape) -> list[int]:
    """Ids of special tokens, of control and non-ASCII bytes, and of ids without a token."""
    first_byte = len(SPECIAL_TOKENS)
    control = [first_byte + byte for byte in range(256) if not 32 <= byte < 127]
    return [*range(first_byte), *control, *range(len(tokens(shape)), shape.vocabulary)]


def weights(shape: Shape, *, seed: int, forbidden: list[int]) -> dict[str, mx.array]:
    """Float32 weights under the names of Hugging Face's Llama.

    Channel 0 of the residual stream is 1 for every token and no layer writes it, so its value in front of the head is
    positive, and a head row of -1000 there alone makes a token that is never sampled.
    """
    mx.random.seed(seed)
    spread = shape.hidden**-0.5

    def random(rows: int, columns: int, scale: float) -> mx.array:
        return mx.random.normal((rows, columns)) * scale

    def silent(array: mx.array) -> mx.array:
        array[0] = 0
        return array

    embedding = random(shape.vocabulary, shape.hidden, 1.0)
    embedding[:, 0] = 1
    head = random(shape.vocabulary, shape.hidden, 3 * spread)
    head[:, 0] = 0
    if forbidden:
        row = mx.zeros((shape.hidden,))
        row[0] = -1000
        head[mx.array(forbidden)] = row
    named = {
        "model.embed_tokens.weight": embedding,
        "model.norm.weight": mx.ones((shape.hidden,)),
        "lm_head.weight": head,
    }
    key_value = shape.key_value_heads * shape.head
    for layer in range(shape.layers):
        base = f"model.layers.{layer}"
        named |= {
            f"{base}.input_layernorm.weight": mx.ones((shape.hidden,)),
            f"{base}.post_attention_layernorm.weight": mx.ones((shape.hidden,)),
            f"{base}.self_attn.q_proj.weight": random(shape.hidden, shape.hidden, 2 * spread),
            f"{base}.self_attn.k_proj.weight": random(key_value, shape.hidden, 2 * spread),
            f"{base}.self_attn.v_proj.weight": random(key_value, shape.hidden, spread),
            f"{base}.self_attn.o_proj.weight": silent(random(shape.hidden, shape.hidden, spread)),
            f"{base}.mlp.gate_proj.weight": random(shape.intermediate, shape.hidden, spread),
            f"{base}.mlp.up_proj.weight": random(shape.intermediate, shape.hidden, spread),
            f"{base}.mlp.down_proj.weight": silent(random(shape.hidden, shape.intermediate, shape.intermediate**-0.5)),
        }
    mx.eval(named)
    return named

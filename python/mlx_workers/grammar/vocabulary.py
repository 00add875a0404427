"""One model's vocabulary as llguidance needs it: the bytes of every token, which of them are special, which end."""

from collections.abc import Sequence

from llguidance import LLTokenizer, TokenizerWrapper

from ..generation.failures import RequestError
from ..tokenization.tokenizer import Codec, Tokenizer


class _Source:
    """What llguidance asks of a tokenizer."""

    def __init__(self, codec: Codec, tokens: Sequence[bytes], special: Sequence[int], end: int) -> None:
        self.eos_token_id = end
        self.bos_token_id = None
        self.tokens = tokens
        self.special_token_ids = special
        self._codec = codec

    def __call__(self, text: str) -> list[int]:
        if isinstance(text, bytes):
            raise TypeError("text, not bytes")
        return self._codec.encode_rendered(text)


class Vocabulary:
    """Made once per model, in a quarter of a second for 50,000 tokens. Special tokens are in no form's text."""

    def __init__(self, tokenizer: Tokenizer, size: int) -> None:
        """Raises RequestError where the tokens are no bytes or nothing ends a text."""
        if tokenizer.pieces is None or not tokenizer.end_ids:
            text = "This model's tokenizer does not say what bytes its tokens are; it cannot hold to a form."
            raise RequestError("model_unsupported", text, "constraint")
        tokens = [tokenizer.pieces.raw(token_id) for token_id in range(size)]
        names = {name.encode("utf-8") for name in tokenizer.special_tokens}
        special = [token_id for token_id, raw in enumerate(tokens) if raw in names]
        ends = sorted(token_id for token_id in tokenizer.end_ids if token_id < size)
        source = _Source(tokenizer.codec, tokens, special, ends[0])
        self.special = {tokens[token_id].decode("utf-8"): token_id for token_id in special}
        self.tokenizer = LLTokenizer(TokenizerWrapper(source), n_vocab=size, eos_token=ends)

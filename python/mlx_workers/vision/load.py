"""A folder of safetensors to a model that sees. Refuses what would execute code from that folder."""

import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import mlx.core as mx

from ..generation.device import device_name, keep_resident, prefill_tokens
from ..generation.failures import LoadError, presentable
from ..generation.model import LoadedModel
from ..generation.model_folder import context_length, end_ids, read_config, vocabulary_size
from ..generation.questions import LoadedTokenizer
from ..generation.tuning import Tuning
from ..tokenization.chat_source import template_source, template_variables
from ..tokenization.chat_template import ChatTemplate
from ..tokenization.lean_tokenizer import load_lean_tokenizer
from ..tokenization.tokenizer import ChatRefusedError, Tokenizer
from ..tokenization.transformers_tokenizer import tokenizer_of
from .chat import ImageChat
from .eyes import NoEyesError, marker_candidates, open_eyes
from .library import caches, utils
from .network import LoneNetwork, VisionNetwork
from .prompt import Eyes, VisionPromptReader
from .trial import try_out


class _TransformersCodec:
    """See tokenizer.Codec."""

    def __init__(self, source: Any) -> None:
        self._source = source

    def prepare(self) -> None:
        """Nothing to do."""

    def encode_text(self, text: str) -> list[int]:
        return list(self._source.encode(text))

    def encode_rendered(self, text: str) -> list[int]:
        return list(self._source.encode(text, add_special_tokens=False))

    def encode_chat(
        self,
        messages: list[dict[str, Any]],  # noqa: ARG002
        tools: list[Any] | None = None,  # noqa: ARG002
        options: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> list[int]:
        raise ChatRefusedError("chats of this worker are rendered with their images")

    def decode(self, token_ids: Sequence[int]) -> str:
        return self._source.decode(list(token_ids), skip_special_tokens=False)


def load_model(path: str, requested_context: int | None, tuning: Tuning) -> LoadedModel:
    """Loads, tries out and so warms up. Raises LoadError with a reason that holds no path."""
    tuning.refuse("kv_bits", "draft_path", "adapter_path")
    folder = Path(path)
    config = read_config(folder)
    try:
        source = _load_network(folder)
        processor = _load_processor(folder)
        return _assemble(folder, config, requested_context, source, processor)
    except LoadError:
        raise
    except Exception as cause:
        traceback.print_exc()
        raise LoadError(presentable(f"{type(cause).__name__}: {str(cause).replace(path, '(path)')}")) from cause


def load_tokenizer(path: str, requested_context: int | None) -> LoadedTokenizer:
    """All that can be known without the weights. Raises LoadError with a reason that holds no path."""
    folder = Path(path)
    config = read_config(folder)
    try:
        processor = _load_processor(folder)
        tokenizer = _tokenizer(folder, end_ids(config.get("eos_token_id")), processor)
        chat = _chat(folder, tokenizer, marker_candidates(processor, config) if processor else [])
        eyes, blind_because = _eyes(processor, config, tokenizer, chat)
    except LoadError:
        raise
    except Exception as cause:
        traceback.print_exc()
        raise LoadError(presentable(f"{type(cause).__name__}: {str(cause).replace(path, '(path)')}")) from cause
    return LoadedTokenizer(
        read_prompt=VisionPromptReader(tokenizer, chat, eyes, blind_because, lambda _ids, _images: None),
        tokenizer=tokenizer,
        context_length=context_length(config, requested_context),
        vocabulary_size=vocabulary_size(config),
    )


def _load_network(folder: Path) -> Any:
    on_cpu = device_name() == "cpu"
    if on_cpu:
        mx.disable_compile()
    source = utils.load_model(folder, lazy=True)
    if not hasattr(source, "language_model") or not hasattr(source, "get_input_embeddings"):
        raise LoadError("The model has no language part of its own.")
    if on_cpu:
        source.set_dtype(mx.float32)
    else:
        keep_resident()
    mx.eval(source.parameters())
    return source


def _load_processor(folder: Path) -> Any:
    """None where there is none that works here: text needs it not."""
    try:
        processor = utils.load_processor(folder, False, trust_remote_code=False)
    except Exception:
        traceback.print_exc()
        return None
    own = utils.load_image_processor(folder)
    if own is not None:
        processor.image_processor = own
    return processor


def _assemble(
    folder: Path, config: dict[str, Any], requested_context: int | None, source: Any, processor: Any
) -> LoadedModel:
    """The first of the ways to run it that agrees with the model's own."""
    tokenizer = _tokenizer(folder, end_ids(getattr(source.config, "eos_token_id", None)), processor)
    chat = _chat(folder, tokenizer, marker_candidates(processor, config) if processor else [])
    eyes, blind_because = _eyes(processor, config, tokenizer, chat)
    context = context_length(config, requested_context)
    width = _vocabulary_size(source)
    ways = [(kind, one) for one in dict.fromkeys((eyes, None)) for kind in (VisionNetwork, LoneNetwork)]
    for kind, own_eyes in ways:
        network = kind(source)
        network.images = None if own_eyes is None else own_eyes.reader.cache
        model = LoadedModel(
            network=network,
            read_prompt=VisionPromptReader(tokenizer, chat, own_eyes, blind_because, network.positions_of),
            tokenizer=tokenizer,
            context_length=context,
            vocabulary_size=width,
            prefill_tokens=prefill_tokens(config) if network.shares_batches else context,
        )
        try:
            for with_image in (False, True)[: 1 if own_eyes is None else 2]:
                try_out(network, model, source, processor, with_image=with_image)
        except Exception as cause:
            print(f"trial of {kind.__name__}: {type(cause).__name__}: {cause}", file=sys.stderr, flush=True)
            blind_because = blind_because or "they did not come out right in a trial."
        else:
            if network.images is not None:
                network.images.clear()
            return model
    raise LoadError("The model's answers did not come out right in a trial.")


def _tokenizer(folder: Path, ends: list[int], processor: Any) -> Tokenizer:
    lean = load_lean_tokenizer(folder, ends)
    if lean is not None:
        return lean
    own = getattr(processor, "tokenizer", processor)
    if own is None:
        raise LoadError("The model's tokenizer cannot be loaded.")
    also = [own.eos_token_id] if isinstance(own.eos_token_id, int) else []
    return tokenizer_of(own, folder, _TransformersCodec(own), has_chat_template=True, end_ids=[*ends, *also])


def _chat(folder: Path, tokenizer: Tokenizer, markers: list[str]) -> ImageChat | None:
    template = template_source(folder)
    if template is None:
        return None
    variables = template_variables(folder, lambda token: token in tokenizer.special_tokens)
    return ImageChat(
        ChatTemplate(template, variables),
        markers=markers,
        special_tokens=tokenizer.special_tokens,
        spoken_tokens=tokenizer.spoken_tokens,
    )


def _eyes(
    processor: Any, config: dict[str, Any], tokenizer: Tokenizer, chat: ImageChat | None
) -> tuple[Eyes | None, str]:
    if processor is None:
        return None, "its image processor cannot be loaded."
    try:
        return open_eyes(processor, config, tokenizer, chat), ""
    except NoEyesError as cause:
        return None, presentable(str(cause))


def _vocabulary_size(source: Any) -> int:
    language = source.language_model
    logits = language(mx.zeros((1, 1), dtype=mx.int32), cache=caches.make_prompt_cache(language)).logits
    return logits.shape[-1]

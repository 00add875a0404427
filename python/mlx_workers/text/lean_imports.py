"""Brings in mlx-lm's loader without the packages it only needs for downloads and slow tokenizers.

`import mlx_lm` takes about 1.5 s on a laptop core, nearly all of it transformers and huggingface_hub. Both stay
importable: a model or tokenizer that needs them pays for them then. Whoever needs mlx-lm takes it from here.
"""

import importlib
import importlib.util
import sys
from types import ModuleType
from typing import Any


def _refuse(*_: object, **__: object) -> Any:
    raise RuntimeError("this worker never downloads")


def _stand_in(name: str, **content: object) -> ModuleType:
    module = ModuleType(name)
    module.__dict__.update(content)
    return module


def _import_utils() -> ModuleType:
    """The module `mlx_lm.utils`. `mlx_lm` itself becomes a bare package whose submodules import as usual."""
    if "mlx_lm" not in sys.modules:
        spec = importlib.util.find_spec("mlx_lm")
        if spec is None or spec.submodule_search_locations is None:
            raise ModuleNotFoundError("mlx_lm")
        sys.modules["mlx_lm"] = _stand_in("mlx_lm", __path__=list(spec.submodule_search_locations), __spec__=spec)
    stand_ins = {
        "huggingface_hub": _stand_in("huggingface_hub", snapshot_download=_refuse),
        "mlx_lm.tokenizer_utils": _stand_in("mlx_lm.tokenizer_utils", TokenizerWrapper=object, load=_refuse),
    }
    added = [name for name in stand_ins if name not in sys.modules]
    sys.modules.update({name: stand_ins[name] for name in added})
    try:
        return importlib.import_module("mlx_lm.utils")
    finally:
        for name in added:
            del sys.modules[name]


utils: Any = _import_utils()
caches: Any = importlib.import_module("mlx_lm.models.cache")
version: str = importlib.import_module("mlx_lm._version").__version__

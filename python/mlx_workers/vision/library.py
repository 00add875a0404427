"""Brings in mlx-vlm's loader, and shuts the door through which transformers would run code from a model's folder.

`import mlx_vlm` would add its training, its generation and its audio to a start; its submodules alone are taken.
"""

import importlib
import importlib.util
import sys
from types import ModuleType
from typing import Any


def _import_utils() -> ModuleType:
    """The module `mlx_vlm.utils`. `mlx_vlm` itself becomes a bare package whose submodules import as usual."""
    if "mlx_vlm" not in sys.modules:
        spec = importlib.util.find_spec("mlx_vlm")
        if spec is None or spec.submodule_search_locations is None:
            raise ModuleNotFoundError("mlx_vlm")
        package = ModuleType("mlx_vlm")
        package.__dict__.update(__path__=list(spec.submodule_search_locations), __spec__=spec)
        sys.modules["mlx_vlm"] = package
    return importlib.import_module("mlx_vlm.utils")


def _refuse_code(*_: object, **__: object) -> Any:
    raise RuntimeError("the model asks for code from its folder; such code is never run")


def _shut_door() -> None:
    """Several of mlx-vlm's processors ask transformers to trust a folder's code, whatever their caller says."""
    dynamic: Any = importlib.import_module("transformers.dynamic_module_utils")
    dynamic.get_cached_module_file = _refuse_code
    dynamic.get_class_in_module = _refuse_code


utils: Any = _import_utils()
caches: Any = importlib.import_module("mlx_vlm.models.cache")
version: str = importlib.import_module("mlx_vlm.version").__version__
_shut_door()

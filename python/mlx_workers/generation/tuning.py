"""What an operator asks of a model beside its limits. A worker that cannot do one of them does not load the model."""

from dataclasses import dataclass

from ..message import Load
from .failures import LoadError

_REFUSALS = {
    "kv_bits": "kv_bits: the cache of this model cannot be quantised",
    "draft_path": "draft_model: this engine runs no draft model",
    "adapter_path": "adapter: this engine takes no adapter",
}


@dataclass(frozen=True)
class Tuning:
    """None: as usual. Paths are folders, as a model's."""

    kv_bits: int | None = None
    draft_path: str | None = None
    adapter_path: str | None = None

    def refuse(self, *names: str) -> None:
        """Raises LoadError for the first of these that is asked for."""
        for name in names:
            if getattr(self, name) is not None:
                raise LoadError(_REFUSALS[name])


def tuning_of(order: Load) -> Tuning:
    """As the load frame says."""
    return Tuning(
        kv_bits=order.kv_bits if isinstance(order.kv_bits, int) else None,
        draft_path=order.draft_path if isinstance(order.draft_path, str) else None,
        adapter_path=order.adapter_path if isinstance(order.adapter_path, str) else None,
    )

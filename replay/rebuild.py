"""Rebuilding read models: a new generation beside the one that is read, swapped in while writes go on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ledger.store.connections import Limits
from ledger.store.sealing import OperatorKey
from projections.models import MODELS, model_named
from projections.rebuilding.rebuild import rebuild as rebuild_models
from replay.report import Progress, Stage, silent
from replay.verify import PATIENT

ALL = "all"


class UnknownModel(Exception):
    """There is no read model of this name."""

    def __init__(self, name: str) -> None:
        known = ", ".join(model.name for model in MODELS)
        super().__init__(f"{name!r} is no projection: choose one of {known}, or {ALL}")


@dataclass(frozen=True, slots=True)
class Rebuilding:
    """What was rebuilt, as of which position, and how long it took."""

    ledger_id: str
    models: Sequence[str]
    position: int
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """Plain values for `--json`."""
        return {
            "ledger": self.ledger_id,
            "projections": list(self.models),
            "position": self.position,
            "seconds": round(self.seconds, 3),
        }

    def as_text(self) -> str:
        """A line for people."""
        return f"{self.ledger_id}: rebuilt {', '.join(self.models)} up to event {self.position} in {self.seconds:.1f} s"


def rebuild(
    database_url: str,
    operator: OperatorKey,
    ledger_id: str,
    name: str = ALL,
    *,
    progress: Progress = silent,
    limits: Limits = PATIENT,
) -> Rebuilding:
    """Rebuild one read model, or `all` in one pass. Cures those that stand still; what is read stays until the swap.

    Raises `UnknownModel`, and `projections.rebuilding.rebuild.ModelFailed` when the log cannot be folded.
    """
    chosen = model_named(name)
    if chosen is None and name != ALL:
        raise UnknownModel(name)
    models = MODELS if chosen is None else (chosen,)

    def report(done: int, total: int) -> None:
        progress(Stage.PROJECTIONS, done, total)

    done = rebuild_models(database_url, operator, ledger_id, models, limits=limits, progress=report)
    return Rebuilding(ledger_id, [model.name for model in models], done.position, done.seconds)

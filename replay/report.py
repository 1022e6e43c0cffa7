"""What verification found, as values: checks, and the first difference of each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Stage(StrEnum):
    """The parts of a verification, in the order they are done."""

    CHAIN = "chain"
    HEAD = "head"
    STREAMS = "streams"
    CLAIMS = "claims"
    DUE = "due"
    SNAPSHOTS = "snapshots"
    PROJECTIONS = "projections"


# Called now and then with the stage at hand, how much of it is done, and how much there is, in events.
Progress = Callable[[Stage, int, int], None]


def silent(stage: Stage, done: int, total: int) -> None:
    """Progress that nobody follows."""


@dataclass(slots=True)
class Check:
    """One thing that was rebuilt from the log and compared: how many of it, and the first difference, as a sentence."""

    stage: Stage
    compared: int = 0
    difference: str | None = None

    def differs(self, difference: str) -> None:
        """Note a difference; only the first is kept."""
        if self.difference is None:
            self.difference = difference


@dataclass(frozen=True, slots=True)
class Verification:
    """A ledger as of `position`, whose last event has this hash. Whole when `difference` is None."""

    ledger_id: str
    position: int
    hash: bytes
    checks: Sequence[Check] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """True when everything compared was the same."""
        return self.difference is None

    @property
    def difference(self) -> str | None:
        """The first difference, in the order of the checks."""
        return next((check.difference for check in self.checks if check.difference is not None), None)

    def as_json(self) -> dict[str, Any]:
        """Plain values for `--json`."""
        return {
            "ledger": self.ledger_id,
            "whole": self.whole,
            "position": self.position,
            "hash": self.hash.hex(),
            "difference": self.difference,
            "checks": [
                {"check": each.stage.value, "compared": each.compared, "difference": each.difference}
                for each in self.checks
            ],
        }

    def as_text(self) -> str:
        """Lines for people."""
        lines = [f"{self.ledger_id}: {self.position} events, last hash {self.hash.hex()}"]
        for each in self.checks:
            said = f"{each.compared} compared" if each.difference is None else each.difference
            lines.append(f"  {'ok  ' if each.difference is None else 'FAIL'}  {each.stage.value:12} {said}")
        return "\n".join(lines)

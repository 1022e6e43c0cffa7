"""What a benchmark answers: figures with their tail, their target and the rivals they are held against."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Direction = Literal["at least", "under"]
Verdict = Literal["met", "missed", "not asked"]


@dataclass(frozen=True)
class Target:
    """A bound the product promises, in the unit of the figure (or, for `p99_ms`, in milliseconds)."""

    value: float | None = None
    direction: Direction = "at least"
    p99_ms: float | None = None
    ratios: Mapping[str, float] | None = None  # rival key -> how many times its value ours must be

    def text(self) -> str:
        parts = []
        if self.value is not None:
            parts.append(f"{'>=' if self.direction == 'at least' else '<'} {self.value:,.0f}")
        if self.p99_ms is not None:
            parts.append(f"p99 < {self.p99_ms:g} ms")
        parts += [f">= {times:g}x {rival}" for rival, times in (self.ratios or {}).items()]
        return ", ".join(parts)


@dataclass(frozen=True)
class Figure:
    """One measured number. `key` is stable (JSON, comparisons); latencies are milliseconds.

    `rivals` names the keys of the figures this one is divided by when both are in the same run.
    """

    key: str
    title: str
    value: float
    unit: str
    p50_ms: float | None = None
    p99_ms: float | None = None
    target: Target | None = None
    rivals: tuple[str, ...] = ()
    note: str = ""


def ratios(figure: Figure, run: Sequence[Figure]) -> dict[str, float]:
    """Divide this figure's value by each of its rivals' that the same run measured."""
    measured = {other.key: other.value for other in run if other.value > 0}
    wanted = [*figure.rivals, *(figure.target.ratios or {} if figure.target else {})]
    return {key: figure.value / measured[key] for key in dict.fromkeys(wanted) if key in measured}


def verdict(figure: Figure, run: Sequence[Figure]) -> Verdict:
    """Whether the figure keeps its target; a ratio whose rival was not run is not judged."""
    target = figure.target
    if target is None:
        return "not asked"
    beside = ratios(figure, run)
    kept = [
        _within(figure.value, target),
        target.p99_ms is None or (figure.p99_ms is not None and figure.p99_ms < target.p99_ms),
        all(beside[rival] >= times for rival, times in (target.ratios or {}).items() if rival in beside),
    ]
    return "met" if all(kept) else "missed"


def _within(value: float, target: Target) -> bool:
    if target.value is None:
        return True
    return value >= target.value if target.direction == "at least" else value < target.value

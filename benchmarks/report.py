"""Figures as a table for people and as JSON for machines."""

import json
from collections.abc import Sequence

from benchmarks.figures import Figure, ratios, verdict
from benchmarks.machine import Machine

HEADINGS = ("figure", "value", "p50 ms", "p99 ms", "target", "", "beside")


def table(figures: Sequence[Figure]) -> str:
    """A fixed-width table, one line a figure, in the order they were measured."""
    rows = [HEADINGS, *(_row(figure, figures) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = ["  ".join(_aligned(cell, column, widths[column]) for column, cell in enumerate(row)) for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(line.rstrip() for line in lines)


def _aligned(cell: str, column: int, width: int) -> str:
    return cell.rjust(width) if 1 <= column <= 3 else cell.ljust(width)


def _row(figure: Figure, run: Sequence[Figure]) -> tuple[str, ...]:
    judged = verdict(figure, run)
    return (
        figure.title,
        f"{_number(figure.value)} {figure.unit}",
        _milliseconds(figure.p50_ms),
        _milliseconds(figure.p99_ms),
        figure.target.text() if figure.target else "",
        {"met": "ok", "missed": "MISSED", "not asked": ""}[judged],
        _beside(figure, run),
    )


def _beside(figure: Figure, run: Sequence[Figure]) -> str:
    parts = [f"{times:.2f}x {key}" for key, times in ratios(figure, run).items()]
    return "; ".join([*parts, *([figure.note] if figure.note else [])])


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:,.2f}"


def _milliseconds(value: float | None) -> str:
    return "" if value is None else f"{value:,.2f}"


def document(figures: Sequence[Figure], machine: Machine, skipped: Sequence[tuple[str, str]], quick: bool) -> str:
    """The whole run as one JSON document: machine, figures with ratios and verdicts, what was skipped and why."""
    return json.dumps(
        {
            "quick": quick,
            "machine": machine.as_json(),
            "figures": [_figure_json(figure, figures) for figure in figures],
            "skipped": [{"scenario": name, "why": why} for name, why in skipped],
        },
        indent=2,
    )


def _figure_json(figure: Figure, run: Sequence[Figure]) -> dict[str, object]:
    return {
        "key": figure.key,
        "title": figure.title,
        "value": round(figure.value, 3),
        "unit": figure.unit,
        "p50_ms": figure.p50_ms,
        "p99_ms": figure.p99_ms,
        "target": figure.target.text() if figure.target else None,
        "verdict": verdict(figure, run),
        "ratios": {key: round(times, 3) for key, times in ratios(figure, run).items()},
        "note": figure.note,
    }

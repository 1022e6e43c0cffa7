"""What commands say: a table or JSON on standard output, progress on a terminal, nothing of it in a pipe."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import click
import msgspec

Row = Mapping[str, Any]


def report(rows: Sequence[Row], *, as_json: bool, none: str = "none") -> None:
    """Rows as a table with a heading, or as a JSON array of objects. All rows have the same fields."""
    if as_json:
        say_json(rows)
    elif not rows:
        click.echo(none)
    else:
        _table(rows)


def say_json(value: object) -> None:
    """One JSON value, indented for people who look all the same; decimals stay exact, instants are RFC 3339."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2))


def _table(rows: Sequence[Row]) -> None:
    names = list(rows[0])
    cells = [[_cell(row[name]) for name in names] for row in rows]
    widths = [max(len(name), *(len(line[column]) for line in cells)) for column, name in enumerate(names)]
    for line in ([name.upper().replace("_", " ") for name in names], *cells):
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        click.echo("  ".join(padded).rstrip())


def _cell(value: object) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.isoformat(timespec="seconds").replace("+00:00", "Z")
        case _:
            return str(value)


class Progress:
    """One line on standard error that is written over; silent where standard error is no terminal."""

    def __init__(self, what: str) -> None:
        self._what, self._shown = what, sys.stderr.isatty()

    def __call__(self, done: int, total: int | None = None) -> None:
        """Say how far it is."""
        if self._shown:
            of = "" if total is None else f" of {total:,}"
            click.echo(f"\r{self._what}: {done:,}{of}\x1b[K", nl=False, err=True)

    def end(self) -> None:
        """Wipe the line."""
        if self._shown:
            click.echo("\r\x1b[K", nl=False, err=True)


@contextmanager
def progress(what: str) -> Iterator[Progress]:
    """Progress for the length of a block."""
    shown = Progress(what)
    try:
        yield shown
    finally:
        shown.end()

"""The journal as beancount reads it: accounts opened, a transaction for every entry, metadata for what it is for."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from api.exports.about import About
from api.exports.books_text import TextLine, entries, pieces
from api.reads.resource import Column
from projections.journal.chart import CHART

OPENED_ON: Final = "1900-01-01"
"""Before any day that an entry can have."""


def write(columns: Sequence[Column], rows: Iterator[Sequence[Sequence[Any]]], about: About) -> Iterator[bytes]:
    """The chart, then a transaction for every entry."""
    found = entries(columns, rows)
    yield from pieces(_texts(found, about))


def broken(request_id: str) -> bytes:
    """A last string that is never closed, and no directive."""
    return f'\n"This file is not whole: the export failed half way (request {request_id})\n'.encode()


def _texts(found: Iterator[list[TextLine]], about: About) -> Iterator[str]:
    yield f"; {about.export} of {about.ledger_id} as of position {about.position}\n\n"
    yield "".join(f"{OPENED_ON} open {account.name}\n" for account in CHART) + "\n"
    yield from map(_transaction, found)


def _transaction(lines: Sequence[TextLine]) -> str:
    first = lines[0]
    told = {
        "entry": first.entry_id,
        "invoice": first.invoice_id,
        "about": first.about_entry_id,
        "corrects": first.corrects_day,
    }
    head = f"{first.posted_on} * {_quoted(first.customer_id)} {_quoted(first.words)}\n"
    return f"{head}{_metadata(told, 2)}{''.join(map(_posting, lines))}\n"


def _posting(line: TextLine) -> str:
    told = {"plan": line.plan_id, "feature": line.feature_id}
    return f"  {line.account}  {line.amount} {line.commodity}\n{_metadata(told, 4)}"


def _metadata(told: Mapping[str, str | None], indent: int) -> str:
    return "".join(f"{' ' * indent}{name}: {_quoted(value)}\n" for name, value in told.items() if value is not None)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

"""The journal as hledger and Ledger read it: commodities and accounts declared, every line tagged with what it is for.

A tag's value ends at a comma or the line's end, so user text is percent-encoded as in a URL, and every text comes back.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final
from urllib.parse import quote

from api.exports.about import About
from api.exports.books_text import TextLine, entries, pieces
from api.reads.resource import Column
from ledger.core.money import exponent
from projections.journal.chart import CHART

SAFE: Final = "@/+=.-_~"


def write(columns: Sequence[Column], rows: Iterator[Sequence[Sequence[Any]]], about: About) -> Iterator[bytes]:
    """The chart, then a transaction for every entry."""
    found = entries(columns, rows)
    yield from pieces(_texts(found, about))


def broken(request_id: str) -> bytes:
    """A last line that is no journal."""
    return f"\n!! This file is not whole: the export failed half way (request {request_id})\n".encode()


def _texts(found: Iterator[list[TextLine]], about: About) -> Iterator[str]:
    yield f"; {about.export} of {about.ledger_id} as of position {about.position}\n\n"
    yield "".join(f"account {account.name}\n" for account in CHART) + "\n"
    known: set[str] = set()
    for lines in found:
        first = lines[0]
        if first.currency not in known:
            known.add(first.currency)
            yield f"commodity {_commodity(first)}\n\n"
        yield _transaction(lines)


def _commodity(line: TextLine) -> str:
    # Without places hledger still wants to see what the decimal mark is.
    return f"1000.{'0' * exponent(line.currency)} {line.commodity}"


def _transaction(lines: Sequence[TextLine]) -> str:
    first = lines[0]
    tags = {
        "entry": first.entry_id,
        "customer": first.customer_id,
        "invoice": first.invoice_id,
        "about": first.about_entry_id,
        "corrects": first.corrects_day,
    }
    head = f"{first.posted_on} * ({first.entry_id}) {quoted(first.customer_id)} | {first.words}"
    return f"{head}{_tags(tags)}\n{''.join(map(_posting, lines))}\n"


def _posting(line: TextLine) -> str:
    tags = {"plan": line.plan_id, "feature": line.feature_id}
    return f"    {line.account}  {line.amount} {line.commodity}{_tags(tags)}\n"


def _tags(tags: dict[str, str | None]) -> str:
    told = ", ".join(f"{name}:{quoted(value)}" for name, value in tags.items() if value is not None)
    return f"  ; {told}" if told else ""


def quoted(text: str) -> str:
    """A text as it stands in a tag or a description."""
    return quote(text, safe=SAFE)

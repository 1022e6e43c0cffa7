"""The journal as lines of text that plain-text accounting programs read: what their formats have in common.

Amounts have as many places as their currency; user text is quoted so that no id can end a line, a tag or a string.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import chain, groupby
from typing import Any, Final, NamedTuple

from api.reads.resource import Column
from ledger.core.errors import InvalidRequest
from ledger.core.money import exponent

NEEDED: Final = (
    "posted_on",
    "entry_id",
    "kind",
    "account",
    "currency",
    "debit",
    "credit",
    "customer_id",
    "invoice_id",
    "invoice_number",
    "plan_id",
    "feature_id",
    "corrects_day",
    "about_entry_id",
)


class TextLine(NamedTuple):
    """What such a file says of one line of the journal, in the order of `NEEDED`."""

    posted_on: str
    entry_id: str
    kind: str
    account: str
    currency: str
    debit: Decimal | None
    credit: Decimal | None
    customer_id: str
    invoice_id: str | None
    invoice_number: int | None
    plan_id: str | None
    feature_id: str | None
    corrects_day: str | None
    about_entry_id: str | None

    @property
    def commodity(self) -> str:
        """The currency as these programs write it."""
        return self.currency.upper()

    @property
    def amount(self) -> str:
        """The amount with all places of its currency, a debit above zero."""
        value = self.debit if self.debit is not None else -(self.credit or Decimal(0))
        return f"{value:.{exponent(self.currency)}f}"

    @property
    def words(self) -> str:
        """What the entry is about, in a few words."""
        kind = self.kind.replace("_", " ")
        if self.invoice_number is None:
            return kind
        return f"invoice {self.invoice_number}" if kind == "invoice" else f"{kind}, invoice {self.invoice_number}"


def entries(columns: Sequence[Column], batches: Iterable[Sequence[Sequence[Any]]]) -> Iterator[list[TextLine]]:
    """The lines of each entry. Raises `InvalidRequest` where columns were left out."""
    places = {column.name: place for place, column in enumerate(columns)}
    missing = [name for name in NEEDED if name not in places]
    if missing:
        raise InvalidRequest("columns was sent with a format of accounting programs, which has its own: leave it out")
    wanted = [places[name] for name in NEEDED]
    lines = (TextLine._make([row[place] for place in wanted]) for row in chain.from_iterable(batches))
    for _, found in groupby(lines, key=lambda line: line.entry_id):
        yield list(found)


def pieces(texts: Iterable[str], at_once: int = 500) -> Iterator[bytes]:
    """Texts as bytes, some at a time."""
    made: list[str] = []
    for text in texts:
        made.append(text)
        if len(made) >= at_once:
            yield "".join(made).encode()
            made.clear()
    if made:
        yield "".join(made).encode()

"""What the books make of a customer's life: its lines, without a database."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from ledger.core.events import Event, stored_name
from ledger.core.invoices.invoice import Account, InvoiceStatus
from projections.folding.batch import fold_events
from projections.folding.loading import NO_ROWS
from projections.journal.fold import LINES, MODEL
from projections.projection import Final, Recorded
from tests.projections.given import STREAM


class BookedLine(NamedTuple):
    """One line of the books, by the names of its columns that tests ask for."""

    position: int
    kind: str
    account: str
    amount_minor: int
    plan_id: str | None
    earned: str | None
    period_start: datetime | None
    period_end: datetime | None
    about_position: int | None
    currency: str


def booked(log: Iterable[tuple[datetime, Event]]) -> list[BookedLine]:
    """The lines of a stream's events, in order; every state goes through its stored form on the way."""
    state, found = MODEL.restore(NO_ROWS), list[Final]()
    for position, (at, event) in enumerate(log, start=1):
        if type(event) not in MODEL.folds:
            continue
        recorded = Recorded(position, STREAM, position, stored_name(event), event, "tests", None, "req", at, at)
        states = {0: state}
        found += fold_events(MODEL, [(0, recorded)], states)
        after = states[0]
        rows = MODEL.changes(STREAM, MODEL.restore(NO_ROWS), after).rows.get("journal_invoices", [])
        state = MODEL.restore({"journal_invoices": [(row[2],) for row in rows]})
        assert state == after
    return [_line(row) for table, row in found if table == LINES.name]


def _line(row: Sequence[Any]) -> BookedLine:
    named = dict(zip(LINES.columns, row, strict=True))
    return BookedLine(*(named[name] for name in BookedLine._fields))


def sums(lines: Iterable[BookedLine]) -> Counter[str]:
    """What stands on each account, debits above zero; those with nothing on them left out."""
    found = Counter[str]()
    for line in lines:
        found[line.account] += line.amount_minor
    return Counter({account: amount for account, amount in found.items() if amount})


def check_books(account: Account, lines: Sequence[BookedLine]) -> None:
    """Every entry balances, and the accounts hold what the core says that a customer owes, has and has paid."""
    entries = Counter[int]()
    for line in lines:
        entries[line.position] += line.amount_minor
    assert not any(entries.values())
    invoices = list(account.invoices.values())
    final = [each for each in invoices if each.status not in (InvoiceStatus.DRAFT, InvoiceStatus.VOID)]
    found = sums(lines)
    assert found["Assets:Receivables"] == sum(each.due_minor for each in final)
    assert found["Liabilities:CustomerCredits"] == -account.credit_minor
    assert _under(found, "Assets:Cash") == sum(each.paid_minor - each.refunded_minor for each in invoices)
    given_up = [each for each in final if each.status is InvoiceStatus.UNCOLLECTIBLE]
    assert found["Expenses:BadDebt"] == sum(each.left_minor for each in given_up)
    kept = sum(each.total_minor - each.credited_minor - each.returned_minor - each.refunded_minor for each in final)
    assert -_under(found, "Income:Revenue") - found["Liabilities:DeferredRevenue"] == kept
    assert not found["Liabilities:RefundsPayable"]
    assert not found["Liabilities:UnappliedPayments"]


def _under(found: Counter[str], account: str) -> int:
    return sum(amount for name, amount in found.items() if name == account or name.startswith(f"{account}:"))

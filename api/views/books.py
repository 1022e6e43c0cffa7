"""The books as they are read: entries, their lines, and what stands on accounts, in major units."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from api.ids import INVOICE, shown_customer, shown_local
from api.views.shapes import Json
from api.views.timeline import rfc_3339
from ledger.core.money import to_major
from projections.journal.chart import LedgerAccount
from projections.queries.journal import AccountStanding, JournalLine, StatedLine


def entry_id(line: JournalLine) -> str:
    """The id of the entry that a line is of: its position, and the day of what is recognised later."""
    return str(line.position) if line.part == 0 else f"{line.position}:{line.natural_on}"


def invoice_id(line: JournalLine) -> str | None:
    """The wire id of the invoice that a line is about."""
    return None if line.invoice_id is None else shown_local(INVOICE, line.stream_id, line.invoice_id)


def about_entry_id(line: JournalLine) -> str | None:
    """The entry that a line's own pays, corrects or recognises: the first of its invoice."""
    about = line.about_position if line.part == 0 else line.position
    return None if about is None else str(about)


def sides(line: JournalLine) -> tuple[Decimal | None, Decimal | None]:
    """A line's amount as a debit or as a credit, in major units."""
    amount = to_major(abs(line.amount_minor), line.currency)
    return (amount, None) if line.amount_minor > 0 else (None, amount)


def ledger_account(account: LedgerAccount) -> Json:
    """An account of the chart."""
    return {"account": account.name, "type": account.type.lower(), "side": account.side.value, "about": account.about}


def standing(found: AccountStanding) -> Json:
    """An account in a trial balance; a debit balance is above zero."""

    def major(amount_minor: Decimal) -> Decimal:
        return to_major(amount_minor, found.currency)

    return {
        "account": found.account,
        "currency": found.currency,
        "opening": major(found.opening_minor),
        "debits": major(found.debits_minor),
        "credits": major(found.credits_minor),
        "balance": major(found.balance_minor),
    }


def entry(lines: Sequence[JournalLine]) -> Json:
    """An entry with its lines."""
    first = lines[0]
    return {**_head(first), "lines": [_line(each) for each in lines]}


def stated(found: StatedLine) -> Json:
    """A line of a statement, and what stands on the account after it."""
    line = found.line
    return {**_head(line), **_line(line), "balance": to_major(found.balance_minor, line.currency)}


def _head(line: JournalLine) -> Json:
    return {
        "entry_id": entry_id(line),
        "position": line.position,
        "version": line.version,
        "kind": line.kind,
        "posted_on": line.posted_on.isoformat(),
        "corrects": _corrects(line),
        "about_entry_id": about_entry_id(line),
        "currency": line.currency,
        "customer_id": shown_customer(line.customer_id, line.stream_id),
        "invoice_id": invoice_id(line),
        "invoice_number": line.number,
    }


def _corrects(line: JournalLine) -> Json | None:
    """Of what belongs to a closed period: its day there, and the entry that it corrects, where it corrects one."""
    if line.posted_on == line.natural_on:
        return None
    return {"day": line.natural_on.isoformat(), "entry_id": about_entry_id(line)}


def _line(line: JournalLine) -> Json:
    debit, credit = sides(line)
    return {
        "account": line.account,
        "debit": debit,
        "credit": credit,
        "invoice_item": line.item,
        "plan_id": line.plan_id,
        "feature_id": line.feature_id,
        "entity_id": line.entity_id,
        "period": _period(line),
    }


def _period(line: JournalLine) -> Any:
    if line.period_start is None or line.period_end is None:
        return None
    return {"start": rfc_3339(line.period_start), "end": rfc_3339(line.period_end)}

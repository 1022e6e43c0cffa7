"""The books as files: the chart, the lines of the journal and of a statement, and the trial balance, amounts in major
units.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, Final

from api.call import Call
from api.ids import shown_customer
from api.reads.book_queries import asked
from api.reads.moments import when_of
from api.reads.resource import Column, Export, Kind, Rows
from api.views.books import about_entry_id, entry_id, invoice_id, ledger_account, sides
from ledger.core.money import to_major
from projections.journal.chart import CHART
from projections.queries import journal as books
from projections.queries.journal import AccountStanding, JournalLine, StatedLine

ACCOUNT_COLUMNS: Final = (
    Column("account", Kind.TEXT, "Its name."),
    Column("type", Kind.TEXT, "assets, liabilities, income or expenses."),
    Column("side", Kind.TEXT, "The side that it grows on: debit or credit."),
    Column("about", Kind.TEXT, "What it holds."),
)
JOURNAL_COLUMNS: Final = (
    Column("posted_on", Kind.TEXT, "The day of the ledger that the line is posted on."),
    Column("entry_id", Kind.TEXT, "The entry that it is of: its lines sum to zero."),
    Column("position", Kind.INTEGER, "The event that it comes from."),
    Column("version", Kind.INTEGER, "That event's place in its customer's stream."),
    Column("kind", Kind.TEXT, "What the entry is about."),
    Column("account", Kind.TEXT, "The account of the chart."),
    Column("currency", Kind.TEXT, "ISO 4217, in small letters."),
    Column("debit", Kind.NUMBER, "The amount of a debit."),
    Column("credit", Kind.NUMBER, "The amount of a credit."),
    Column("customer_id", Kind.TEXT, "Whom it is about."),
    Column("invoice_id", Kind.TEXT, "The invoice that it is about."),
    Column("invoice_number", Kind.INTEGER, "That invoice's number."),
    Column("invoice_item", Kind.INTEGER, "The line of the invoice, counted from 0."),
    Column("plan_id", Kind.TEXT, "The plan that the line of the invoice is for."),
    Column("feature_id", Kind.TEXT, "The feature that it is for."),
    Column("entity_id", Kind.TEXT, "The entity that it is for."),
    Column("period_start", Kind.INSTANT, "The beginning of the time that it is for."),
    Column("period_end", Kind.INSTANT, "The end of that time."),
    Column("corrects_day", Kind.TEXT, "Its day in a closed period, where it belongs to one."),
    Column("about_entry_id", Kind.TEXT, "The entry that it pays, corrects or recognises."),
)
STATEMENT_COLUMNS: Final = (
    *JOURNAL_COLUMNS,
    Column("balance", Kind.NUMBER, "What stands on the account after the line; a debit balance is above zero."),
)
BALANCE_COLUMNS: Final = (
    Column("account", Kind.TEXT, "The account of the chart."),
    Column("currency", Kind.TEXT, "ISO 4217, in small letters."),
    Column("opening", Kind.NUMBER, "What stood on it before the first day; a debit balance is above zero."),
    Column("debits", Kind.NUMBER, "All debits from then on."),
    Column("credits", Kind.NUMBER, "All credits from then on."),
    Column("balance", Kind.NUMBER, "What stands on it at the end."),
)


@contextmanager
def _accounts(call: Call, query: dict[str, Any]) -> Iterator[Rows]:
    when = when_of(call, query)
    with call.view(books.MODELS) as view:
        position, due = (view.position, view.due) if when is None else (when.position, None)
        yield Rows(position, due, (list(ledger_account(each).values()) for each in CHART))


@contextmanager
def _journal(call: Call, query: dict[str, Any]) -> Iterator[Rows]:
    question = asked(call, query)
    with call.view(books.MODELS) as view:
        found = books.every_line(view, question.within(view), question.of_lines)
        yield Rows(question.position(view), question.due(view), map(line_row, found))


@contextmanager
def _trial_balance(call: Call, query: dict[str, Any]) -> Iterator[Rows]:
    question = asked(call, query)
    with call.view(books.MODELS) as view:
        found = books.trial_balance(view, question.within(view))
        yield Rows(question.position(view), question.due(view), map(_standing_row, found))


@contextmanager
def _statement(call: Call, query: dict[str, Any]) -> Iterator[Rows]:
    question = asked(call, query).stated()
    with call.view(books.MODELS) as view:
        found = books.every_stated_line(view, question.within(view))
        yield Rows(question.position(view), question.due(view), map(_stated_row, found))


def line_row(line: JournalLine) -> Sequence[Any]:
    """A line in the order of `JOURNAL_COLUMNS`."""
    debit, credit = sides(line)
    return (
        line.posted_on.isoformat(),
        entry_id(line),
        line.position,
        line.version,
        line.kind,
        line.account,
        line.currency,
        debit,
        credit,
        shown_customer(line.customer_id, line.stream_id),
        invoice_id(line),
        line.number,
        line.item,
        line.plan_id,
        line.feature_id,
        line.entity_id,
        line.period_start,
        line.period_end,
        None if line.posted_on == line.natural_on else line.natural_on.isoformat(),
        about_entry_id(line),
    )


def _standing_row(found: AccountStanding) -> Sequence[Any]:
    amounts = (found.opening_minor, found.debits_minor, found.credits_minor, found.balance_minor)
    return (found.account, found.currency, *(_major(each, found.currency) for each in amounts))


def _stated_row(found: StatedLine) -> Sequence[Any]:
    return (*line_row(found.line), _major(found.balance_minor, found.line.currency))


def _major(amount_minor: Decimal, currency: str) -> Decimal:
    return to_major(amount_minor, currency)


ACCOUNTS: Final = Export("accounts", ACCOUNT_COLUMNS, _accounts)
JOURNAL: Final = Export("journal", JOURNAL_COLUMNS, _journal, also=("hledger", "beancount"))
TRIAL_BALANCE: Final = Export("trial-balance", BALANCE_COLUMNS, _trial_balance)
STATEMENT: Final = Export("statement", STATEMENT_COLUMNS, _statement)

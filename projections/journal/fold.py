"""The books: what every event moves between accounts, and the ledger's own say in dates.

The fold gives lines of entries with their instants. Which day an instant is depends on the ledger's time zone, and the
day that a line is posted on also on which periods were closed, both of another stream: `derive_journal_postings.sql`
makes the postings of a batch from its lines, and what becomes revenue month by month beside them.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final as Constant
from typing import NamedTuple
from uuid import UUID

import msgspec

from ledger.core.events import Event, InvoiceCreated, InvoiceUpdated, LedgerChanged, LedgerCreated, PaymentRequested
from ledger.core.invoices import invoice as invoicing
from ledger.core.invoices.invoice import Account
from projections.journal.entries import MAKING, Entry, entry_of
from projections.journal.holding import Held
from projections.jsonb import state_json
from projections.projection import Changes, Final, Kind, Model, Recorded, Row, Table

SETTINGS: Constant = Table(
    "journal_settings",
    key=1,
    columns={"position": Kind.BIGINT, "setting": Kind.TEXT, "value": Kind.TEXT},
    grows_only=True,
)

LINES: Constant = Table(
    "journal_lines",
    key=2,
    columns={
        "position": Kind.BIGINT,
        "line": Kind.INTEGER,
        "stream_id": Kind.UUID,
        "version": Kind.INTEGER,
        "kind": Kind.TEXT,
        "at": Kind.INSTANT,
        "account": Kind.TEXT,
        "currency": Kind.TEXT,
        "amount_minor": Kind.BIGINT,
        "invoice_id": Kind.TEXT,
        "number": Kind.BIGINT,
        "item": Kind.INTEGER,
        "plan_id": Kind.TEXT,
        "feature_id": Kind.TEXT,
        "entity_id": Kind.TEXT,
        "earned": Kind.TEXT,
        "period_start": Kind.INSTANT,
        "period_end": Kind.INSTANT,
        "about_position": Kind.BIGINT,
    },
    grows_only=True,
)

POSTINGS: Constant = Table(
    "journal_postings",
    key=6,
    columns={
        "posted_on": Kind.DATE,
        "position": Kind.BIGINT,
        "part": Kind.INTEGER,
        "natural_on": Kind.DATE,
        "line": Kind.INTEGER,
        "account": Kind.TEXT,
        "currency": Kind.TEXT,
        "amount_minor": Kind.BIGINT,
        "stream_id": Kind.UUID,
    },
    derived_from=LINES.name,
)

SUMS: Constant = Table(
    "journal_sums",
    key=3,
    columns={
        "account": Kind.TEXT,
        "currency": Kind.TEXT,
        "posted_on": Kind.DATE,
        "debits_minor": Kind.NUMERIC,
        "credits_minor": Kind.NUMERIC,
    },
    derived_from=POSTINGS.name,  # and made by the statement that makes those
)

INVOICES: Constant = Table(
    "journal_invoices", key=2, columns={"stream_id": Kind.UUID, "invoice_id": Kind.TEXT, "state": Kind.JSON}
)

DATING: Constant = ("timezone", "books_closed_until")
"""The settings of a ledger that decide on which day something is posted."""


class State(NamedTuple):
    """The invoices of a stream as the books hold them."""

    held: Mapping[str, Held] = {}


_held = msgspec.json.Decoder(Held)


def restore(rows: Mapping[str, Sequence[tuple[str]]]) -> State:
    """The invoices of a stream, from the `state` of their rows."""
    found = (_held.decode(state) for (state,) in rows["journal_invoices"])
    return State({each.invoice.invoice_id: each for each in found})


def fold(state: State, recorded: Recorded) -> tuple[State, Sequence[Final]]:
    """Move the books by one event; the lines of its entry are final."""
    event = recorded.event
    match event:
        case LedgerCreated():
            return state, (_setting(recorded, "timezone", event.timezone),)
        case LedgerChanged():
            dating = event.setting in DATING
            return state, (_setting(recorded, event.setting, event.after),) if dating else ()
    invoice_id: str | None = event.invoice_id  # type: ignore[attr-defined]  # every other event of FOLDS has one
    before = state.held.get(invoice_id or "")
    known = {} if before is None else {before.invoice.invoice_id: before.invoice}
    after = invoicing.evolve(Account(known), event).invoices.get(invoice_id or "")
    made = entry_of(event, before, after)
    if not isinstance(made, Entry):
        return (state if made is None else _keeping(state, made)), ()
    held = made.after
    if held is not None and held.position is None and made.postings:
        held = msgspec.structs.replace(held, position=recorded.position)
    rows = [Final(LINES.name, row) for row in lines(recorded, made, before)]
    return (state if held is None else _keeping(state, held)), rows


def _keeping(state: State, held: Held) -> State:
    return State({**state.held, held.invoice.invoice_id: held})


def _setting(recorded: Recorded, setting: str, value: str) -> Final:
    return Final(SETTINGS.name, (recorded.position, setting, value))


def lines(recorded: Recorded, entry: Entry, before: Held | None) -> Iterator[Row]:
    """The lines of an entry as they are stored."""
    invoice = None if entry.after is None else entry.after.invoice
    for number, posting in enumerate(entry.postings):
        line = posting.line
        yield (
            recorded.position,
            number,
            recorded.stream_id,
            recorded.version,
            entry.kind.value,
            entry.at,
            posting.account,
            entry.currency,
            posting.amount_minor,
            None if invoice is None else invoice.invoice_id,
            None if invoice is None else invoice.number,
            posting.item,
            None if line is None else line.plan_id,
            None if line is None else line.feature_id,
            None if line is None else line.entity_id,
            posting.earned,
            posting.start,
            posting.end,
            None if before is None else before.position,
        )


def changes(stream_id: UUID, before: State, after: State) -> Changes:
    """The rows of a stream that are different now. Invoices are never forgotten: what is paid can go back."""
    found = Changes()
    for key, held in after.held.items():
        if before.held.get(key) is not held:
            found.put(INVOICES.name, (stream_id, key, state_json(held)))
    return found


FOLDS: Constant[frozenset[type[Event]]] = frozenset(
    {*MAKING, InvoiceCreated, InvoiceUpdated, PaymentRequested, LedgerCreated, LedgerChanged}
)

MODEL: Constant = Model(
    "journal", "projections.journal.sql", (SETTINGS, LINES, POSTINGS, SUMS, INVOICES), FOLDS, restore, fold, changes
)

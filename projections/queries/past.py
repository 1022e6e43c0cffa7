"""Rows as they were at a moment: lists from the versions that models keep, one customer's together with what had fallen
due for it and nobody had looked at yet.

For one customer the rows are those of its last event inside the moment, at `position`; `ahead` are the events that
follow from them (`replay.past`), folded here as the runner would have folded them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec

from ledger.core.balances.balance import Grant
from ledger.core.errors import InvalidRequest
from ledger.core.subscriptions.subscription import Subscription
from projections.balances.fold import BALANCES
from projections.balances.fold import MODEL as BALANCES_MODEL
from projections.cursors import BY_AGE_AND_ID
from projections.invoices.fold import MODEL as INVOICES_MODEL
from projections.invoices.fold import Kept, to_invoice
from projections.projection import Final as FinalRow
from projections.projection import Model, Recorded, Table
from projections.queries.lists import Listing
from projections.queries.rows import InvoiceEntry, InvoiceFilter, Page, SubscriptionEntry
from projections.subscriptions.fold import EXPIRED, SUBSCRIPTIONS, UNSCHEDULED, Held
from projections.subscriptions.fold import MODEL as SUBSCRIPTIONS_MODEL
from projections.view import View
from projections.when import When

PATIENCE_MS: Final = 5_000


class SubscriptionFilter(NamedTuple):
    """Which subscriptions to list: `statuses` as in `subscriptions`; `one_off` None for purchases too."""

    statuses: tuple[str, ...]
    one_off: bool | None = None
    stream_id: UUID | None = None
    entity_id: str | None = None
    plan_id: str | None = None

    def parameters(self) -> dict[str, Any]:
        """As statements take it."""
        return self._asdict() | {"statuses": list(self.statuses)}


class Ended(msgspec.Struct, frozen=True):
    """A balance that had ended, as it stood then."""

    grant: Grant
    ended_at: datetime


class Owner(msgspec.Struct, frozen=True):
    """Whose rows are asked for, and up to where in the log."""

    stream_id: UUID
    customer_id: str | None
    clock: datetime | None
    position: int


def subscriptions_then(view: View, owner: Owner, ahead: Iterable[Recorded]) -> list[SubscriptionEntry]:
    """Every subscription and purchase that a customer had had, ended ones too. Needs the model subscriptions."""
    held, entries = dict[str, Held](), list[SubscriptionEntry]()
    for status, created_at, ended_at, ended_by, state in _of(view, "read_subscriptions_then", "subscriptions", owner):
        each = msgspec.json.decode(state, type=Subscription)
        if status == EXPIRED:
            entries.append(_entry(owner, each, status, created_at, ended_at, ended_by))
        elif status != UNSCHEDULED:
            held[each.subscription_id] = Held(created_at, each)
    held, finals = _folded(SUBSCRIPTIONS_MODEL, held, ahead)
    for row in _rows(SUBSCRIPTIONS, finals):
        each = msgspec.json.decode(row["state"], type=Subscription)
        entries.append(_entry(owner, each, row["status"], row["created_at"], row["ended_at"], row["ended_by"]))
    entries += [_entry(owner, each, each.status.value, created_at, None, None) for created_at, each in held.values()]
    return entries


def ended_balances_then(
    view: View, owner: Owner, grants: Mapping[str, Grant], ahead: Iterable[Recorded]
) -> list[Ended]:
    """Every balance of a customer that had ended; `grants` are those that its events had left. Needs balances."""
    rows = _of(view, "read_ended_balances", "balances", owner)
    found = [Ended(msgspec.json.decode(state, type=Grant), ended_at) for ended_at, state in rows]
    _, finals = _folded(BALANCES_MODEL, grants, ahead)
    found += [Ended(msgspec.json.decode(row["state"], type=Grant), row["ended_at"]) for row in _rows(BALANCES, finals)]
    return found


def invoices_of_then(view: View, owner: Owner, ahead: Iterable[Recorded]) -> list[InvoiceEntry]:
    """Every invoice of a customer. One that nobody had looked for yet has no number. Needs the model invoices."""
    rows = _of(view, "read_invoices_then", "invoices", owner)
    found = (Kept(to_invoice(state, lines), final, closed) for final, closed, lines, state in rows)
    before = {each.invoice.invoice_id: each for each in found}
    after, _ = _folded(INVOICES_MODEL, before, ahead)
    entries = []
    for key, (invoice, finalized_at, closed_at) in after.items():
        if key not in before or before[key].invoice.number is None:
            invoice = msgspec.structs.replace(invoice, number=None)  # noqa: PLW2901  numbers are given when it happens
        entries.append(InvoiceEntry(owner.stream_id, owner.customer_id, invoice, finalized_at, closed_at))
    return entries


def subscriptions_at(
    view: View, keep: SubscriptionFilter, when: When, asked: object, *, limit: int, cursor: str | None
) -> Page[tuple[SubscriptionEntry, bool]]:
    """A page of the ledger's subscriptions and purchases as they were, newest first, each with whether its customer's
    clock had gone on since. `asked` names the moment for the cursor. Needs the models customers and subscriptions.
    """
    listing = Listing(view, "subscriptions_at", (keep, asked), BY_AGE_AND_ID, limit, cursor)
    parameters = keep.parameters() | when.parameters()
    rows = _looked_up(
        view, lambda: listing.rows("list_subscriptions_then", ("customers", "subscriptions"), **parameters)
    )
    return Page([(_listed(row[:-1]), row[-1]) for row in rows], listing.next_cursor)


def invoices_at(
    view: View, keep: InvoiceFilter, when: When, asked: object, *, limit: int, cursor: str | None
) -> Page[InvoiceEntry]:
    """A page of the ledger's invoices as they were, newest first. Needs the models customers and invoices."""
    listing = Listing(view, "invoices_at", (keep, asked), BY_AGE_AND_ID, limit, cursor)
    parameters = keep.parameters() | when.parameters()
    rows = _looked_up(view, lambda: listing.rows("list_invoices_then", ("customers", "invoices"), **parameters))
    return Page([_invoice(row) for row in rows], listing.next_cursor)


def _looked_up(view: View, read: Callable[[], list[Any]]) -> list[Any]:
    # A status that few had then is looked for in all rows of then: no index knows every moment.
    found = view.within(PATIENCE_MS, read)
    if found is None:
        raise InvalidRequest(
            f"The ledger's past was looked through for {PATIENCE_MS // 1_000} seconds: narrow it by customer_id or "
            "leave filters out, or take all of it as a file (format=csv)"
        )
    return found


def _invoice(row: Sequence[Any]) -> InvoiceEntry:
    _, stream_id, _, customer_id, finalized_at, closed_at, lines, state = row
    return InvoiceEntry(stream_id, customer_id, to_invoice(state, lines), finalized_at, closed_at)


def _of(view: View, name: str, model: str, owner: Owner) -> list[Any]:
    return view.rows(name, (model,), stream_id=owner.stream_id, position=owner.position)


def _folded(model: Model, state: Any, ahead: Iterable[Recorded]) -> tuple[Any, list[FinalRow]]:
    finals: list[FinalRow] = []
    for recorded in ahead:
        if type(recorded.event) in model.folds:
            state, final = model.fold(state, recorded)
            finals += final
    return state, finals


def _rows(table: Table, finals: Iterable[FinalRow]) -> list[dict[str, Any]]:
    return [dict(zip(table.columns, row, strict=True)) for name, row in finals if name == table.name]


def _entry(
    owner: Owner,
    each: Subscription,
    status: str,
    created_at: datetime,
    ended_at: datetime | None,
    ended_by: str | None,
) -> SubscriptionEntry:
    whose = (owner.stream_id, owner.customer_id)
    return SubscriptionEntry(*whose, each, status, created_at, ended_at, ended_by, owner.clock)


def _listed(row: Sequence[Any]) -> SubscriptionEntry:
    created_at, stream_id, _, customer_id, status, ended_at, ended_by, clock, state = row
    held = msgspec.json.decode(state, type=Subscription)
    return SubscriptionEntry(stream_id, customer_id, held, status, created_at, ended_at, ended_by, clock)

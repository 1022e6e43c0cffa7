"""What will fall due for a customer until an instant, worked out by the core and told in the rows of a preview."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, NamedTuple

from api.dashboard.doing import Foreseen
from api.dashboard.seen import Row, unsaid
from api.dashboard.words import day, feature_name, money, units
from api.views.shapes import Scene
from api.wire.json import render
from ledger.core.customer import CUSTOMER
from ledger.core.events import (
    BalanceExpired,
    BalanceReset,
    ChargeAccrued,
    Event,
    InvoiceCreated,
    InvoiceFinalized,
    PaymentFailed,
    PaymentRequested,
    PaymentSucceeded,
    PlanActivated,
    PlanAttached,
    PlanExpired,
    PlanPastDue,
    PlanRenewed,
    TrialEnded,
    stored_name,
)
from ledger.core.money import to_major
from ledger.core.state import Customer
from ledger.core.subscriptions.subscription import Subscription

MOST_ROWS: Final = 30
OF_PLANS: Final = {
    TrialEnded: "trial ends",
    PlanActivated: "starts",
    PlanExpired: "ends",
    PlanPastDue: "is past due",
    PlanRenewed: "renews",
}
TOLD_BY_THE_INVOICE: Final = (ChargeAccrued, InvoiceCreated, PaymentRequested)
MEANWHILE: Final = b"written to between the look and the decision"


class Due(NamedTuple):
    """Something that will happen: when, to whom, and how it leaves the customer."""

    at: datetime
    event: Event
    before: Customer
    after: Customer


def due_rows(scene: Scene, found: Foreseen) -> Sequence[Row]:
    """What happens from a customer as it was looked at up to where its clock goes, in its order; the first things one
    by one, the rest as a number.

    `found` is the customer as the decision finds it, when that has happened: had anything else been written to it
    since the look, these rows would be no account of it, and so they are others then.
    """
    things = list(_falling_due(scene.customer, found))
    told = [row for each in things for row in _told(scene, each)]
    rows = told[:MOST_ROWS]
    if len(told) > MOST_ROWS:
        more = f"and {len(told) - MOST_ROWS} more"
        rows += [Row("plans", more, "", f"until {day(found.context.now)}"), unsaid(render(told[MOST_ROWS:]))]
    last = things[-1].after if things else scene.customer
    rows += [] if last.version == found.before.version else [unsaid(MEANWHILE)]
    return [*rows, *_invoiced(things)]


def _falling_due(customer: Customer, found: Foreseen) -> Iterator[Due]:
    context = replace(found.context, last_at=None)  # what had to happen before the last event has happened: it was read
    while (due := CUSTOMER.advance(customer, context)) is not None:
        at, events = due
        for event in events:
            after = CUSTOMER.evolve(customer, event)
            yield Due(at, event, customer, after)
            customer = after


def _told(scene: Scene, due: Due) -> Iterator[Row]:
    label, value, entity_id = _words(scene, due)
    if label:
        whose = f", for {entity_id}" if entity_id else ""
        yield Row("plans", label, value, f"{day(due.at)}{whose}")


def _words(scene: Scene, due: Due) -> tuple[str, str, str | None]:
    """What happens, the amount that goes with it, and the entity that it happens to."""
    event = due.event
    match event:
        case PlanAttached():
            return f"{event.plan.name} starts", "", event.entity_id
        case TrialEnded() | PlanActivated() | PlanExpired() | PlanPastDue() | PlanRenewed():
            held = _held(due, event.subscription_id)
            until = f"until {day(event.period_end)}" if isinstance(event, PlanRenewed) else ""
            return f"{held.plan.name} {OF_PLANS[type(event)]}", until, held.entity_id
        case BalanceReset():
            name = feature_name(scene.catalog, event.feature_id)
            return (
                f"{name} resets",
                f"{units(event.before.remaining)} → {units(event.after.remaining)}",
                event.entity_id,
            )
        case BalanceExpired():
            name = feature_name(scene.catalog, event.feature_id)
            return f"{name} expires", f"{units(event.before.remaining)} left", event.entity_id
        case InvoiceFinalized():
            invoice = due.after.account.invoices[event.invoice_id]
            return "Invoice", money(to_major(invoice.total_minor, invoice.currency), invoice.currency), None
        case PaymentSucceeded():
            return "Paid", money(to_major(event.amount_minor, event.currency), event.currency), None
        case PaymentFailed():
            return "Payment fails", money(to_major(event.amount_minor, event.currency), event.currency), None
        case _ if isinstance(event, TOLD_BY_THE_INVOICE):
            return "", "", None
    return stored_name(event).rpartition(".v")[0].replace(".", " ").replace("_", " ").capitalize(), "", None


def _held(due: Due, subscription_id: str) -> Subscription:
    held = due.before.subscriptions
    return held[subscription_id] if subscription_id in held else due.after.subscriptions[subscription_id]


def _invoiced(things: Sequence[Due]) -> Iterator[Row]:
    """What all invoices come to that are made on the way, in each currency."""
    sums = Counter[str]()
    for each in things:
        if isinstance(each.event, InvoiceFinalized):
            invoice = each.after.account.invoices[each.event.invoice_id]
            sums[invoice.currency] += invoice.total_minor
    for currency, minor in sums.items():
        yield Row("next", "Invoiced by then", money(to_major(minor, currency), currency))

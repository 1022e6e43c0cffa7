"""The plans of a customer: what it is on, what comes, what ended; and the sheet of one of them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from flask import Response

from api.dashboard.customer.price_words import included, item_price, per, period_name, plan_price
from api.dashboard.customer.subject import Subject, sheet, subject
from api.dashboard.visitor import Visitor
from api.ids import SUBSCRIPTION, shown_local
from api.views.invoice import invoice_id, summary, upcoming
from api.views.shapes import Json
from ledger.core.errors import SubscriptionNotFound
from ledger.core.money import to_major
from ledger.core.subscriptions.quote import NextCycle
from ledger.core.subscriptions.subscription import Status, Subscription
from projections.queries.past import subscriptions_then
from projections.reads import SubscriptionEntry, View
from projections.subscriptions.fold import EXPIRED

MODELS: Final = ("subscriptions",)
MOST_HELD: Final = 100
MOST_ENDED: Final = 50


class Renewal(NamedTuple):
    """When a plan is billed next, and how much of that invoice is for it."""

    at: datetime
    amount: Decimal


def plan_section(found: Subject, cycles: Sequence[NextCycle], ended: Sequence[SubscriptionEntry]) -> Json:
    """What the customer, or its entity, is on and comes to be on; and what it was on, the latest first."""
    ahead = renewals(found, cycles)
    held = [each for each in found.customer.subscriptions.values() if _seen(found, each)]
    rows = [_row(found, each, ahead.get(each.subscription_id)) for each in sorted(held, key=_rank)[:MOST_HELD]]
    gone = [_ended_row(found, each) for each in ended if _seen(found, each.subscription)]
    return {"rows": rows, "held": len(held), "ended": gone[:MOST_ENDED], "hidden": max(0, len(gone) - MOST_ENDED)}


def ended_plans(found: Subject, view: View) -> list[SubscriptionEntry]:
    """The plans that ended, the latest first. Needs the model subscriptions."""
    entries = subscriptions_then(view, found.owner(view.position), found.ahead)
    over = [each for each in entries if each.status == EXPIRED]
    return sorted(over, key=lambda each: each.ended_at or each.created_at, reverse=True)


def renewals(found: Subject, cycles: Iterable[NextCycle]) -> Mapping[str, Renewal]:
    """What comes next of each plan, by the plan's local id."""
    ahead: dict[str, Renewal] = {}
    for cycle in cycles:
        for line in cycle.lines:
            if line.subscription_id is not None:
                known = ahead.get(line.subscription_id)
                amount = to_major(line.amount_minor, found.scene.currency)
                ahead[line.subscription_id] = Renewal(cycle.starts_at, amount + (known.amount if known else 0))
    return ahead


def plan_page(visitor: Visitor, customer_id: str, subscription_id: str) -> Response:
    """The sheet of one plan. Raises `SubscriptionNotFound`."""
    found = subject(visitor, customer_id)
    held = next(
        (each for each in found.customer.subscriptions.values() if wire_id(found, each) == subscription_id), None
    )
    if held is not None:
        row = _row(found, held, renewals(found, upcoming(found.scene)).get(held.subscription_id))
    else:
        entry = _ended(found, subscription_id)
        held, row = entry.subscription, _ended_row(found, entry)
    return sheet(found, "plan.html", plan=row, detail=_detail(found, held), invoices=_invoices(found, held))


def _ended(found: Subject, subscription_id: str) -> SubscriptionEntry:
    with found.visitor.call.view(MODELS, stream_id=found.stream_id) as view:
        for each in ended_plans(found, view):
            if wire_id(found, each.subscription) == subscription_id:
                return each
    raise SubscriptionNotFound(subscription_id)


def wire_id(found: Subject, held: Subscription) -> str:
    """The id that addresses a plan that is held: the caller's own where one was given."""
    return held.external_id or shown_local(SUBSCRIPTION, found.stream_id, held.subscription_id)


def _seen(found: Subject, held: Subscription) -> bool:
    """Of an entity, its own plans and those that the customer shares with it."""
    return found.entity_id is None or held.entity_id in (None, found.entity_id)


def _rank(held: Subscription) -> tuple[bool, bool, bool, bool]:
    """Plans in force before scheduled ones; the customer's own first, base plans before add-ons and purchases."""
    return held.status is Status.SCHEDULED, held.entity_id is not None, held.plan.one_off, held.plan.add_on


def _row(found: Subject, held: Subscription, renewal: Renewal | None) -> Json:
    period = held.period(found.scene.now, found.scene.zone)
    word = "expired" if found.deleted else _word(held)
    return {
        **_what(found, held),
        "word": word,
        "renewal": renewal,
        "note": ("ended", found.customer.deleted_at) if found.deleted else _note(held, period.end if period else None),
        "period": period,
        "may_change": found.may_change,
        "canceling": held.canceling,
        "past_due": held.past_due is not None,
    }


def _ended_row(found: Subject, entry: SubscriptionEntry) -> Json:
    note = ("ended", entry.ended_at) if entry.ended_at else ("", None)
    why = (entry.ended_by or "").replace("_", " ")
    return {
        **_what(found, entry.subscription),
        "word": "expired",
        "renewal": None,
        "note": note,
        "why": why,
        "period": None,
        "may_change": False,
        "canceling": False,
        "past_due": False,
    }


def _what(found: Subject, held: Subscription) -> Json:
    plan = held.plan
    return {
        "id": wire_id(found, held),
        "plan_id": plan.plan_id,
        "name": plan.name,
        "kind": "one-off" if plan.one_off else "add-on" if plan.add_on else "",
        "custom": plan.custom,
        "entity_id": held.entity_id,
        "scope": found.called(held.entity_id) if held.entity_id else "Customer",
        "price": plan_price(plan),
        "bought": [(_feature(found, each.feature_id), each.quantity) for each in held.quantities],
        "started_at": held.started_at,
    }


def _word(held: Subscription) -> str:
    if not held.active:
        return "scheduled"
    if held.past_due is not None:
        return "past_due"
    if held.canceled_at is not None:
        return "canceling"
    return "trialing" if held.trialing else "active"


def _note(held: Subscription, period_end: datetime | None) -> tuple[str, datetime | None]:
    """What comes of the plan next, and when."""
    if not held.active:
        return "starts", held.started_at
    if held.expires_at is not None:
        return "ends", held.expires_at
    if held.trial_ends_at is not None:
        return "trial ends", held.trial_ends_at
    return ("renews", period_end) if period_end is not None else ("", None)


def _detail(found: Subject, held: Subscription) -> Json:
    plan = held.plan
    next_up = {each.feature_id: each.quantity for each in held.next_quantities}
    return {
        "version": plan.version,
        "newest": _newest(found, held),
        "description": plan.description,
        "interval": "once" if plan.one_off else f"every {period_name(plan.cycle)}" if plan.cycle else "",
        "base": None
        if plan.base is None
        else (to_major(plan.base.amount_minor, plan.currency), plan.currency, per(plan.base.every)),
        "canceled_at": held.canceled_at,
        "expires_at": held.expires_at,
        "trial_ends_at": held.trial_ends_at,
        "quantities": [
            (_feature(found, each.feature_id), each.quantity, next_up.get(each.feature_id)) for each in held.quantities
        ],
        "discounts": held.discounts,
        "gives": [
            {
                "name": _feature(found, item.feature_id),
                "feature_id": item.feature_id,
                "included": "yes" if item.kind.value == "boolean" else included(item),
                "price": item_price(item, plan.currency),
                "reset": period_name(item.reset) if item.reset else "",
                "each": _feature(found, item.entity_feature_id) if item.entity_feature_id else "",
            }
            for item in plan.items
        ],
    }


def _newest(found: Subject, held: Subscription) -> int | None:
    """The version of the plan that is attached today, where it is another one."""
    versions = found.scene.catalog.plans.get(held.plan.plan_id, ())
    return versions[-1].version if versions and versions[-1].version != held.plan.version else None


def _invoices(found: Subject, held: Subscription) -> list[dict[str, Any]]:
    """The invoices with a line of the plan, the newest first."""
    made = reversed(list(found.customer.account.invoices.values()))
    return [
        {**summary(found.scene, each), "id": invoice_id(found.scene, each), "number": each.number}
        for each in made
        if any(line.subscription_id == held.subscription_id for line in each.lines)
    ]


def _feature(found: Subject, feature_id: str) -> str:
    feature = found.scene.catalog.features.get(feature_id)
    return feature_id if feature is None else feature.name

"""A quote on the wire: what a change of plans would cost and do. Amounts are major units."""

from collections.abc import Sequence
from decimal import Decimal
from functools import reduce

from api.ids import shown_customer
from api.views.line import head, lines
from api.views.shapes import Json, Scene
from ledger.core.events import Event
from ledger.core.folding import evolve
from ledger.core.money import to_major, total
from ledger.core.state import Customer
from ledger.core.subscriptions.quote import Move, NextCycle, Quote
from ledger.core.terms import FeatureKind


def attach_preview(scene: Scene, quote: Quote) -> Json:
    """billing.preview_attach. There is no checkout to be sent to: a change is made by the call itself."""
    return {**_preview(scene, quote), "redirect_to_checkout": False, "checkout_type": None}


def update_preview(scene: Scene, quote: Quote) -> Json:
    """billing.preview_update; a change that would do nothing is `none`."""
    planned = quote.planned
    shown = {**_preview(scene, quote), "intent": planned.intent if planned.events else "none"}
    if planned.refund_minor is not None:
        shown["refund"] = {"amount": to_major(planned.refund_minor, planned.currency), "currency": planned.currency}
    return shown


def _preview(scene: Scene, quote: Quote) -> Json:
    planned = quote.planned
    currency = planned.currency
    plan_id = next((each.plan.plan_id for each in (*planned.incoming, *planned.outgoing)), "")
    shown: Json = {
        "customer_id": shown_customer(scene.customer.customer_id, scene.stream_id),
        "line_items": lines(scene, planned.lines, currency, plan_id=plan_id),
        "subtotal": to_major(planned.subtotal_minor, currency),
        "total": to_major(planned.total_minor, currency),
        "currency": currency,
        "incoming": [_move(each) for each in planned.incoming],
        "outgoing": [_move(each) for each in planned.outgoing],
        "resets_usage": resets_usage(scene.customer, planned.events),
    }
    if quote.next_cycle is not None:
        shown["next_cycle"] = _next_cycle(scene, quote.next_cycle, currency, plan_id)
    return shown


def _next_cycle(scene: Scene, cycle: NextCycle, currency: str, plan_id: str) -> Json:
    return {
        "starts_at": cycle.starts_at,
        "subtotal": to_major(cycle.subtotal_minor, currency),
        "total": to_major(cycle.total_minor, currency),
        "line_items": lines(scene, cycle.lines, currency, plan_id=plan_id),
        "usage_line_items": [head(scene, each, plan_id=plan_id) for each in cycle.usage],
    }


def resets_usage(before: Customer, events: Sequence[Event]) -> bool:
    """True when units that were used are not counted any more after the change: it clears what was used (§2.2)."""
    after = reduce(evolve, events, before)
    features = {each.feature_id for each in before.grants.values() if each.terms.kind is FeatureKind.CONSUMABLE}
    return any(_used(after, each) < _used(before, each) for each in features)


def _used(customer: Customer, feature_id: str) -> Decimal:
    return total(each.used for each in customer.grants.values() if each.feature_id == feature_id)


def _move(move: Move) -> Json:
    return {
        "plan_id": move.plan.plan_id,
        "feature_quantities": [{"feature_id": each.feature_id, "quantity": each.quantity} for each in move.quantities],
        "effective_at": move.effective_at,
        "canceled_at": move.canceled_at,
        "expires_at": move.expires_at,
    }

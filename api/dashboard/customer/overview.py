"""One customer: what it is on, what it may use and has used, what it owes, and everything that happened to it."""

from typing import Any, Final

from flask import Response

from api.dashboard.gate import Visitor
from api.dashboard.live.changes import live_path
from api.dashboard.page import page
from api.views.customer import customer, entity
from api.views.invoice import invoice_previews, invoices
from api.views.shapes import Json, Scene
from api.views.timeline import timeline_group
from ledger.core.money import to_major
from ledger.store.addresses import CustomerAddress
from projections import reads
from projections.reads import TIMELINE_MODELS, TimelineFilter

RECENT: Final = 20
NEARLY: Final = 80  # percent used from which a bar warns


def customer_page(visitor: Visitor, customer_id: str) -> Response:
    """The page of a customer, or with `?entity=` of one of its entities."""
    call = visitor.call
    scene = call.scene(call.look(CustomerAddress(customer_id)), expand=("entities", "invoices", "invoice_previews"))
    live = live_path(call, customer_id)  # before more is read: what comes after the customer was is news
    whole = customer(scene)
    entity_id = call.request.args.get("entity") or None
    held = whole if entity_id is None else entity(scene, entity_id)
    keep = TimelineFilter(stream_id=scene.stream_id, entity_id=entity_id)
    with call.view(TIMELINE_MODELS) as view:
        told = reads.timeline_groups(view, keep, limit=RECENT)
    return page(
        "customer/overview.html",
        visitor=visitor,
        here="/customers",
        live=live,
        customer=whole,
        address=customer_id,
        entity_id=entity_id,
        money=_money(scene),
        plans=[_plan(scene, each) for each in (*held["subscriptions"], *held["purchases"])],
        balances=[_balance(scene, each) for each in held["balances"].values()],
        flags=list(held["flags"]),
        invoices=invoices(scene),
        upcoming=invoice_previews(scene),
        timeline=[timeline_group(each.entries) for each in told.items],
        more=told.next_cursor is not None,
    )


def _money(scene: Scene) -> Json:
    """What is owed and what is left of credit, in major units of the customer's currency."""
    account, currency = scene.customer.account, scene.customer.currency or scene.settings.currency
    due = sum(each.due_minor for each in account.invoices.values() if each.currency == currency)
    return {
        "currency": currency,
        "due": to_major(due, currency),
        "credit": to_major(account.credit_minor, currency),
    }


def _plan(scene: Scene, held: Json) -> Json:
    """A held plan with its name, and what it is now in one word."""
    versions = scene.catalog.plans.get(held["plan_id"], ())
    name = versions[-1].name if versions else held["plan_id"]
    return {**held, "name": name, "word": _word(held)}


def _word(held: Json) -> str:
    if held.get("past_due"):
        return "past_due"
    if held.get("canceled_at") is not None:
        return "canceling"
    if held.get("trial_ends_at") is not None and held["status"] == "active":
        return "trialing"
    word: str = held.get("status", "active")
    return word


def _balance(scene: Scene, sums: Json) -> Json:
    """The sums of a feature with its name and how much of it is used, in percent."""
    feature: Any = scene.catalog.features.get(sums["feature_id"])
    granted, used = sums["granted"], sums["usage"]
    percent = min(100, int(used * 100 / granted)) if granted and used > 0 else 0
    level = "full" if percent >= 100 else "high" if percent >= NEARLY else ""
    name = sums["feature_id"] if feature is None else feature.name
    return {**sums, "name": name, "percent": percent, "level": level}

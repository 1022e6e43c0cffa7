"""The attach sheet: which plan, for whom, from when, at which price, and what that costs."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from flask import Response

from api.dashboard.changes.previewing import Change, Sheet, settle, show
from api.dashboard.forms import beside, day_milliseconds, number
from api.dashboard.gate import Visitor
from api.dashboard.words import money
from api.views.plan import plan
from api.views.shapes import Json, Scene
from api.wire.refusals import InvalidInputs
from ledger.store.addresses import CustomerAddress

INTERVALS: Final = ("one_off", "week", "month", "quarter", "semi_annual", "year")
FIELDS: Final = (
    "plan", "entity", "starts_on", "trial_days", "price", "interval", "anchor", "proration", "collection",
)  # fmt: skip
OF_WIRE: Final = {
    "entity_id": "entity",
    "starts_at": "starts_on",
    "free_trial": "trial_days",
    "customize.price.interval": "interval",
    "customize": "price",
    "billing_cycle_anchor": "anchor",
    "proration_behavior": "proration",
    "invoice_mode": "collection",
}
COLLECTION: Final = {"charge": "Charge now", "invoice": "Send an invoice", "later": "Start, pay the invoice later"}


class Offered(NamedTuple):
    """A plan that can be chosen, and what of it is bought in quantities."""

    plan_id: str
    label: str
    prepaid: tuple[tuple[str, str], ...]
    price: Decimal | None
    interval: str | None


def attach_page(visitor: Visitor, customer_id: str) -> Response:
    """The form; with a plan and an entity chosen where the address names them."""
    asked = visitor.call.request.args
    sheet, change = _sheet(visitor, customer_id, {name: asked.get(name, "") for name in FIELDS})
    return show(visitor, sheet, change)


def attach_form(visitor: Visitor, customer_id: str) -> Response:
    """The preview of what the form says or, once it was confirmed, the change."""
    form = visitor.call.request.form
    given = {name: form.get(name, "").strip() for name in form}
    sheet, change = _sheet(visitor, customer_id, given)
    return settle(visitor, sheet, change)


def _sheet(visitor: Visitor, customer_id: str, given: Mapping[str, str]) -> tuple[Sheet, Change | None]:
    scene = visitor.call.scene(visitor.call.look(CustomerAddress(customer_id)))
    plans = list(_offered(scene))
    chosen = next((each for each in plans if each.plan_id == given.get("plan")), None)
    filled = {**dict.fromkeys(FIELDS, ""), **given}
    shown: dict[str, Any] = {
        "given": filled,
        "plans": plans,
        "chosen": chosen,
        "entities": list(scene.customer.entities.values()),
        "intervals": INTERVALS,
        "collection": COLLECTION,
    }
    sheet = Sheet(
        "changes/attach.html", f"/customers/{quote(customer_id, safe='')}/attach", customer_id, shown, OF_WIRE
    )
    if chosen is None:
        return sheet, None
    try:
        payload = {"customer_id": customer_id, **_asked(chosen, filled)}
    except InvalidInputs as refusal:
        shown["wrong"] = beside(refusal)
        return sheet, None
    return sheet, Change("billing.attach", "billing.preview_attach", payload)


def _offered(scene: Scene) -> Iterator[Offered]:
    for versions in scene.catalog.plans.values():
        newest = versions[-1]
        if newest.archived:
            continue
        shown = plan(newest, scene.env, newest=True)
        price = shown["price"]
        items = [each for each in shown["items"] if each["price"] and each["price"]["billing_method"] == "prepaid"]
        features = scene.catalog.features
        prepaid = tuple((each["feature_id"], features[each["feature_id"]].name) for each in items)
        cost = (
            "free"
            if price is None
            else f"{money(price['amount'], newest.currency)} / {price['interval'].replace('_', '-')}"
        )
        label = f"{newest.name} · {cost}{' · add-on' if newest.add_on else ''}"
        amount, interval = (None, None) if price is None else (price["amount"], price["interval"])
        yield Offered(newest.plan_id, label, prepaid, amount, interval)


def _asked(chosen: Offered, given: Mapping[str, str]) -> Json:
    """The request that the form stands for; what was left as it is, is left out."""
    found: Json = {"plan_id": chosen.plan_id}
    if given["entity"]:
        found["entity_id"] = given["entity"]
    if given["starts_on"]:
        found["starts_at"] = day_milliseconds("starts_on", given["starts_on"])
    if given["trial_days"]:
        days = number("trial_days", given["trial_days"])
        found["free_trial"] = (
            {"duration_length": days, "duration_type": "day", "card_required": False} if days else None
        )
    if given["price"] or given["interval"]:
        found["customize"] = {"price": _price(chosen, given)}
    if given["anchor"]:
        found["billing_cycle_anchor"] = given["anchor"]
    if given["proration"]:
        found["proration_behavior"] = given["proration"]
    if given["collection"] in ("invoice", "later"):
        later = given["collection"] == "later"
        found["invoice_mode"] = {"enabled": True, "enable_plan_immediately": later}
    quantities = [
        {"feature_id": feature_id, "quantity": number(f"quantity.{feature_id}", given[f"quantity.{feature_id}"])}
        for feature_id, _ in chosen.prepaid
        if given.get(f"quantity.{feature_id}")
    ]
    return {**found, "feature_quantities": quantities} if quantities else found


def _price(chosen: Offered, given: Mapping[str, str]) -> Json:
    amount = number("price", given["price"]) if given["price"] else chosen.price
    if amount is None:
        raise InvalidInputs({"price": "was not given and must be, where the plan has none of its own"})
    return {"amount": amount, "interval": given["interval"] or chosen.interval or "month"}

"""A plan as the fields of its form, and the form as the request that it stands for.

Fields have the names of the wire, so a form says what a request says, as text. What a form leaves empty is left out;
what a choice switches off (a price that is not sold, tiers of a flat price) is left out whatever was written there.
"""

from collections.abc import Collection
from decimal import Decimal
from typing import Any, Final

from api.dashboard.catalog.control_fields import LISTS, OBJECTS, control_rows, controls_request
from api.dashboard.catalog.control_fields import NAME as CONTROLS
from api.dashboard.catalog.currencies import line, prices
from api.dashboard.catalog.rows import Shape, Tree, numbers, said, texts
from api.views.plan import plan as shown_plan
from api.views.shapes import Json
from api.wire.json import plain
from ledger.core.terms import Plan, PlanItem

SHAPE: Final = Shape(
    objects=("price", "reset", "rollover", "expiry", "proration", "free_trial", "config", *OBJECTS),
    lists=("items", "tiers", *LISTS),
)
OTHERS: Final = "additional_currencies"
FLAGS: Final = ("add_on", "auto_enable")
CONFIG: Final = ("ignore_past_due", "anchor_to_month_start")
EMPTY: Final[Tree] = {"price": {}, "free_trial": {}, "config": {}, "items": [], CONTROLS: {}}


def fields_of(found: Plan) -> Tree:
    """The form of a plan as it is."""
    shown = shown_plan(found, "")
    return {
        **{name: shown[name] or "" for name in ("name", "description", "group")},
        **{name: "1" if shown[name] else "" for name in FLAGS},
        "price": _priced(shown["price"] or {}),
        "free_trial": _written(shown.get("free_trial", {})),
        "config": _written(shown["config"]),
        "items": [_item_fields(*each) for each in zip(found.items, shown["items"], strict=True)],
        CONTROLS: control_rows(found.controls),
    }


def _item_fields(found: PlanItem, shown: Json) -> Tree:
    fields = _written({name: shown[name] for name in ("feature_id", "unlimited", "included")})
    fields["reset"] = _written(shown["reset"] or {})
    fields["price"] = _priced(shown["price"] or {})
    for name in ("rollover", "expiry"):
        fields[name] = _written(shown.get(name, {}))
    fields["entity_feature_id"] = shown.get("entity_feature_id", "")
    if found.proration is not None:
        kept = {"on_increase": found.proration.on_increase.value, "on_decrease": found.proration.on_decrease.value}
        fields["proration"] = kept
    return {**fields, "included": "" if found.unlimited or not found.included else plain(found.included)}


def _priced(shown: Json) -> Tree:
    fields = _written({name: value for name, value in shown.items() if name not in ("tiers", OTHERS)})
    if OTHERS in shown:
        fields[OTHERS] = line(shown[OTHERS])
    if "tiers" in shown:
        fields["tiers"] = [_priced(each) for each in shown["tiers"]]
    else:
        fields.pop("tier_behavior", None)
    if fields.get("to") == "inf":
        fields["to"] = ""
    return fields


def _written(shown: Json) -> Tree:
    return {name: _text(value) for name, value in shown.items()}


def _text(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return "1" if value else ""
    return plain(Decimal(value)) if isinstance(value, Decimal | int) else str(value)


def request_of(form: Tree, flags: Collection[str] = ()) -> Json:
    """What a form asks of `plans.create` and `plans.update`: everything that it shows.

    `flags` are the features that are there or not: of them nothing else is asked.
    """
    return {
        "name": form.get("name", ""),
        "description": form.get("description") or None,
        "group": form.get("group", ""),
        **{name: bool(form.get(name)) for name in FLAGS},
        "price": _base(form.get("price", {})),
        "free_trial": _trial(form.get("free_trial", {})),
        "config": {name: bool(form.get("config", {}).get(name)) for name in CONFIG},
        "items": [_item(each, flags) for each in form.get("items", [])],
        CONTROLS: controls_request(form.get(CONTROLS, {})),
    }


def _base(form: Tree) -> Json | None:
    if not form.get("interval"):
        return None
    found = {**texts(form, "interval"), **numbers(form, "amount", "interval_count")}
    return {**found, **_others(form)}


def _others(form: Tree) -> Json:
    found = prices(form.get(OTHERS, ""))
    return {OTHERS: found} if found else {}


def _trial(form: Tree) -> Json | None:
    if not form.get("duration_length"):
        return None
    found = {**numbers(form, "duration_length"), **texts(form, "duration_type", "on_end")}
    return {**found, "card_required": bool(form.get("card_required"))}


def _item(form: Tree, flags: Collection[str]) -> Json:
    found: Json = {"feature_id": form.get("feature_id", "")}
    if found["feature_id"] in flags:
        return {**found, **texts(form, "entity_feature_id")}
    if form.get("unlimited"):
        found["unlimited"] = True
    else:
        found |= numbers(form, "included")
        if form.get("price", {}).get("billing_method"):
            found["price"] = _price(form["price"])
    for name, part in (("reset", _reset(form)), ("rollover", _rollover(form)), ("expiry", _expiry(form))):
        if part is not None:
            found[name] = part
    proration = texts(form.get("proration", {}), "on_increase", "on_decrease")
    if proration and "price" in found:
        found["proration"] = proration
    return {**found, **texts(form, "entity_feature_id")}


def _reset(form: Tree) -> Json | None:
    reset = form.get("reset", {})
    return {**texts(reset, "interval"), **numbers(reset, "interval_count")} if reset.get("interval") else None


def _price(form: Tree) -> Json:
    found = {**texts(form, "interval", "billing_method")}
    found |= numbers(form, "interval_count", "billing_units", "max_purchase")
    if not form.get("tier_behavior"):
        return {**found, **numbers(form, "amount"), **_others(form)}
    rows = form.get("tiers", [])
    tiers = [_tier(each, last=number == len(rows)) for number, each in enumerate(rows, 1)]
    return {**found, **texts(form, "tier_behavior"), "tiers": tiers}


def _tier(form: Tree, *, last: bool) -> Json:
    """A band; the last one may leave open where it ends, and then it does not."""
    to = {"to": said(form["to"])} if form.get("to") else {"to": "inf"} if last else {}
    return {**to, **numbers(form, "amount", "flat_amount"), **_others(form)}


def _rollover(form: Tree) -> Json | None:
    rollover = form.get("rollover", {})
    kept = rollover.get("expiry_duration_type")
    if not kept:
        return None
    length = numbers(rollover, "expiry_duration_length") if kept == "month" else {}
    return {"expiry_duration_type": kept, **length, **numbers(rollover, "max", "max_percentage")}


def _expiry(form: Tree) -> Json | None:
    expiry = form.get("expiry", {})
    return {**texts(expiry, "duration"), **numbers(expiry, "length")} if expiry.get("duration") else None

"""A ledger's catalog as plain values that a push of the same file leaves as it is."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from api.views import feature as features
from api.views import plan as plans
from api.views.shapes import Json
from ledger.core.money import to_major
from ledger.core.offers.catalog import Catalog
from ledger.core.terms import Discount, Feature, Plan, PlanItem

FREE_FORM: Final = ("metadata", "properties")
PLAN_FIELDS: Final = (
    "name", "description", "group", "add_on", "auto_enable", "price", "items", "free_trial", "config",
    "billing_controls", "metadata",
)  # fmt: skip


def catalog_values(catalog: Catalog) -> Json:
    """What is offered: the features, the newest version of every plan, the discounts. Archived ones are left out."""
    systems_last = sorted(catalog.features.values(), key=lambda each: bool(each.credits))
    return {
        "features": [_feature(each) for each in systems_last if not each.archived],
        "plans": [_plan(each) for each in catalog.newest() if not each.archived],
        "discounts": [_discount(each) for each in catalog.discounts.values()],
    }


def _feature(found: Feature) -> Json:
    shown = features.feature(found)
    kept = {"feature_id": shown.pop("id"), **shown}
    del kept["archived"]
    if kept["type"] != "metered":
        del kept["consumable"]
    if None in kept.get("display", {}).values():
        del kept["display"]
    return _said(kept)


def _plan(found: Plan) -> Json:
    shown = plans.plan(found, "")
    kept: Json = {"plan_id": found.plan_id}
    kept |= {name: shown[name] for name in PLAN_FIELDS if name in shown}
    kept["items"] = [_item(item, each) for item, each in zip(found.items, shown["items"], strict=True)]
    kept["config"] = {name: True for name, value in shown["config"].items() if value}
    for flag in ("add_on", "auto_enable"):
        if not kept[flag]:
            del kept[flag]
    return _said(kept)


def _item(found: PlanItem, shown: Json) -> Json:
    kept = dict(shown)
    if found.unlimited or not found.included:
        del kept["included"]
    if not found.unlimited:
        del kept["unlimited"]
    if found.proration is not None:
        kept["proration"] = {
            "on_increase": found.proration.on_increase.value,
            "on_decrease": found.proration.on_decrease.value,
        }
    return _said(kept)


def _discount(found: Discount) -> Json:
    duration = "one_off" if found.once else "forever" if found.months is None else "months"
    fixed = found.amount_minor is not None and found.currency is not None
    return _said(
        {
            "reward_id": found.discount_id,
            "name": found.name,
            "type": "fixed_discount" if fixed else "percentage_discount",
            "discount_value": to_major(found.amount_minor or 0, found.currency or "") if fixed else found.percent,
            "currency": found.currency,
            "duration_type": duration,
            "duration_value": found.months,
            "plan_ids": list(found.plan_ids),
            "promotion_codes": list(found.promotion_codes),
        }
    )


def _said(shown: Json) -> Json:
    """Without what says nothing: nulls, and empty texts, lists and objects; what is free-form stays as it is."""
    return {
        name: value if name in FREE_FORM else _plain(value)
        for name, value in shown.items()
        if value is not None and value not in ("", [], {})
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return _said(dict(value))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(each) for each in value]
    return value

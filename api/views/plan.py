"""A plan on the wire. Amounts are major units of the plan's currency."""

from collections.abc import Mapping
from decimal import Decimal

from api.views.controls import plan_controls
from api.views.shapes import Json, every, present
from ledger.core.money import to_major
from ledger.core.subscriptions.eligibility import Eligibility
from ledger.core.terms import BasePrice, FreeTrial, ItemPrice, Plan, PlanItem, Rollover, Tier


def plan(found: Plan, env: str, *, newest: bool = True) -> Json:
    """One version of a plan; `newest` says whether an attach without a version takes this one."""
    return {
        "id": found.plan_id,
        "name": found.name,
        "description": found.description,
        "group": found.group or None,
        "version": found.version,
        "version_slug": f"v{found.version}",
        "active": newest,
        "add_on": found.add_on,
        "auto_enable": found.auto_enable,
        "price": base_price(found.base, found.currency) if found.base else None,
        "items": [item(each, found.currency) for each in found.items],
        "created_at": found.created_at,
        "env": env,
        "archived": found.archived,
        "config": {"ignore_past_due": found.ignore_past_due, "anchor_to_month_start": found.anchor_to_month_start},
        "metadata": found.metadata,
        "base_variant_id": None,
        **present(
            {
                "free_trial": free_trial(found.free_trial) if found.free_trial else None,
                "billing_controls": plan_controls(found.controls) if found.controls else None,
            }
        ),
    }


def free_trial(trial: FreeTrial) -> Json:
    """The trial of a plan."""
    return {
        "duration_length": trial.length.count,
        "duration_type": trial.length.interval.value,
        "card_required": trial.card_required,
        "on_end": trial.on_end.value,
    }


def base_price(price: BasePrice, currency: str) -> Json:
    """The fixed price of a plan."""
    shown: Json = {"amount": to_major(price.amount_minor, currency), **every(price.every)}
    if price.currencies:
        shown["additional_currencies"] = _others(price.currencies)
    return shown


def _others(amounts: Mapping[str, Decimal | int]) -> list[Json]:
    """The same price in other currencies."""
    return [{"currency": other, "amount": to_major(amount, other)} for other, amount in amounts.items()]


def item(found: PlanItem, currency: str) -> Json:
    """What a plan grants of one feature."""
    shown: Json = {
        "feature_id": found.feature_id,
        "included": found.included,
        "unlimited": found.unlimited,
        "reset": every(found.reset) if found.reset else None,
        "price": item_price(found.price, currency) if found.price else None,
    }
    if found.rollover is not None:
        shown["rollover"] = _rollover(found.rollover)
    if found.expiry is not None:
        shown["expiry"] = {"duration": found.expiry.interval.value, "length": found.expiry.count}
    if found.entity_feature_id is not None:
        shown["entity_feature_id"] = found.entity_feature_id
    return shown


def _rollover(rollover: Rollover) -> Json:
    shown: Json = {"max": rollover.most, "expiry_duration_type": "month" if rollover.months else "forever"}
    if rollover.percentage is not None:
        shown["max_percentage"] = rollover.percentage
    if rollover.months is not None:
        shown["expiry_duration_length"] = rollover.months
    return shown


def item_price(price: ItemPrice, currency: str) -> Json:
    """What more units of an item cost, and how often; with its amounts in other currencies."""
    shown = {**every(price.every), **price_terms(price, currency)}
    if price.currencies:
        shown["additional_currencies"] = _others(price.currencies)
    for tier, band in zip(price.tiers, shown.get("tiers", ()), strict=True):
        if tier.currencies:
            band["additional_currencies"] = [
                {"currency": other, **_band(amount, flat, other)} for other, (amount, flat) in tier.currencies.items()
            ]
    return shown


def price_terms(price: ItemPrice, currency: str) -> Json:
    """What more units cost, without how often."""
    shown: Json = {
        "billing_units": price.billing_units,
        "billing_method": price.method.value,
        "max_purchase": price.max_purchase,
    }
    if price.unit_price_minor is not None:
        shown["amount"] = to_major(price.unit_price_minor, currency)
    if price.tiers:
        shown["tiers"] = [_tier(each, currency) for each in price.tiers]
        shown["tier_behavior"] = price.tier_behavior.value
    return shown


def _tier(tier: Tier, currency: str) -> Json:
    to = "inf" if tier.to is None else tier.to
    return {"to": to, **_band(tier.unit_price_minor, tier.flat_minor, currency)}


def _band(amount: Decimal, flat: Decimal, currency: str) -> Json:
    shown: Json = {"amount": to_major(amount, currency)}
    if flat:
        shown["flat_amount"] = to_major(flat, currency)
    return shown


def shown_eligibility(found: Eligibility) -> Json:
    """What attaching the plan would do, and how the plan is held, if it is."""
    shown: Json = {
        "attach_action": found.action.value,
        "trial_available": found.trial_available,
        "trialing": found.held is not None and found.held.trialing,
    }
    if found.held is not None:
        shown |= {"status": found.held.status.value, "canceling": found.held.canceling}
    return shown

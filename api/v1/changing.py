"""How a change is asked for and billed, from the wire's words and major units to the core's values in minor units."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from msgspec import UNSET, UnsetType

from api.v1.controls import controls
from api.v1.offers import base_price, free_trial, items
from api.wire.json import plain
from api.wire.refusals import InvalidInputs
from ledger.core.events import Quantity
from ledger.core.money import to_minor
from ledger.core.period import Every, Interval
from ledger.core.subscriptions.billing import (
    Billing,
    Carry,
    CustomLine,
    DiscountRef,
    FeatureLine,
    InvoiceMode,
    IssueMethod,
    LineFilter,
    ProrationBehavior,
)
from ledger.core.subscriptions.customising import Customize, ItemFilter
from ledger.core.terms import FreeTrial, Method

Body = Mapping[str, Any]
PRICED = ("customize", "custom_line_items", "add_lines")
"""The fields whose amounts cannot be read without knowing the customer's currency."""


def quantities(body: Body) -> tuple[Quantity, ...]:
    """Total units of prepaid features; each is named once and says how many."""
    asked = body.get("feature_quantities", [])
    seen: set[str] = set()
    for index, each in enumerate(asked):
        if "quantity" not in each:
            raise InvalidInputs({f"feature_quantities.{index}.quantity": "was not sent and must be a number above 0"})
        if each["feature_id"] in seen:
            raise InvalidInputs({f"feature_quantities.{index}.feature_id": "was sent twice and must be sent once"})
        seen.add(each["feature_id"])
    return tuple(Quantity(each["feature_id"], each["quantity"]) for each in asked)


def trial(body: Body) -> FreeTrial | UnsetType | None:
    """Unset where nothing is said of a trial, None where there shall be none."""
    if "free_trial" not in body:
        return UNSET
    return None if body["free_trial"] is None else free_trial(body["free_trial"])


def customize(body: Body, currency: str) -> Customize | None:
    """What is changed of a plan for its customer; amounts are of the customer's currency."""
    found = body.get("customize")
    if not found:
        return None
    price = found.get("price", UNSET)
    return Customize(
        price if price is UNSET or price is None else base_price(price, currency),
        items(found["items"], currency) if "items" in found else None,
        items(found.get("add_items", ()), currency),
        tuple(map(_item_filter, found.get("remove_items", ()))),
        trial(found),
        controls(found["billing_controls"]) if "billing_controls" in found else None,
    )


def _item_filter(found: Body) -> ItemFilter:
    method, interval, count = found.get("billing_method"), found.get("interval"), found.get("interval_count")
    return ItemFilter(
        found.get("feature_id"),
        None if method is None else Method(method),
        None if count is None else Every(Interval(found["interval"]), count),
        interval if count is None else None,
        found.get("included"),
    )


def billing(body: Body, currency: str, *, behavior: str = "proration_behavior") -> Billing:
    """The caller's say in the lines of a change and in how they are collected.

    `behavior` is the field that holds it.
    """
    own = body.get("custom_line_items")
    return Billing(
        ProrationBehavior(body.get(behavior, ProrationBehavior.PRORATE_IMMEDIATELY)),
        None if own is None else custom_lines(own, currency, "custom_line_items"),
        custom_lines(body.get("add_lines", ()), currency, "add_lines"),
        tuple(_line_filter(each, body.get("entity_id")) for each in body.get("remove_lines", ())),
        body.get("no_billing_changes", False),
        _invoice_mode(body),
        discounts(body),
        tuple(each["reward_id"] for each in body.get("remove_discounts", ())),
        body.get("currency"),
    )


def custom_lines(found: Sequence[Body], currency: str, where: str) -> tuple[CustomLine, ...]:
    """Lines as the caller writes them."""
    return tuple(
        CustomLine(
            whole_minor(each["amount"], currency, f"{where}.{index}.amount"),
            each["description"],
            each.get("period_start"),
            each.get("period_end"),
        )
        for index, each in enumerate(found)
    )


def whole_minor(amount: Decimal, currency: str, where: str) -> int:
    """An amount of money to be paid, in minor units; a part of one is refused."""
    minor = to_minor(amount, currency)
    if minor != minor.to_integral_value():
        raise InvalidInputs({where: f"was {plain(amount)} and must be a whole amount of {currency} to pay"})
    return int(minor)


def discounts(body: Body) -> tuple[DiscountRef, ...]:
    """Discounts of the catalog, by id or by code."""
    return tuple(DiscountRef(each.get("reward_id"), each.get("promotion_code")) for each in body.get("discounts", ()))


def carry(body: Body, name: str) -> Carry | None:
    """What passes over to the next plan, where it is switched on."""
    found = body.get(name)
    if not found or not found["enabled"]:
        return None
    return Carry(tuple(found["feature_ids"]) if "feature_ids" in found else None)


def _invoice_mode(body: Body) -> InvoiceMode | None:
    found = body.get("invoice_mode")
    if not found or not found["enabled"]:
        return None
    older = IssueMethod.DRAFT if found.get("finalize") is False else IssueMethod.SEND
    return InvoiceMode(
        IssueMethod(found.get("issue_method", older)),
        found.get("net_terms_days"),
        found["enable_plan_immediately"] or body.get("enable_plan_immediately", False),
        tuple(found.get("payment_method_types", ())),
    )


def _line_filter(found: Body, entity_id: str | None) -> LineFilter:
    """Without an entity the lines are those of the request's own; null names the customer's."""
    price = found.get("price", False)
    direction = found.get("direction")
    return LineFilter(
        found["plan_id"],
        found.get("entity_id", entity_id),
        None if direction is None else direction == "refund",
        price is not False,
        _every(price) if price else None,
        tuple(
            FeatureLine(each["feature_id"], each["billing_behavior"] == Method.PREPAID, _every(each))
            for each in found.get("feature_quantities", ())
        ),
    )


def _every(found: Body) -> Every | None:
    if "interval" not in found:
        return None
    return Every(Interval(found["interval"]), found.get("interval_count", 1))

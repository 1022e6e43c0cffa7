"""What a form says of the terms of a plan: read field by field into the request that it stands for.

Attaching and updating share all of it. What was left as it is, is left out of the request, so that the plan's own terms
count. A field that cannot be read is said beside it.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from api.dashboard.changes.offered import Offered
from api.dashboard.forms import beside, day_milliseconds, number
from api.dashboard.words import MINUS
from api.views.shapes import Json
from api.wire.refusals import InvalidInputs

Given = Mapping[str, str]
INTERVALS: Final = {
    "": "as the plan says",
    "week": "week",
    "month": "month",
    "quarter": "quarter",
    "semi_annual": "half-year",
    "year": "year",
    "one_off": "once only",
}
TRIALS: Final = {"": "As the plan says", "own": "Own length", "none": "None"}
TRIAL_ENDS: Final = {"bill": "it is billed", "revert": "the plan before it comes back"}
TRIAL_UNITS: Final = {"day": "days", "month": "months", "year": "years"}
PRORATIONS: Final = {
    "": "Prorate to the day",
    "bill_difference": "Bill the whole difference",
    "none": "Bill nothing now",
}
COLLECTIONS: Final = {
    "": "Charge now",
    "later": "Send an invoice, start now",
    "invoice": "Send an invoice, start once it is paid",
    "none": "Bill nothing at all",
}
ANCHORS: Final = {"": "Keep the cycle", "now": "Begin anew now", "on": "Begin on a day"}
LINES: Final = {"": "beside what is worked out", "all": "in place of what is worked out"}
MOST_LINES: Final = 3
"""Rows of the form; who has more to say writes an invoice of its own."""
OF_LINES: Final = tuple(f"line.{n}.{part}" for n in range(MOST_LINES) for part in ("description", "amount"))
TAKEN_OFF: Final = "without."
"""Before the id of a discount that is taken off."""
FIELDS: Final = (
    "price", "interval", "trial", "trial_length", "trial_unit", "trial_card", "trial_end", "anchor", "anchor_on",
    "proration", "collection", "terms_days", "carry_usages", "reward", "code", "reason", "lines", *OF_LINES,
)  # fmt: skip
OF_WIRE: Final = {
    "entity_id": "entity",
    "starts_at": "starts_on",
    "ends_at": "ends_on",
    "plan_schedule": "schedule",
    "free_trial": "trial",
    "free_trial.duration_length": "trial_length",
    "free_trial.duration_type": "trial_unit",
    "free_trial.on_end": "trial_end",
    "customize.price": "price",
    "customize.price.interval": "interval",
    "billing_cycle_anchor": "anchor_on",
    "proration_behavior": "proration",
    "invoice_mode": "collection",
    "invoice_mode.net_terms_days": "terms_days",
    "discounts": "code",
    "custom_line_items": "lines",
    "add_lines": "lines",
}


class Reading:
    """Reads a form: `payload` is what it asks for, `wrong` what cannot be read, `fields` where to say a refusal."""

    def __init__(self, given: Given) -> None:
        self.given = given
        self.payload: Json = {}
        self.wrong: dict[str, str] = {}
        self.fields: dict[str, str] = dict(OF_WIRE)

    def put(self, name: str, read: Callable[[], Any]) -> None:
        """Ask for what is read, unless it cannot be."""
        try:
            self.payload[name] = read()
        except InvalidInputs as refusal:
            self.wrong |= beside(refusal)

    def number(self, field: str) -> Decimal:
        """A field's number. Raises `InvalidInputs`."""
        return number(field, self.given[field])

    def said(self, *fields: str) -> bool:
        """Whether any of some fields says something."""
        return any(self.given.get(each) for each in fields)


def read_terms(reading: Reading, offered: Offered, *, held: Mapping[str, Decimal] | None = None) -> None:
    """Read what attaching and updating have in common. `held` are the quantities that are bought already."""
    read_quantities(reading, offered, held or {})
    _customize(reading, offered)
    _trial(reading)
    _billing(reading)
    _discounts(reading)
    _lines(reading)


def read_quantities(reading: Reading, offered: Offered, held: Mapping[str, Decimal]) -> None:
    """Read the quantities that are bought ahead, but for those that are `held` already."""
    said = [each for each in offered.prepaid if reading.said(f"quantity.{each.feature_id}")]
    found: list[Json] = []
    for part in said:
        field = f"quantity.{part.feature_id}"
        try:
            quantity = reading.number(field)
        except InvalidInputs as refusal:
            reading.wrong |= beside(refusal)
            continue
        if held.get(part.feature_id) != quantity:
            reading.fields[f"feature_quantities.{len(found)}"] = field
            found.append({"feature_id": part.feature_id, "quantity": quantity})
    if found:
        reading.payload["feature_quantities"] = found


def _customize(reading: Reading, offered: Offered) -> None:
    own: Json = {}
    for read in (_price, _items):
        try:
            own |= read(reading, offered)
        except InvalidInputs as refusal:
            reading.wrong |= beside(refusal)
    if own:
        reading.payload["customize"] = own


def _price(reading: Reading, offered: Offered) -> Json:
    if not reading.said("price", "interval"):
        return {}
    amount = reading.number("price") if reading.said("price") else offered.amount
    if amount is None:
        raise InvalidInputs({"price": "was not given and must be, where the plan has no price of its own"})
    interval = reading.given["interval"] or offered.interval
    price: Json = {"amount": amount, "interval": interval}
    base = offered.plan.base
    if base is not None and interval == base.every.interval.value and base.every.count > 1:
        price["interval_count"] = base.every.count
    return {"price": price}


def _items(reading: Reading, offered: Offered) -> Json:
    """The items of which something else is included than the plan says, in place of the plan's."""
    changed: list[Json] = []
    for part in offered.counted:
        field = f"included.{part.feature_id}"
        if reading.said(field) and (included := reading.number(field)) != part.sent["included"]:
            reading.fields[f"customize.add_items.{len(changed)}"] = field
            changed.append({**part.sent, "included": included})
    if not changed:
        return {}
    return {"remove_items": [{"feature_id": each["feature_id"]} for each in changed], "add_items": changed}


def _trial(reading: Reading) -> None:
    given = reading.given
    if given["trial"] == "none":
        reading.payload["free_trial"] = None
    elif given["trial_length"]:
        reading.put("free_trial", lambda: _own_trial(reading))
    elif given["trial"] == "own":
        reading.wrong["trial_length"] = "Say how long the trial is"


def _own_trial(reading: Reading) -> Json:
    given = reading.given
    found: Json = {"duration_length": reading.number("trial_length"), "duration_type": given["trial_unit"] or "day"}
    ends = {"on_end": given["trial_end"]} if given["trial_end"] else {}
    return {**found, **ends, "card_required": bool(given["trial_card"])}


def _billing(reading: Reading) -> None:
    given, payload = reading.given, reading.payload
    if given["anchor"] == "now":
        payload["billing_cycle_anchor"] = "now"
    elif given["anchor_on"]:
        reading.put("billing_cycle_anchor", lambda: day_milliseconds("anchor_on", given["anchor_on"]))
    elif given["anchor"] == "on":
        reading.wrong["anchor_on"] = "Say on which day the cycle begins"
    if given["proration"]:
        payload["proration_behavior"] = given["proration"]
    if given["collection"] == "none":
        payload["no_billing_changes"] = True
    elif given["collection"]:
        reading.put("invoice_mode", lambda: _invoice(reading))
    if given["carry_usages"]:
        payload["carry_over_usages"] = {"enabled": True}


def _invoice(reading: Reading) -> Json:
    found: Json = {"enabled": True, "enable_plan_immediately": reading.given["collection"] == "later"}
    return {**found, "net_terms_days": reading.number("terms_days")} if reading.said("terms_days") else found


def _discounts(reading: Reading) -> None:
    given = reading.given
    found = [{"reward_id": given["reward"]}] if given["reward"] else []
    found += [{"promotion_code": given["code"]}] if given["code"] else []
    if found:
        reading.payload["discounts"] = found
    taken = [name.removeprefix(TAKEN_OFF) for name, ticked in given.items() if name.startswith(TAKEN_OFF) and ticked]
    if taken:
        reading.payload["remove_discounts"] = [{"reward_id": each} for each in taken]


def _lines(reading: Reading) -> None:
    """Lines of the form's own, beside or in place of those that are worked out; a row that says nothing is none."""
    name, found = "custom_line_items" if reading.given["lines"] == "all" else "add_lines", list[Json]()
    for at in (f"line.{n}" for n in range(MOST_LINES)):
        description, amount = f"{at}.description", f"{at}.amount"
        if not reading.said(description, amount):
            continue
        for part, field in (("description", description), ("amount", amount)):
            reading.fields[f"{name}.{len(found)}.{part}"] = field
            if not reading.said(field):
                reading.wrong[field] = f"Say the {part} of this line"
        try:
            found.append({"description": reading.given[description], "amount": _signed(reading, amount)})
        except InvalidInputs as refusal:
            reading.wrong = {**beside(refusal), **reading.wrong}
    if found:
        reading.payload[name] = found
    elif reading.given["lines"]:
        reading.wrong.setdefault("line.0.description", "Say what is billed in its place")


def _signed(reading: Reading, field: str) -> Decimal:
    """A number, below zero for a credit. Raises `InvalidInputs`."""
    text = reading.given[field].replace(MINUS, "-")
    return -number(field, text[1:]) if text.startswith("-") else number(field, text)

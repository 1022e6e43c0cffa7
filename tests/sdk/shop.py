"""Plans and customers in the words of the acceptance cases, through the official client."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from tests.sdk.client import Client

START = datetime(2026, 1, 10, 9, tzinfo=UTC)
"""When every customer of these tests begins: its first month has 31 days."""
MONTH_DAYS = 31
Item = Mapping[str, Any]

_numbers = count(1)


def create_features(autumn: Client) -> None:
    """Words, messages and actions are consumed, users and workflows held, sso is there or not; actions cost credits."""
    for feature_id in ("messages", "words", "action1", "action2", "action3"):
        autumn.features.create(feature_id=feature_id, name=feature_id.title(), type_="metered", consumable=True,
                               event_names=[f"{feature_id}.used"])  # fmt: skip
    for feature_id in ("users", "workflows"):
        autumn.features.create(feature_id=feature_id, name=feature_id.title(), type_="metered", consumable=False)
    autumn.features.create(feature_id="sso", name="SSO", type_="boolean")
    costs = {"credits": {"action1": 0.2, "action2": 0.6}, "credits2": {"action3": 1.4}}
    for feature_id, schema in costs.items():
        credit_schema = [{"metered_feature_id": key, "credit_cost": cost} for key, cost in schema.items()]
        autumn.features.create(feature_id=feature_id, name=feature_id.title(), type_="credit_system",
                               credit_schema=credit_schema)  # fmt: skip


def included(feature_id: str, number: float, interval: str | None = "month") -> Item:
    """Units that a plan includes; without an interval for good."""
    reset = {"reset": {"interval": interval}} if interval else {}
    return {"feature_id": feature_id, "included": number, **reset}


def rolling(feature_id: str, number: float, **limit: float) -> Item:
    """Units that a plan includes each month, of which so many may be left over: `max` or `max_percentage`."""
    return {**included(feature_id, number), "rollover": {**limit, "expiry_duration_type": "forever"}}


def unlimited(feature_id: str) -> Item:
    return {"feature_id": feature_id, "unlimited": True}


def switched_on(feature_id: str) -> Item:
    return {"feature_id": feature_id}


def used(feature_id: str, number: float, amount: float, *, most: float | None = None) -> Item:
    """Units that a plan includes, and more at a price each, billed as used."""
    price = {"amount": amount, "interval": "month", "billing_method": "usage_based"}
    return _priced(feature_id, number, price, most)


def packs(
    feature_id: str,
    number: float,
    amount: float,
    units: float = 100,
    *,
    interval: str = "month",
    most: float | None = None,
) -> Item:
    """Units that a plan includes, and more bought ahead in packs."""
    price = {"amount": amount, "interval": interval, "billing_method": "prepaid", "billing_units": units}
    return _priced(feature_id, number, price, most)


def tiered(
    feature_id: str,
    number: float,
    tiers: Iterable[tuple[float | str, float]],
    behavior: str = "graduated",
    units: float = 100,
) -> Item:
    """Units bought ahead in packs whose price depends on how many are bought."""
    price = {
        "tiers": [{"to": to, "amount": amount} for to, amount in tiers], "tier_behavior": behavior,
        "interval": "month", "billing_method": "prepaid", "billing_units": units,
    }  # fmt: skip
    return _priced(feature_id, number, price, None)


def _priced(feature_id: str, number: float, price: dict[str, Any], most: float | None) -> Item:
    if most is not None:
        price["max_purchase"] = most
    held = feature_id in ("users", "workflows")
    interval = price["interval"]
    reset = {} if held or interval == "one_off" else {"reset": {"interval": interval}}
    return {"feature_id": feature_id, "included": number, "price": price, **reset}


def quantities(**totals: float) -> list[dict[str, Any]]:
    """Total units of each prepaid feature, included ones counted."""
    return [{"feature_id": feature_id, "quantity": total} for feature_id, total in totals.items()]


class Shop:
    """Makes plans and customers with names of their own; takes back what later customers would be given."""

    def __init__(self, autumn: Client) -> None:
        self.autumn = autumn
        self._defaults: list[str] = []

    def close(self) -> None:
        """No customer of a later test is given a plan of this one."""
        for plan_id in self._defaults:
            self.autumn.plans.update(plan_id=plan_id, auto_enable=False, disable_version=True)

    def plan(
        self,
        name: str,
        *items: Item,
        amount: float | None = None,
        interval: str = "month",
        default: bool = False,
        **fields: Any,
    ) -> str:
        """A new plan of this name and a number; its id. Without an amount it has no base price."""
        plan_id = f"{name}-{next(_numbers)}"
        price = {} if amount is None else {"price": {"amount": amount, "interval": interval}}
        self.autumn.plans.create(
            plan_id=plan_id, name=name.title(), items=list(items), auto_enable=default, **price, **fields
        )
        if default:
            self._defaults.append(plan_id)
        return plan_id

    def customer(self, **fields: Any) -> "Account":
        """A new customer whose clock stands at START."""
        customer_id = f"customer-{next(_numbers)}"
        self.autumn.customers.get_or_create(
            customer_id=customer_id, http_headers={"Tallystick-Now": START.isoformat()}, **fields
        )
        return Account(self.autumn, customer_id)


class Account:
    """One customer: what is done to it, and how it stands. Amounts and units as the client answers them."""

    def __init__(self, autumn: Client, customer_id: str) -> None:
        self.autumn, self.customer_id = autumn, customer_id

    def attach(self, plan_id: str, **fields: Any) -> Any:
        return self.autumn.billing.attach(customer_id=self.customer_id, plan_id=plan_id, **fields)

    def preview(self, plan_id: str, **fields: Any) -> Any:
        return self.autumn.billing.preview_attach(customer_id=self.customer_id, plan_id=plan_id, **fields)

    def buy(self, plan_id: str, **fields: Any) -> float:
        """Preview, then attach; what the preview said is due now, which is what the invoice then comes to."""
        preview, before = self.preview(plan_id, **fields), self.invoices
        self.attach(plan_id, **fields)
        made = [float(preview.total)] if preview.line_items else []
        assert self.invoices == made + before
        return float(preview.total)

    def update(self, plan_id: str, **fields: Any) -> Any:
        return self.autumn.billing.update(customer_id=self.customer_id, plan_id=plan_id, **fields)

    def preview_update(self, plan_id: str, **fields: Any) -> Any:
        return self.autumn.billing.preview_update(customer_id=self.customer_id, plan_id=plan_id, **fields)

    def track(self, feature_id: str, value: float, **fields: Any) -> Any:
        return self.autumn.track(
            customer_id=self.customer_id, feature_id=feature_id, value=value, **{"async_": False, **fields}
        )

    def check(self, feature_id: str, **fields: Any) -> Any:
        return self.autumn.check(customer_id=self.customer_id, feature_id=feature_id, **fields)

    def entities(self, *entity_ids: str, feature_id: str = "users") -> None:
        for entity_id in entity_ids:
            self.autumn.entities.create(customer_id=self.customer_id, entity_id=entity_id, feature_id=feature_id)

    def grant(self, feature_id: str, number: float, **fields: Any) -> None:
        self.autumn.balances.create(
            customer_id=self.customer_id, feature_id=feature_id, included_grant=number, **fields
        )

    def adjust(self, feature_id: str, **fields: Any) -> None:
        self.autumn.balances.update(customer_id=self.customer_id, feature_id=feature_id, **fields)

    def move_to(self, instant: datetime) -> None:
        """Move the customer's clock; what falls due on the way happens."""
        self.autumn.customers.advance_test_clock(customer_id=self.customer_id, frozen_time=milliseconds(instant))

    def move_days(self, days: float) -> datetime:
        """Move the clock to so many days after START."""
        instant = START + timedelta(days=days)
        self.move_to(instant)
        return instant

    @property
    def now(self) -> Any:
        """The customer as it stands."""
        return self.autumn.customers.get(customer_id=self.customer_id)

    @property
    def invoices(self) -> list[float]:
        """The totals of its invoices, the newest first."""
        shown = self.autumn.customers.get(customer_id=self.customer_id, expand=["invoices"])
        return [float(each.total) for each in shown.invoices]

    @property
    def invoiced(self) -> Any:
        """How many invoices it has, and what the newest comes to."""
        totals = self.invoices
        return len(totals), totals[0]

    def entity(self, entity_id: str) -> Any:
        return self.autumn.entities.get(customer_id=self.customer_id, entity_id=entity_id)

    def left(self, feature_id: str, entity_id: str | None = None) -> tuple[float, float]:
        """Remaining and usage."""
        held = (self.now if entity_id is None else self.entity(entity_id)).balances[feature_id]
        return float(held.remaining), float(held.usage)

    def plans(self, entity_id: str | None = None) -> dict[str, str]:
        """The plans it is on, by name without the number: active, canceling or scheduled."""
        shown = self.now if entity_id is None else self.entity(entity_id)
        return {
            each.plan_id.rpartition("-")[0]: "canceling"
            if each.status == "active" and each.canceled_at
            else each.status
            for each in shown.subscriptions
            if entity_id is None or each.scope == "entity"
        }


def milliseconds(instant: datetime) -> int:
    """Epoch milliseconds."""
    return int(instant.timestamp() * 1_000)


def cents(amount: float) -> Decimal:
    """An amount as a person reads it."""
    return Decimal(str(amount)).quantize(Decimal("0.01"))


def a_month_after_start(months: int = 1) -> datetime:
    """The end of the first period, or of a later one in the same year."""
    return START.replace(month=START.month + months)

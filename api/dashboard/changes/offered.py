"""The plans that a customer can be put on, as a person chooses among them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from api.dashboard.changes.quoting import every, more_costs
from api.dashboard.words import feature_name, money, units
from api.views.plan import item
from api.views.shapes import Json, Scene
from ledger.core.money import to_major
from ledger.core.terms import FeatureKind, Method, Plan, PlanItem


class Part(NamedTuple):
    """A feature of a plan: its name, how much of it is included, what more of it costs in words, and how it is sent."""

    feature_id: str
    name: str
    included: str
    costs: str
    sent: Json


@dataclass(frozen=True)
class Offered:
    """A version of a plan for one customer: amounts are in the customer's currency."""

    plan: Plan
    currency: str
    versions: Sequence[int]
    prepaid: Sequence[Part]
    counted: Sequence[Part]

    @property
    def plan_id(self) -> str:
        return self.plan.plan_id

    @property
    def amount(self) -> Decimal | None:
        """The base price in the customer's currency; None where the plan has none, or none in that currency."""
        base = self.plan.base
        if base is None:
            return None
        minor = base.amount_minor if self.plan.currency == self.currency else base.currencies.get(self.currency)
        return None if minor is None else to_major(minor, self.currency)

    @property
    def interval(self) -> str:
        """How often the base price is billed."""
        return self.plan.base.every.interval.value if self.plan.base else "month"

    @property
    def cost(self) -> str:
        """What it costs, in words."""
        base = self.plan.base
        if base is None:
            return "by use" if any(each.price for each in self.plan.items) else "free"
        amount = self.amount
        major, currency = (to_major(base.amount_minor, self.plan.currency), self.plan.currency)
        shown = money(major, currency) if amount is None else money(amount, self.currency)
        return f"{shown} {every(base.every.interval.value, base.every.count)}"


def plans_offered(scene: Scene) -> list[Offered]:
    """The newest version of every plan that is offered: plans first, then add-ons, each by price."""
    newest = [versions[-1] for versions in scene.catalog.plans.values() if not versions[-1].archived]
    found = [offered(scene, each) for each in newest]
    return sorted(found, key=lambda each: (each.plan.add_on, each.amount or 0, each.plan.name))


def offered(scene: Scene, plan: Plan) -> Offered:
    """One version of a plan, for this customer."""
    versions = [each.version for each in scene.catalog.plans.get(plan.plan_id, ())] or [plan.version]
    prepaid = [each for each in plan.items if each.price and each.price.method is Method.PREPAID]
    counted = [each for each in plan.items if _simple(scene, plan, each)]
    return Offered(plan, scene.currency, versions, _parts(scene, plan, prepaid), _parts(scene, plan, counted))


def version_of(scene: Scene, plan_id: str, version: str) -> Plan | None:
    """A version of a plan, the newest unless another one is named; None where there is none."""
    versions = scene.catalog.plans.get(plan_id, ())
    return next((each for each in versions if str(each.version) == version), versions[-1] if versions else None)


def discounts_offered(scene: Scene) -> dict[str, str]:
    """The discounts of the catalog by id, to choose from; none where there is none."""
    found = {key: each.name or key for key, each in scene.catalog.discounts.items()}
    return {"": "None"} | found if found else {}


def _simple(scene: Scene, plan: Plan, found: PlanItem) -> bool:
    """Whether a number of units is said of a feature, once, so that a form can say another one. Prices of a customer's
    own are in its currency, so that those of another are left as they are.
    """
    feature = scene.catalog.features.get(found.feature_id)
    metered = feature is not None and feature.kind is not FeatureKind.BOOLEAN
    alone = sum(each.feature_id == found.feature_id for each in plan.items) == 1
    sayable = found.price is None or plan.currency == scene.currency
    return metered and alone and sayable and not found.unlimited


def _sent(found: PlanItem, currency: str) -> Json:
    """An item as it would be sent, all that it says."""
    shown = item(found, currency)
    if found.proration is not None:
        kept = {"on_increase": found.proration.on_increase.value, "on_decrease": found.proration.on_decrease.value}
        shown["proration"] = kept
    price = shown["price"] and {name: each for name, each in shown["price"].items() if each is not None}
    return {name: each for name, each in {**shown, "price": price}.items() if each is not None}


def _parts(scene: Scene, plan: Plan, items: Iterable[PlanItem]) -> list[Part]:
    found = []
    for each in items:
        sent, name = _sent(each, plan.currency), feature_name(scene.catalog, each.feature_id)
        costs = more_costs(sent.get("price"), plan.currency)
        found.append(Part(each.feature_id, name, units(each.included), costs, sent))
    return found

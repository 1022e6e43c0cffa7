"""A ledger to fold: what tests do to its customers, through the door of the store."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from ledger.core.balances.adjustment import GrantBalance, UpdateBalance
from ledger.core.balances.usage import Track
from ledger.core.decider import Command
from ledger.core.entity import CreateEntity
from ledger.core.offers.catalog import CreateFeature, CreatePlan
from ledger.core.period import Every, Interval
from ledger.core.profile import CreateCustomer
from ledger.core.sealed import Sealed
from ledger.core.subscriptions.cancellation import Cancel, When
from ledger.core.subscriptions.change import Attach
from ledger.core.terms import BasePrice, Feature, FeatureKind, Plan, PlanItem
from ledger.store.ledger import Caller, CatalogAddress, CustomerAddress, Ledger, OpeningAddress, Outcome

OPERATOR_KEY: Final = b"0123456789abcdef0123456789abcdef"
ME: Final = Caller("tests")
LONG_AGO: Final = datetime(2026, 1, 1, tzinfo=UTC)
MONTHLY: Final = Every(Interval.MONTH)

FEATURES: Final = (
    Feature("messages", "Messages", FeatureKind.CONSUMABLE),
    Feature("seats", "Seats", FeatureKind.ALLOCATED),
)
PLANS: Final = (
    Plan(
        "free",
        1,
        "Free",
        LONG_AGO,
        items=(PlanItem("messages", FeatureKind.CONSUMABLE, Decimal(10), reset=MONTHLY),),
    ),
    Plan(
        "pro",
        1,
        "Pro",
        LONG_AGO,
        base=BasePrice(2_000, MONTHLY),
        items=(
            PlanItem("messages", FeatureKind.CONSUMABLE, Decimal(100), reset=MONTHLY),
            PlanItem("seats", FeatureKind.ALLOCATED, Decimal(3)),
        ),
    ),
    Plan("setup", 1, "Set-up", LONG_AGO, base=BasePrice(500, Every(Interval.ONE_OFF))),
)


class Book:
    """One ledger with its catalog; every method is one command."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        for feature in FEATURES:
            ledger.execute(CatalogAddress(), CreateFeature(feature), by=ME)
        for plan in PLANS:
            ledger.execute(CatalogAddress(), CreatePlan(plan), by=ME)

    def customer(
        self,
        customer_id: str | None,
        name: str | None = None,
        email: str | None = None,
        metadata: Mapping[str, object] | None = None,
    ) -> Outcome:
        command = CreateCustomer(customer_id, name, email, metadata=metadata)
        return self.ledger.execute(OpeningAddress(customer_id, email), command, by=ME)

    def do(self, customer_id: str, command: Command, why: str | None = None, at: datetime | None = None) -> Outcome:
        by = ME if why is None else Caller("finance-desk", None, Sealed(why))
        return self.ledger.execute(CustomerAddress(customer_id), command, by=by, business_now=at)

    def attach(self, customer_id: str, plan_id: str, entity_id: str | None = None) -> Outcome:
        return self.do(customer_id, Attach(plan_id, entity_id=entity_id))

    def cancel(self, customer_id: str, plan_id: str, when: When) -> Outcome:
        return self.do(customer_id, Cancel(plan_id, when=when))

    def track(self, customer_id: str, amount: int, entity_id: str | None = None) -> Outcome:
        return self.do(customer_id, Track("messages", value=Decimal(amount), entity_id=entity_id))

    def grant(self, customer_id: str, amount: int) -> Outcome:
        return self.do(customer_id, GrantBalance("messages", included=Decimal(amount)))

    def deduct(self, customer_id: str, amount: int, why: str) -> Outcome:
        return self.do(customer_id, UpdateBalance("messages", add=Decimal(-amount)), why)

    def entity(self, customer_id: str, entity_id: str, name: str | None = None) -> Outcome:
        return self.do(customer_id, CreateEntity(entity_id, "seats", name))

"""One plan as it is to be put in force: every choice of the caller's made definite."""

from datetime import datetime

import msgspec

from ledger.core.events import AppliedDiscount, Quantity
from ledger.core.subscriptions.billing import Carry, ProrationBehavior
from ledger.core.terms import FreeTrial, Plan


class Order(msgspec.Struct, frozen=True):
    """A plan with its prices in the customer's currency, and how it begins.

    `anchor` is the instant that its cycle is counted from, where that is not the customer's own. `own_cycle` keeps it
    apart from the cycle that the customer has. `backdated_to` is a start in the past that is paid for from there.
    `carry_balances` and `carry_usages` pass over from the plan it takes the place of.
    """

    plan: Plan
    entity_id: str | None = None
    external_id: str | None = None
    quantities: tuple[Quantity, ...] = ()
    trial: FreeTrial | None = None
    anchor: datetime | None = None
    own_cycle: bool = False
    backdated_to: datetime | None = None
    expires_at: datetime | None = None
    carry_balances: Carry | None = None
    carry_usages: Carry | None = None
    proration: ProrationBehavior = ProrationBehavior.PRORATE_IMMEDIATELY
    discounts: tuple[AppliedDiscount, ...] = ()
    default: bool = False

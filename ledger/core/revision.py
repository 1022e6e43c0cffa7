"""Changing what a subscription promises while it goes on: version, price, items, trial, anchor (§2.3, §2.6)."""

from datetime import datetime

from msgspec import UNSET, UnsetType

from ledger.core.billing import Billing, Carry
from ledger.core.cancellation import Which
from ledger.core.customising import Customize
from ledger.core.events import Quantity
from ledger.core.terms import FreeTrial


class Revise(Which, frozen=True):
    """Change a subscription in place; what was used is kept (§2.2, "Usage on a switch").

    Quantities are totals, included units counted. `free_trial` None ends a trial; one of the caller's own counts from
    now. `recalculate` spreads debts over what other balances of the feature have left.
    """

    version: int | None = None
    quantities: tuple[Quantity, ...] = ()
    customize: Customize | None = None
    free_trial: FreeTrial | UnsetType | None = UNSET
    anchor_now: bool = False
    anchor_at: datetime | None = None
    carry_usages: Carry | None = None
    recalculate: bool = False
    billing: Billing = Billing()

"""Bringing a customer over from elsewhere: its plans as they stand there, with nothing billed (billing.import)."""

from datetime import datetime
from decimal import Decimal

import msgspec

from ledger.core.decider import Command
from ledger.core.events import Quantity
from ledger.core.period import Interval


class ImportedBalance(msgspec.Struct, frozen=True):
    """Where one balance of an imported plan stands: by what was used, or by what remains."""

    feature_id: str
    usage: Decimal | None = None
    remaining: Decimal | None = None
    next_reset_at: datetime | None = None
    interval: Interval | None = None
    method: str | None = None


class ImportedPlan(msgspec.Struct, frozen=True):
    """A plan as it is held elsewhere; `status` is active, past_due, trialing, canceled or expired."""

    plan_id: str
    version: int | None = None
    status: str = "active"
    started_at: datetime | None = None
    anchor: datetime | None = None
    external_id: str | None = None
    quantities: tuple[Quantity, ...] = ()
    balances: tuple[ImportedBalance, ...] = ()


class ImportPlans(Command, frozen=True):
    """Put plans in force as they stand elsewhere. One that is attached already is left as it is."""

    plans: tuple[ImportedPlan, ...]

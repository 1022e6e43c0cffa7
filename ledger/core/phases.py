"""A schedule of phases: which plans are in force from when on (reference: billing.create_schedule)."""

from datetime import datetime

import msgspec

from ledger.core.billing import Billing, ProrationBehavior
from ledger.core.change import Attach
from ledger.core.decider import Command
from ledger.core.period import Every


class Phase(msgspec.Struct, frozen=True):
    """Plans from an instant on: `starts_at`, or `starting_after` the phase before; the first one starts now."""

    plans: tuple[Attach, ...]
    starts_at: datetime | None = None
    starting_after: Every | None = None
    anchor_at_start: bool = False
    anchor_at: datetime | None = None
    proration: ProrationBehavior = ProrationBehavior.PRORATE_IMMEDIATELY


class CreateSchedule(Command, frozen=True):
    """Put the first phase's plans in force now and schedule the others, in place of what was scheduled before."""

    phases: tuple[Phase, ...]
    entity_id: str | None = None
    unscheduled: tuple[Attach, ...] = ()
    billing: Billing = Billing()

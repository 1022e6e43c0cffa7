"""Attaching several plans in one change, with one invoice."""

from ledger.core.billing import Billing
from ledger.core.change import Attach
from ledger.core.decider import Command


class AttachMany(Command, frozen=True):
    """Attach plans in order, all or none; `billing` is that of the whole, those of the parts are left alone."""

    plans: tuple[Attach, ...]
    billing: Billing = Billing()

"""Attaching several plans in one change, with one invoice."""

from typing import ClassVar

from msgspec import UNSET
from msgspec.structs import replace

from ledger.core.decider import Command, Context
from ledger.core.draft import Draft
from ledger.core.errors import InvalidInput
from ledger.core.invoices.invoicing import finish
from ledger.core.state import Customer
from ledger.core.subscriptions.billing import Billing
from ledger.core.subscriptions.change import Attach, attach
from ledger.core.subscriptions.quote import Planned


class AttachMany(Command, frozen=True):
    """Attach plans in order, all or none; `billing` is that of the whole, those of the parts are left alone."""

    waits_as: ClassVar[str | None] = "attach_many"

    plans: tuple[Attach, ...]
    billing: Billing = Billing()


def plan_attach_many(customer: Customer, command: AttachMany, context: Context) -> Planned:
    """Work out several attaches as one change, or refuse all of them."""
    if not command.plans:
        raise InvalidInput("plans was empty and must name at least one plan")
    draft = Draft(customer, context)
    for each in command.plans:
        attach(draft, replace(of_many(each, context), billing=command.billing))
    return finish(draft, "update_plan", command.billing, asked=command)


def of_many(wanted: Attach, context: Context) -> Attach:
    """One of several plans: an anchor that is named for all of them is for those whose cycle can begin now.

    The official client names one in every such request, so it is no contradiction for the others.
    """
    plan = context.catalog.plan(wanted.plan_id, wanted.version)
    trial = plan.free_trial if wanted.trial is UNSET else wanted.trial
    begins = not plan.one_off and trial is None and wanted.starts_at is None
    return wanted if begins or not wanted.anchor_now else replace(wanted, anchor_now=False)

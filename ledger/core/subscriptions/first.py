"""The plans that a customer is created with: the defaults of the catalog, or the one that its creation names (§2.1)."""

from collections.abc import Sequence
from typing import ClassVar

from ledger.core.decider import Command, Context
from ledger.core.draft import Draft
from ledger.core.invoices.invoicing import finish
from ledger.core.state import Customer
from ledger.core.subscriptions.change import first_order
from ledger.core.subscriptions.quote import Planned
from ledger.core.subscriptions.starting import start
from ledger.core.terms import Plan


class BeginFirst(Command, frozen=True):
    """Put a new customer on plans of the catalog. Asked for by its creation alone."""

    waits_as: ClassVar[str | None] = "begin_first"

    plan_ids: tuple[str, ...]


def first_plans(plan_id: str | None, context: Context) -> Sequence[Plan]:
    """The default plan of every group, in whose place the plan that is named comes."""
    defaults = context.catalog.defaults()
    if plan_id is None:
        return defaults
    chosen = context.catalog.plan(plan_id)
    return [*(each for each in defaults if each.group != chosen.group), chosen]


def plan_first(customer: Customer, command: BeginFirst, context: Context) -> Planned:
    """Work out the first plans of a customer."""
    draft = Draft(customer, context)
    for plan_id in command.plan_ids:
        start(draft, first_order(draft, context.catalog.plan(plan_id)))
    return finish(draft, "update_plan", asked=command)

"""Setting the limits of a customer, or of one of its entities (reference §2.9)."""

import msgspec

from ledger.core.decider import Command, Context
from ledger.core.events import ControlsChanged
from ledger.core.offers.catalog import check_controls
from ledger.core.state import Customer
from ledger.core.terms import (
    AutoTopup,
    Controls,
    OverageAllowed,
    SpendLimit,
    UsageAlert,
    UsageLimit,
)


class NewControls(msgspec.Struct, frozen=True):
    """The kinds of limits that are set anew, each as a whole; None leaves a kind as it is."""

    spend_limits: tuple[SpendLimit, ...] | None = None
    usage_limits: tuple[UsageLimit, ...] | None = None
    usage_alerts: tuple[UsageAlert, ...] | None = None
    auto_topups: tuple[AutoTopup, ...] | None = None
    overage_allowed: tuple[OverageAllowed, ...] | None = None

    def onto(self, before: Controls) -> Controls:
        """The limits after the change."""
        given = {name: value for name in self.__struct_fields__ if (value := getattr(self, name)) is not None}
        return msgspec.structs.replace(before, **given)


class SetEntityControls(Command, frozen=True):
    """Set limits of an entity of the customer."""

    entity_id: str
    controls: NewControls


def decide_controls(
    customer: Customer, asked: NewControls, context: Context, entity_id: str | None = None
) -> list[ControlsChanged]:
    """Answer new limits with their event, none where nothing changes. Refuses features that cannot be counted."""
    before = customer.controls if entity_id is None else customer.entity(entity_id).controls
    after = asked.onto(before)
    check_controls(context.catalog, after)
    return [] if after == before else [ControlsChanged(before, after, entity_id)]


def first_controls(asked: NewControls, context: Context, entity_id: str | None = None) -> list[ControlsChanged]:
    """The limits that a customer or an entity is made with."""
    none = Controls()
    after = asked.onto(none)
    check_controls(context.catalog, after)
    return [] if after == none else [ControlsChanged(none, after, entity_id)]

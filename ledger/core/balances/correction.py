"""Corrections with a trail: taking back the effect of an event on balances, once and with a reason."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from ledger.core.balances.balance import Grant
from ledger.core.balances.entitlement import window, windows_opened
from ledger.core.decider import Ask, Command, Context
from ledger.core.errors import AlreadyReversed, InvalidRequest, ReasonRequired
from ledger.core.events import (
    Allocation,
    BalanceDeducted,
    BalanceGranted,
    BalanceSet,
    Change,
    Counted,
    Draw,
    EffectReversed,
    Event,
    Level,
    UsageRecorded,
    stored_name,
)
from ledger.core.money import ZERO, add, negate, subtract
from ledger.core.state import Customer

REVERSED: Final = "reversed"
"""The kind of the claim that lets an event's effect be taken back once."""

Reversible = UsageRecorded | BalanceGranted | BalanceSet | BalanceDeducted


class Reverse(Command, frozen=True):
    """Take back the effect that the event at a position of the ledger had on balances; `event` is that event.

    `at` is the instant of that event: what was reset since is left alone.
    """

    position: int
    version: int
    event: Event
    at: datetime | None = None

    def asks(self) -> list[Ask]:
        return [Ask(REVERSED, str(self.position))]


def decide_reverse(customer: Customer, command: Reverse, context: Context) -> Sequence[Event]:
    """Answer a correction with its event, or refuse it."""
    if not context.reasoned:
        raise ReasonRequired("Taking back the effect of an event")
    event = command.event
    if not isinstance(event, UsageRecorded | BalanceGranted | BalanceSet | BalanceDeducted):
        raise InvalidRequest(
            f"{stored_name(event)} at position {command.position} cannot be taken back so: usage, and balances that"
            " were granted, set or deducted, can"
        )
    if (REVERSED, str(command.position)) in context.claims:
        raise AlreadyReversed(command.position)
    return [_reversed(customer, command, event, context)]


def _reversed(customer: Customer, command: Reverse, event: Reversible, context: Context) -> EffectReversed:
    open_ids = {key for key, grant in customer.grants.items() if not _reset_since(grant, command.at, context)}
    allocations: tuple[Allocation, ...] = ()
    changes: tuple[Change, ...] = ()
    drawn: tuple[Draw, ...] = ()
    counted: tuple[Counted, ...] = ()
    if isinstance(event, UsageRecorded):
        taken = [each for each in event.allocations if each.grant_id in open_ids]
        allocations = tuple(Allocation(each.grant_id, negate(each.amount)) for each in taken)
        drawn = tuple(Draw(each.grant_id, negate(each.units)) for each in event.drawn if each.grant_id in open_ids)
        counted = tuple(Counted(each.limit, each.start, each.end, negate(each.units)) for each in event.counted)
    else:
        made = [each for each in _made(event) if each.grant_id in open_ids]
        changes = tuple(_undone(customer.grants[each.grant_id], each) for each in made)
    touched = [*(each.grant_id for each in allocations), *(each.grant_id for each in changes)]
    return EffectReversed(
        command.position,
        command.version,
        stored_name(event),
        event.feature_id,
        allocations,
        changes,
        event.entity_id,
        windows_opened(customer.grants.values(), touched, context.now, context.settings.zone),
        drawn,
        counted,
        event.value if isinstance(event, UsageRecorded) else ZERO,
    )


def _reset_since(grant: Grant, at: datetime | None, context: Context) -> bool:
    """True where a new period has begun for a balance since an instant."""
    period = window(grant, context.now, context.settings.zone)
    return at is not None and period is not None and at < period.start


def _made(event: BalanceGranted | BalanceSet | BalanceDeducted) -> Sequence[Change]:
    if isinstance(event, BalanceGranted):
        if event.terms is not None and (event.terms.unlimited or not event.amount):
            raise InvalidRequest("What was granted is not a number of units: delete that balance instead")
        return (Change(event.grant_id, event.before, event.after),)
    return event.changes


def _undone(grant: Grant, made: Change) -> Change:
    """The level without the change that was made, whatever has happened since."""
    granted = add(grant.granted, subtract(made.before.granted, made.after.granted))
    remaining = add(grant.balance, subtract(made.before.remaining, made.after.remaining))
    return Change(grant.grant_id, grant.level, Level(granted, remaining))

"""Recording what a product used, and asking whether it may (reference §2.7, §2.8)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from ledger.core.balance import Grant
from ledger.core.decider import Command, Context
from ledger.core.deduction import Overage, give_back, take
from ledger.core.entitlement import window, windows_opened
from ledger.core.errors import InsufficientBalance, InvalidInput, Refusal
from ledger.core.events import Event, UsageRecorded
from ledger.core.money import ONE, ZERO, negate, total
from ledger.core.sealed import Sealed
from ledger.core.standing import allowed, held
from ledger.core.state import Customer
from ledger.core.terms import Feature, FeatureKind

CLOCK_SKEW: Final = timedelta(minutes=5)
"""How far ahead of ours a caller's clock may be; what it says was used then was used now."""


class BillingPeriodClosed(Refusal):
    code = "billing_period_closed"

    def __init__(self, used_at: datetime, open_since: datetime) -> None:
        super().__init__(
            f"timestamp {used_at.isoformat()} lies in a closed period: usage is taken back to {open_since.isoformat()}"
        )


class Track(Command, frozen=True):
    """A product used `value` units of a feature, or of every feature that listens to `event_name`.

    Negative gives units back. `used_at` is when it was used, when that is not now.
    """

    feature_id: str | None = None
    event_name: str | None = None
    value: Decimal = ONE
    entity_id: str | None = None
    overage: Overage = Overage.CAP
    properties: Mapping[str, object] | None = None
    used_at: datetime | None = None


class Consume(Command, frozen=True):
    """Record `value` units if they are allowed, else nothing: a check that sends its event."""

    feature_id: str
    value: Decimal = ONE
    entity_id: str | None = None
    properties: Mapping[str, object] | None = None


def decide_track(customer: Customer, command: Track, context: Context) -> Sequence[Event]:
    """Answer usage with its events: one for each feature it counts on; none for boolean features and for zero."""
    features = _features(command, context)
    if command.entity_id is not None:
        customer.entity(command.entity_id)
    if command.used_at is not None and command.used_at > context.now + CLOCK_SKEW:
        raise InvalidInput(
            f"timestamp {command.used_at.isoformat()} is in the future: usage is recorded once it happened"
        )
    metered = [feature for feature in features if feature.kind is not FeatureKind.BOOLEAN]
    return [_record(customer, feature.feature_id, command, context) for feature in metered if command.value]


def _features(command: Track, context: Context) -> Sequence[Feature]:
    if command.feature_id is not None:
        return [context.catalog.feature(command.feature_id)]
    if command.event_name is not None:
        return context.catalog.listening(command.event_name)
    raise InvalidInput("Name what was used: feature_id or event_name")


def decide_consume(customer: Customer, command: Consume, context: Context) -> Sequence[Event]:
    """Record units exactly when `standing.allowed` says so."""
    feature = context.catalog.feature(command.feature_id)
    if command.entity_id is not None:
        customer.entity(command.entity_id)
    grants = _held(customer, feature.feature_id, command.entity_id, context)
    if feature.kind is FeatureKind.BOOLEAN or not command.value or not allowed(grants, command.value):
        return []
    track = Track(feature.feature_id, None, command.value, command.entity_id, Overage.CAP, command.properties)
    return [_record(customer, feature.feature_id, track, context)]


def _held(customer: Customer, feature_id: str, entity_id: str | None, context: Context) -> list[Grant]:
    longest_first = context.settings.reverse_deduction_order
    return held(customer.grants.values(), feature_id, entity_id, longest_first=longest_first)


def _record(customer: Customer, feature_id: str, command: Track, context: Context) -> UsageRecorded:
    grants = _held(customer, feature_id, command.entity_id, context)
    if command.used_at is not None:
        _check_open(grants, command.used_at, context)
    if command.value > ZERO:
        allocations, left = take(grants, command.value, command.overage)
        dropped = left
    else:
        allocations, left = give_back(grants, negate(command.value), command.overage)
        dropped = negate(left)
    if left and command.overage is Overage.REJECT:
        available = total(max(ZERO, grant.balance) for grant in grants)
        raise InsufficientBalance(feature_id, command.value, available)
    return UsageRecorded(
        feature_id,
        command.value,
        tuple(allocations),
        dropped if left else ZERO,
        command.entity_id,
        command.event_name,
        windows_opened(grants, [each.grant_id for each in allocations], context.now, context.settings.zone),
        Sealed(dict(command.properties)) if command.properties else None,
        None if command.used_at is None else min(command.used_at, context.now),
    )


def _check_open(grants: Sequence[Grant], used_at: datetime, context: Context) -> None:
    """Usage counts from the start of the open period, and `late_usage_days` before it (product.md, `timestamp`)."""
    starts = [period.start for grant in grants if (period := window(grant, context.now, context.settings.zone))]
    if not starts:
        return
    open_since = min(starts) - timedelta(days=context.settings.late_usage_days)
    if used_at < open_since:
        raise BillingPeriodClosed(used_at, open_since)


def deducted(events: Sequence[Event]) -> Decimal:
    """The units that the given events took from balances."""
    recorded = [event for event in events if isinstance(event, UsageRecorded)]
    return total(each.amount for event in recorded for each in event.allocations)

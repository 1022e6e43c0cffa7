"""Recording what a product used, and asking whether it may (reference §2.7, §2.8)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import reduce
from typing import ClassVar, Final

from ledger.core.balances import backdating
from ledger.core.balances.aftermath import follow
from ledger.core.balances.controls import Effective
from ledger.core.balances.deduction import Overage
from ledger.core.balances.entitlement import window
from ledger.core.balances.spending import Use, allowed, sources, spread
from ledger.core.decider import Command, Context
from ledger.core.errors import InvalidInput, Refusal
from ledger.core.events import Event, UsageRecorded
from ledger.core.folding import evolve
from ledger.core.money import ONE, total
from ledger.core.sealed import sealed_fields
from ledger.core.state import Customer
from ledger.core.terms import Feature, FeatureKind

CLOCK_SKEW: Final = timedelta(minutes=5)
"""How far ahead of ours a caller's clock may be; what it says was used then was used now."""


class BillingPeriodClosed(Refusal):
    code = "billing_period_closed"

    def __init__(self, used_at: datetime, open_since: datetime) -> None:
        super().__init__(
            f"timestamp {used_at.isoformat()} lies in a closed period: usage is taken back to {open_since.isoformat()};"
            " to correct a closed period send the header Tallystick-Backdate: true"
        )


class Track(Command, frozen=True):
    """A product used `value` units of a feature, or of every feature that listens to `event_name`.

    Negative gives units back. `used_at` is when it was used, when that is not now. With `backdate` use from before the
    open period corrects the period that it falls in. With `paid_or_refused` seats whose payment is declined refuse the
    command, and nothing is left of it.
    """

    waits_as: ClassVar[str | None] = "track"

    feature_id: str | None = None
    event_name: str | None = None
    value: Decimal = ONE
    entity_id: str | None = None
    overage: Overage = Overage.CAP
    properties: Mapping[str, object] | None = None
    used_at: datetime | None = None
    backdate: bool = False
    paid_or_refused: bool = False


class Consume(Command, frozen=True):
    """Record `value` units if they are allowed, else nothing: a check that sends its event."""

    waits_as: ClassVar[str | None] = "consume"

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
    if len(features) == 1:
        return _track(customer, features[0], command, context)
    events: list[Event] = []
    seen = 0
    for feature in features:
        # Each feature meets the customer as the ones before left it; what the last one left, nobody asks.
        customer, seen = reduce(evolve, events[seen:], customer), len(events)
        events += _track(customer, feature, command, context)
    return events


def _features(command: Track, context: Context) -> Sequence[Feature]:
    if command.feature_id is not None:
        return [context.catalog.feature(command.feature_id)]
    if command.event_name is not None:
        return context.catalog.listening(command.event_name)
    raise InvalidInput("Name what was used: feature_id or event_name")


def decide_consume(customer: Customer, command: Consume, context: Context) -> Sequence[Event]:
    """Record units exactly when `spending.allowed` says so."""
    feature = context.catalog.feature(command.feature_id)
    if command.entity_id is not None:
        customer.entity(command.entity_id)
    if feature.kind is FeatureKind.BOOLEAN or not command.value:
        return []
    use = Use(feature.feature_id, command.value, command.entity_id, Overage.CAP, command.properties)
    if not allowed(customer, use, context):
        return []
    track = Track(feature.feature_id, None, command.value, command.entity_id, Overage.CAP, command.properties)
    return _track(customer, feature, track, context)


def _track(customer: Customer, feature: Feature, command: Track, context: Context) -> Sequence[Event]:
    if feature.kind is FeatureKind.BOOLEAN or not command.value:
        return []
    feature_id = feature.feature_id
    if command.used_at is not None:
        open_since = _open_since(customer, feature_id, command, context)
        if open_since is not None and command.used_at < open_since:
            if command.backdate:
                use = Use(feature_id, command.value, command.entity_id, properties=command.properties)
                return backdating.backdate(customer, use, command.used_at, context)
            _check_late(command.used_at, open_since, context)
    event, controls = _record(customer, feature_id, command, context)
    return follow(customer, event, controls, context)


def _record(customer: Customer, feature_id: str, command: Track, context: Context) -> tuple[UsageRecorded, Effective]:
    use = Use(feature_id, command.value, command.entity_id, command.overage, command.properties)
    spent = spread(customer, use, context)
    event = UsageRecorded(
        feature_id,
        command.value,
        tuple(spent.taken.allocations),
        spent.dropped,
        command.entity_id,
        command.event_name,
        spent.opened,
        sealed_fields(command.properties),
        None if command.used_at is None else min(command.used_at, context.now),
        tuple(spent.taken.drawn),
        spent.counted,
    )
    return event, spent.controls


def _open_since(customer: Customer, feature_id: str, command: Track, context: Context) -> datetime | None:
    """The start of the period that usage counts in; None where nothing resets."""
    grants = sources(customer, feature_id, command.entity_id, context)
    starts = [period.start for grant in grants if (period := window(grant, context.now, context.settings.zone))]
    return min(starts, default=None)


def _check_late(used_at: datetime, open_since: datetime, context: Context) -> None:
    """Usage counts from the start of the open period, and `late_usage_days` before it (docs/billing-rules.md)."""
    earliest = open_since - timedelta(days=context.settings.late_usage_days)
    if used_at < earliest:
        raise BillingPeriodClosed(used_at, earliest)


def deducted(events: Sequence[Event]) -> Decimal:
    """The units that the given events took from balances."""
    recorded = [event for event in events if isinstance(event, UsageRecorded)]
    return total(each.amount for event in recorded for each in event.allocations)

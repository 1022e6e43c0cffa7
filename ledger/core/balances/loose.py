"""Loose balances: granted by hand, apart from any plan (reference §2.10, create)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from ledger.core.balances.adjustment import GrantBalance, require_reason
from ledger.core.balances.balance import opened
from ledger.core.balances.entitlement import window
from ledger.core.decider import Context
from ledger.core.errors import BalanceExists, InvalidInput, InvalidRequest, LimitReached
from ledger.core.events import BalanceGranted, Event, GrantTerms, Level
from ledger.core.money import ZERO
from ledger.core.offers.offer import check_rolls_over
from ledger.core.state import Customer
from ledger.core.terms import FeatureKind

MAX_LOOSE_BALANCES: Final = 1_000


def decide_grant(customer: Customer, command: GrantBalance, context: Context) -> Sequence[Event]:
    """Answer a new loose balance with its event, or refuse it."""
    require_reason("Granting a balance", context)
    feature = context.catalog.feature(command.feature_id)
    if command.entity_id is not None:
        customer.entity(command.entity_id)
    _check_amount(feature.kind, command)
    _check_times(feature.kind, command, context.now)
    _check_unique(customer, feature.kind, command)
    included = command.included or ZERO
    repeats = command.reset is not None and command.reset.repeats
    anchor = (command.next_reset_at or context.now) if repeats else None
    terms = GrantTerms(
        grant_id=customer.next_id(),
        feature_id=feature.feature_id,
        kind=feature.kind,
        created_at=context.now,
        entity_id=command.entity_id,
        included=included,
        unlimited=command.unlimited,
        reset=command.reset,
        anchor=anchor,
        expires_at=command.expires_at,
        balance_id=command.balance_id,
        rollover=command.rollover,
    )
    if command.rollover is not None:
        terms = _in_period(terms, context)
    before, after = Level(ZERO, ZERO), Level(included, included)
    return [BalanceGranted(feature.feature_id, terms.grant_id, included, before, after, command.entity_id, terms)]


def _in_period(terms: GrantTerms, context: Context) -> GrantTerms:
    """What is left over lives on, so that even an idle period has an end."""
    period = window(opened(terms), context.now, context.settings.zone)
    assert period is not None
    return msgspec.structs.replace(terms, period_start=period.start, period_end=period.end)


def _check_amount(kind: FeatureKind, command: GrantBalance) -> None:
    if kind is FeatureKind.BOOLEAN:
        if command.included is not None or command.unlimited or command.reset is not None:
            raise InvalidInput("A boolean feature is there or not: leave out included_grant, unlimited and reset")
    elif command.unlimited and command.included is not None:
        raise InvalidInput("Give one of included_grant and unlimited, not both")
    elif not command.unlimited and command.included is None:
        raise InvalidInput("included_grant is missing: say how many units to grant, or unlimited: true")


def _check_times(kind: FeatureKind, command: GrantBalance, now: datetime) -> None:
    repeats = command.reset is not None and command.reset.repeats
    if command.expires_at is not None and command.expires_at <= now:
        raise InvalidRequest("expires_at must be in the future")
    if repeats and command.expires_at is not None:
        raise InvalidRequest("A balance either resets or expires: give one of reset and expires_at")
    if repeats and kind is FeatureKind.ALLOCATED:
        raise InvalidRequest("Units of this feature are held until freed and never reset: leave out reset")
    if command.rollover is not None and (not repeats or command.unlimited):
        raise InvalidRequest("rollover is about units that are left at a reset: give included_grant and reset as well")
    if command.rollover is not None and command.reset is not None:
        check_rolls_over(f"balance of feature {command.feature_id}", command.reset)
    if command.next_reset_at is not None and not repeats:
        raise InvalidRequest("next_reset_at needs a reset interval: give reset as well")
    if command.next_reset_at is not None and command.next_reset_at <= now:
        raise InvalidRequest("next_reset_at must be in the future")


def _check_unique(customer: Customer, kind: FeatureKind, command: GrantBalance) -> None:
    loose = [grant for grant in customer.grants.values() if grant.loose]
    if len(loose) >= MAX_LOOSE_BALANCES:
        raise LimitReached("loose balances", MAX_LOOSE_BALANCES)
    if command.balance_id and any(grant.terms.balance_id == command.balance_id for grant in loose):
        raise BalanceExists(f"A balance with balance_id {command.balance_id}")
    same = [g for g in loose if g.feature_id == command.feature_id and g.terms.entity_id == command.entity_id]
    if kind is FeatureKind.BOOLEAN and same:
        raise BalanceExists(f"Boolean feature {command.feature_id}")

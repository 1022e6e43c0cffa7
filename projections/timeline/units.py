"""Sentences about units: what products used, and what people and the clock did to balances."""

from collections.abc import Mapping
from functools import reduce

from ledger.core.balance import Grant
from ledger.core.events import (
    BalanceDeducted,
    BalanceDeleted,
    BalanceExpired,
    BalanceGranted,
    BalanceReset,
    BalanceSet,
    Event,
    Level,
    UsageRecorded,
)
from ledger.core.money import ZERO, add, subtract
from projections.timeline.standing import Amounts, Memo
from projections.timeline.telling import Tell, Told, given, number, of_entity, standing


def _used(event: UsageRecorded, before: Memo, after: Memo) -> Told:
    feature_id, value = event.feature_id, event.value
    did = f"used {number(value)} {feature_id}" if value >= ZERO else f"gave back {number(-value)} {feature_id}"
    dropped = f", of which {number(abs(event.dropped))} found no balance" if event.dropped else ""
    links = None
    if event.used_at is not None or event.event_name is not None or event.dropped:
        links = given({"used_at": event.used_at, "event_name": event.event_name, "dropped": event.dropped or None})
    return Told(
        f"{did}{of_entity(event.entity_id)}{dropped}",
        standing(before, feature_id, event.entity_id),
        standing(after, feature_id, event.entity_id),
        (feature_id,),
        event.entity_id,
        None,
        value,
        links,
    )


def _granted(event: BalanceGranted, before: Memo, after: Memo) -> Told:
    unlimited = event.terms is not None and event.terms.unlimited
    what = "unlimited" if unlimited else number(event.amount)
    told = _by_hand(event, f"granted {what} {event.feature_id}", before, after)
    return told._replace(amount=None if unlimited else event.amount, links={"grants": [event.grant_id]})


def _set(event: BalanceSet, before: Memo, after: Memo) -> Told:
    was = reduce(add, (each.before.remaining for each in event.changes), ZERO)
    now = reduce(add, (each.after.remaining for each in event.changes), ZERO)
    told = _by_hand(event, f"set {event.feature_id} from {number(was)} to {number(now)}", before, after)
    links = {
        "grants": [each.grant_id for each in event.changes],
        "period_end": event.period_end,
        "expires_at": event.expires_at,
    }
    return told._replace(amount=subtract(now, was), links=given(links))


def _deducted(event: BalanceDeducted, before: Memo, after: Memo) -> Told:
    had = standing(before, event.feature_id, event.entity_id)
    of = "" if had is None or had.unlimited else f" of {number(had.remaining)}"
    told = _by_hand(event, f"deducted {number(event.amount)}{of} {event.feature_id}", before, after)
    return told._replace(amount=-event.amount, links={"grants": [each.grant_id for each in event.changes]})


def _deleted(event: BalanceDeleted, before: Memo, after: Memo) -> Told:
    left = number(max(ZERO, event.before.remaining))
    told = _by_hand(event, f"deleted a balance with {left} {event.feature_id} left", before, after)
    return told._replace(amount=-event.before.remaining, links={"grants": [event.grant_id]})


def _expired(event: BalanceExpired, before: Memo, after: Memo) -> Told:
    left = number(max(ZERO, event.before.remaining))
    told = _by_hand(event, f"let a balance expire with {left} {event.feature_id} left", before, after)
    return told._replace(amount=-event.before.remaining, links={"grants": [event.grant_id]})


def _reset(event: BalanceReset, before: Memo, after: Memo) -> Told:
    used = number(subtract(event.before.granted, event.before.remaining))
    words = f"reset {event.feature_id} to {number(event.after.remaining)} after {used} used"
    told = _by_hand(event, words, before, after)
    links = {
        "grants": [event.grant_id],
        "period_start": event.period_start,
        "period_end": event.period_end,
        "overage": event.overage or None,
    }
    return told._replace(
        before=_level(event.before),
        after=_level(event.after),
        amount=subtract(event.after.remaining, event.before.remaining),
        links=given(links),
    )


Manual = BalanceGranted | BalanceSet | BalanceDeducted | BalanceDeleted | BalanceExpired | BalanceReset


def _by_hand(event: Manual, words: str, before: Memo, after: Memo) -> Told:
    return Told(
        f"{words}{of_entity(event.entity_id)}",
        standing(before, event.feature_id, event.entity_id),
        standing(after, event.feature_id, event.entity_id),
        (event.feature_id,),
        event.entity_id,
        _plan_of(event, before),
    )


def _plan_of(event: Manual, memo: Memo) -> str | None:
    # A change of several grants names the plan of the first.
    if isinstance(event, BalanceSet | BalanceDeducted):
        grant_id = event.changes[0].grant_id if event.changes else ""
    else:
        grant_id = event.grant_id
    grant: Grant | None = memo.grants.get(grant_id)
    return None if grant is None else grant.terms.plan_id


def _level(level: Level) -> Amounts:
    return Amounts(level.granted, max(ZERO, level.remaining), subtract(level.granted, level.remaining))


SENTENCES: Mapping[type[Event], Tell] = {
    UsageRecorded: _used,
    BalanceGranted: _granted,
    BalanceSet: _set,
    BalanceDeducted: _deducted,
    BalanceDeleted: _deleted,
    BalanceExpired: _expired,
    BalanceReset: _reset,
}

"""Sentences about units: what products used, and what people and the clock did to balances."""

from collections.abc import Mapping
from decimal import Decimal
from functools import reduce

from ledger.core.balances.balance import Grant
from ledger.core.events import (
    BalanceDeducted,
    BalanceDeleted,
    BalanceExpired,
    BalanceGranted,
    BalanceRecalculated,
    BalanceReset,
    BalanceSet,
    BalanceToppedUp,
    EffectReversed,
    Event,
    Level,
    LockClosed,
    LockEnd,
    LockOpened,
    UsageAlerted,
    UsageBackdated,
    UsageRecorded,
)
from ledger.core.money import ZERO, add, negate, subtract
from projections.timeline.memo import Memo, Remembered
from projections.timeline.standing import Amounts
from projections.timeline.telling import Tell, Told, given, instant, number, standing, whose


def used(event: UsageRecorded, before: Remembered, after: Remembered) -> Told:
    """A use, of which there are most by far."""
    feature_id, value = event.feature_id, event.value
    did = "used" if value >= ZERO else "given back"
    words = f"recorded {number(abs(value))} {feature_id} {did} by {whose(after, event.entity_id)}"
    dropped = f", of which {number(abs(event.dropped))} found no balance" if event.dropped else ""
    links = None
    if event.used_at is not None or event.event_name is not None or event.dropped:
        links = given({"used_at": event.used_at, "event_name": event.event_name, "dropped": event.dropped or None})
    return Told(
        f"{words}{dropped}" if dropped else words,
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
    told = _by_hand(event, f"granted {what} {event.feature_id} to {whose(after, event.entity_id)}", before, after)
    return told._replace(amount=None if unlimited else event.amount, links={"grants": [event.grant_id]})


def _set(event: BalanceSet, before: Memo, after: Memo) -> Told:
    was = reduce(add, (each.before.remaining for each in event.changes), ZERO)
    now = reduce(add, (each.after.remaining for each in event.changes), ZERO)
    told = _by_hand(event, f"set {_of(event, after)} from {number(was)} to {number(now)}", before, after)
    links = {
        "grants": [each.grant_id for each in event.changes],
        "period_end": event.period_end,
        "expires_at": event.expires_at,
    }
    return told._replace(amount=subtract(now, was), links=given(links))


def _deducted(event: BalanceDeducted, before: Memo, after: Memo) -> Told:
    had = standing(before, event.feature_id, event.entity_id)
    of = "" if had is None or had.unlimited else f" of {number(had.remaining)}"
    words = f"deducted {number(event.amount)}{of} {event.feature_id} from {whose(after, event.entity_id)}"
    told = _by_hand(event, words, before, after)
    return told._replace(amount=-event.amount, links={"grants": [each.grant_id for each in event.changes]})


def _deleted(event: BalanceDeleted, before: Memo, after: Memo) -> Told:
    left = number(max(ZERO, event.before.remaining))
    words = f"deleted a balance of {whose(after, event.entity_id)} with {left} {event.feature_id} left"
    told = _by_hand(event, words, before, after)
    return told._replace(amount=-event.before.remaining, links={"grants": [event.grant_id]})


def _expired(event: BalanceExpired, before: Memo, after: Memo) -> Told:
    left = number(max(ZERO, event.before.remaining))
    words = f"let a balance of {whose(after, event.entity_id)} expire with {left} {event.feature_id} left"
    told = _by_hand(event, words, before, after)
    return told._replace(amount=-event.before.remaining, links={"grants": [event.grant_id]})


def _reset(event: BalanceReset, before: Memo, after: Memo) -> Told:
    used = number(subtract(event.before.granted, event.before.remaining))
    kept = "" if event.rolled is None else f", and carried {number(event.rolled.included)} over"
    words = f"reset {_of(event, after)} to {number(event.after.remaining)} after {used} were used{kept}"
    told = _by_hand(event, words, before, after)
    links = {
        "grants": [event.grant_id] if event.rolled is None else [event.grant_id, event.rolled.grant_id],
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


def _recalculated(event: BalanceRecalculated, before: Memo, after: Memo) -> Told:
    words = f"settled debts in {_of(event, after)} with what other balances had left"
    told = _by_hand(event, words, before, after)
    return told._replace(links={"grants": [each.grant_id for each in event.changes]})


def _topped_up(event: BalanceToppedUp, before: Memo, after: Memo) -> Told:
    bought, least = number(event.amount), number(event.threshold)
    grant = before.grants.get(event.grant_id)
    terms = event.terms or (None if grant is None else grant.terms)
    entity_id = None if terms is None else terms.entity_id
    what = f"{event.feature_id} of {whose(after, entity_id)}"
    words = f"topped {what} up by {bought}, because less than {least} remained"
    if event.terms is not None and event.terms.expires_at is not None:
        words += f"; they expire {instant(event.terms.expires_at)}"
    return Told(
        words,
        standing(before, event.feature_id, entity_id),
        standing(after, event.feature_id, entity_id),
        (event.feature_id,),
        entity_id,
        None if terms is None else terms.plan_id,
        event.amount,
        {"grants": [event.grant_id], "threshold": event.threshold},
    )


def _reversed(event: EffectReversed, before: Memo, after: Memo) -> Told:
    kind = event.name[: event.name.rindex(".")].replace(".", " ").replace("_", " ")
    moved = _moved(event, before)
    amount = negate(event.value) if event.value else moved.get(event.feature_id, ZERO)
    grants = dict.fromkeys([*(each.grant_id for each in event.allocations), *(each.grant_id for each in event.changes)])
    return Told(
        f"took back what event {event.position} ({kind}) did to {_of(event, after)}, which {_outcome(moved)}",
        standing(before, event.feature_id, event.entity_id),
        standing(after, event.feature_id, event.entity_id),
        (event.feature_id,),
        event.entity_id,
        next((grant.terms.plan_id for key in grants if (grant := before.grants.get(key)) is not None), None),
        amount,
        {"grants": list(grants)},
        reverses=event.position,
    )


def _moved(event: EffectReversed, before: Memo) -> Mapping[str, Decimal]:
    """What balances have more than before, or less, by the features that they are of: a use may be paid in credits."""
    moves = [(each.grant_id, negate(each.amount)) for each in event.allocations]
    moves += [(each.grant_id, subtract(each.after.remaining, each.before.remaining)) for each in event.changes]
    found: dict[str, Decimal] = {}
    for grant_id, units in moves:
        feature_id = before.grants[grant_id].feature_id if grant_id in before.grants else event.feature_id
        found[feature_id] = add(found.get(feature_id, ZERO), units)
    return {feature_id: units for feature_id, units in found.items() if units}


def _outcome(moved: Mapping[str, Decimal]) -> str:
    """What came of a correction: nothing where the balances are gone or have been reset since."""
    ways = (
        f"gives {number(units)} {feature_id} back" if units > ZERO else f"takes {number(abs(units))} {feature_id} away"
        for feature_id, units in moved.items()
    )
    return " and ".join(ways) or "moves no balance"


def _locked(event: LockOpened, before: Memo, after: Memo) -> Told:
    until = instant(event.expires_at)
    words = f"set {number(event.value)} {_of(event, after)} aside as lock {event.lock_id} until {until}"
    return _of_lock(event, words, before, after)._replace(amount=event.value)


def _unlocked(event: LockClosed, before: Memo, after: Memo) -> Told:
    held, who = number(event.held), whose(after, event.entity_id)
    if event.end is LockEnd.CONFIRMED:
        words = f"recorded {number(event.value)} {event.feature_id} used by {who} under lock {event.lock_id}"
        words += ", all that it held" if event.value == event.held else f", which held {held}"
    elif event.end is LockEnd.RELEASED:
        words = f"released lock {event.lock_id} of {who} and gave its {held} {event.feature_id} back"
    else:
        words = f"let lock {event.lock_id} of {who} expire and gave its {held} {event.feature_id} back"
    return _of_lock(event, words, before, after)._replace(amount=subtract(event.value, event.held))


def _of_lock(event: LockOpened | LockClosed, words: str, before: Memo, after: Memo) -> Told:
    return Told(
        words,
        standing(before, event.feature_id, event.entity_id),
        standing(after, event.feature_id, event.entity_id),
        (event.feature_id,),
        event.entity_id,
        links={"lock_id": event.lock_id},
    )


def _backdated(event: UsageBackdated, before: Memo, after: Memo) -> Told:
    when, ended = instant(event.used_at), instant(event.period_end)
    grant = before.grants.get(event.grant_id)
    did = "used" if event.value >= ZERO else "gave back"
    return Told(
        f"brought {number(abs(event.value))} {event.feature_id} that {whose(after, event.entity_id)} {did} on {when} "
        f"into the period that ended on {ended}",
        {"granted": event.granted, "usage": event.used_before},
        {"granted": event.granted, "usage": event.used_after},
        (event.feature_id,),
        event.entity_id,
        None if grant is None else grant.terms.plan_id,
        event.value,
        {
            "grants": [event.grant_id],
            "used_at": event.used_at,
            "period_start": event.period_start,
            "period_end": event.period_end,
        },
    )


def _alerted(event: UsageAlerted, _before: Memo, after: Memo) -> Told:
    percent = "%" if event.threshold_type.endswith("_percentage") else ""
    did = "use of" if event.threshold_type.startswith("usage") else "what is left of"
    went = "reached" if event.threshold_type.startswith("usage") else "fell to"
    alert = "" if event.name is None else f" ({event.name})"
    return Told(
        f"noticed that {did} {_of(event, after)} {went} {number(event.threshold)}{percent}{alert}",
        None,
        standing(after, event.feature_id, event.entity_id),
        (event.feature_id,),
        event.entity_id,
        links={"threshold": event.threshold, "threshold_type": event.threshold_type},
    )


Manual = (
    BalanceGranted | BalanceSet | BalanceDeducted | BalanceDeleted | BalanceExpired | BalanceReset | BalanceRecalculated
)


def _by_hand(event: Manual, words: str, before: Memo, after: Memo) -> Told:
    return Told(
        words,
        standing(before, event.feature_id, event.entity_id),
        standing(after, event.feature_id, event.entity_id),
        (event.feature_id,),
        event.entity_id,
        _plan_of(event, before),
    )


def _of(event: Manual | EffectReversed | LockOpened | UsageAlerted, memo: Memo) -> str:
    """The feature, and whose it is."""
    return f"{event.feature_id} of {whose(memo, event.entity_id)}"


def _plan_of(event: Manual, memo: Memo) -> str | None:
    # A change of several grants names the plan of the first.
    if isinstance(event, BalanceSet | BalanceDeducted | BalanceRecalculated):
        grant_id = event.changes[0].grant_id if event.changes else ""
    else:
        grant_id = event.grant_id
    grant: Grant | None = memo.grants.get(grant_id)
    return None if grant is None else grant.terms.plan_id


def _level(level: Level) -> Amounts:
    return Amounts(level.granted, max(ZERO, level.remaining), subtract(level.granted, level.remaining))


SENTENCES: Mapping[type[Event], Tell] = {
    UsageRecorded: used,
    BalanceGranted: _granted,
    BalanceSet: _set,
    BalanceDeducted: _deducted,
    BalanceDeleted: _deleted,
    BalanceExpired: _expired,
    BalanceReset: _reset,
    BalanceRecalculated: _recalculated,
    BalanceToppedUp: _topped_up,
    EffectReversed: _reversed,
    LockOpened: _locked,
    LockClosed: _unlocked,
    UsageBackdated: _backdated,
    UsageAlerted: _alerted,
}

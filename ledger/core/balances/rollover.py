"""What is left over at a reset, and what of it lives on (reference §2.11)."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from ledger.core.balances.balance import Grant
from ledger.core.draft import Draft
from ledger.core.events import BalanceReset, Change, GrantTerms, Level, Window
from ledger.core.money import ZERO, add, negate, subtract
from ledger.core.period import Every, Interval, boundary, period_at
from ledger.core.subscriptions.carrying import rollover_cap


def reset_of(draft: Draft, grant: Grant) -> BalanceReset:
    """The event that fills a balance again at the end of its period."""
    assert grant.period_start is not None
    assert grant.period_end is not None
    after = Level(grant.granted, _filled(draft, grant))
    left = _left_over(grant)
    return BalanceReset(
        grant.feature_id,
        grant.grant_id,
        grant.level,
        after,
        max(ZERO, negate(grant.balance)),
        grant.period_start,
        grant.period_end,
        grant.terms.entity_id,
        _rolled(draft, grant, left) if left else None,
        _older(draft, grant, left),
        _next_period(draft, grant, after),
    )


def _filled(draft: Draft, grant: Grant) -> Decimal:
    """What was granted; where the ledger remembers it, less what was used of a free balance beyond that."""
    remembered = draft.context.settings.persist_free_overage and grant.terms.price is None and grant.balance < ZERO
    return add(grant.granted, grant.balance) if remembered else grant.granted


def _left_over(grant: Grant) -> Decimal:
    if grant.terms.rollover is None or grant.terms.unlimited:
        return ZERO
    cap = rollover_cap(grant.terms.rollover, grant.granted)
    left = max(ZERO, grant.balance)
    return left if cap is None else min(left, cap)


def _rolled(draft: Draft, grant: Grant, left: Decimal) -> GrantTerms:
    terms = grant.terms
    return GrantTerms(
        grant_id=draft.customer.next_id(),
        feature_id=terms.feature_id,
        kind=terms.kind,
        created_at=draft.now,
        entity_id=terms.entity_id,
        subscription_id=terms.subscription_id,
        plan_id=terms.plan_id,
        add_on=terms.add_on,
        included=left,
        expires_at=_expiry(draft, grant),
        rollover_of=grant.grant_id,
    )


def _expiry(draft: Draft, grant: Grant) -> datetime | None:
    assert grant.terms.rollover is not None
    months = grant.terms.rollover.months
    if months is None:
        return None
    return boundary(draft.now, Every(Interval.MONTH, months), 1, draft.context.settings.zone)


def _older(draft: Draft, grant: Grant, left: Decimal) -> tuple[Change, ...]:
    """What becomes of earlier leftovers: the oldest give way where all together exceed the cap.

    What was used of one belongs to the period that is over, so what remains of it is all that it grants from now on.
    """
    older = [each for each in draft.customer.grants.values() if each.terms.rollover_of == grant.grant_id]
    older.sort(key=lambda each: (each.terms.created_at, each.expires_at is None, each.expires_at))
    kept = _kept(older, _room(grant, left))
    changes = (Change(each.grant_id, each.level, Level(rest, rest)) for each, rest in zip(older, kept, strict=True))
    return tuple(each for each in changes if each.before != each.after)


def _room(grant: Grant, left: Decimal) -> Decimal | None:
    rollover = grant.terms.rollover
    cap = ZERO if rollover is None else rollover_cap(rollover, grant.granted)
    return None if cap is None else max(ZERO, subtract(cap, left))


def _kept(older: Sequence[Grant], room: Decimal | None) -> list[Decimal]:
    """What each may keep, oldest first: the newest are served first."""
    kept: list[Decimal] = []
    for grant in reversed(older):
        rest = max(ZERO, grant.balance)
        if room is not None:
            rest = min(rest, room)
            room = subtract(room, rest)
        kept.append(rest)
    return kept[::-1]


def _next_period(draft: Draft, grant: Grant, after: Level) -> Window | None:
    """The next period, where its end changes something though nothing is used in it."""
    terms = grant.terms
    if terms.rollover is None and after.granted == after.remaining:
        return None
    assert terms.reset is not None
    assert terms.anchor is not None
    period = period_at(terms.anchor, terms.reset, draft.now, draft.context.settings.zone)
    return Window(grant.grant_id, period.start, period.end)

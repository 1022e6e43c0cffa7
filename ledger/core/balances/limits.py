"""Usage limits: how many units may be used in a window, whatever is left of the balances (reference §2.9).

The counters are kept apart from balances: they go up with what is used and start anew with their window.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from ledger.core.events import Counted
from ledger.core.money import EXACT, ZERO, add, subtract
from ledger.core.period import Every, Period, period_at
from ledger.core.terms import LimitAnchor, UsageLimit

if TYPE_CHECKING:
    from ledger.core.balances.controls import Scoped
    from ledger.core.state import Customer

_CALENDAR: Final = datetime(2001, 1, 1, tzinfo=UTC)
"""The first instant of a day, a week, a month and a year."""


class UsageWindow(msgspec.Struct, frozen=True, gc=False):
    """Units counted in the window from `start` (inside) to `end` (outside)."""

    start: datetime
    end: datetime
    units: Decimal


Windows = Mapping[str, UsageWindow]


def evolve(windows: Windows, counted: Iterable[Counted]) -> Windows:
    """Count units in their windows; a window that is over gives way to the next, and takes nothing any more."""
    after = dict(windows)
    for each in counted:
        known = after.get(each.limit)
        if known is not None and known.start > each.start:
            continue
        before = known.units if known is not None and known.start == each.start else ZERO
        after[each.limit] = UsageWindow(each.start, each.end, max(ZERO, add(before, each.units)))
    return after


def hit_by(limits: Iterable["Scoped"], properties: Mapping[str, object] | None) -> list["Scoped"]:
    """The limits that count a use with these properties: a limit's own must all be among them."""
    return [each for each in limits if _named(each.limit, properties or {})]


def _named(limit: UsageLimit, properties: Mapping[str, object]) -> bool:
    return all(name in properties and _text(properties[name]) == value for name, value in limit.properties.items())


def _text(value: object) -> str:
    """A property as a limit names it: 5.0 is 5, and true is a word."""
    if isinstance(value, Decimal):
        return format(value.normalize(EXACT), "f")
    return str(value).lower() if isinstance(value, bool) else str(value)


def window(customer: "Customer", scoped: "Scoped", now: datetime, zone: tzinfo) -> UsageWindow:
    """The window of a limit that holds `now`, with what was counted in it. One that has begun keeps its bounds."""
    known = customer.windows.get(scoped.key)
    if known is not None and known.start <= now < known.end:
        return known
    period = _period(customer, scoped, now, zone)
    return UsageWindow(period.start, period.end, ZERO)


def _period(customer: "Customer", scoped: "Scoped", now: datetime, zone: tzinfo) -> Period:
    every = Every(scoped.limit.interval)
    if scoped.limit.anchor is LimitAnchor.UTC:
        return period_at(_CALENDAR, every, now, UTC)
    return period_at(_billing_anchor(customer, scoped.entity_id), every, now, zone)


def _billing_anchor(customer: "Customer", entity_id: str | None) -> datetime:
    """What the billing cycle is counted from: an entity's own plan, a plan that is billed, any plan, the beginning."""
    plans = [each for each in customer.subscriptions.values() if each.active and each.entity_id in (None, entity_id)]
    plans.sort(key=lambda each: (each.entity_id != entity_id, each.period_end is None, not each.main))
    assert customer.created_at is not None
    return plans[0].anchor if plans else customer.created_at


def headroom(customer: "Customer", limits: Iterable["Scoped"], now: datetime, zone: tzinfo) -> Mapping[str, Decimal]:
    """How many more units of each limited feature may be used now: the most restrictive limit of each counts."""
    found: dict[str, Decimal] = {}
    for each in limits:
        room = max(ZERO, subtract(each.limit.limit, window(customer, each, now, zone).units))
        key = each.limit.feature_id
        found[key] = min(found.get(key, room), room)
    return found


def count(
    customer: "Customer", limits: Sequence["Scoped"], used: Mapping[str, Decimal], now: datetime, zone: tzinfo
) -> tuple[Counted, ...]:
    """What a use of so many units of each feature adds to the counters of its limits."""
    found = []
    for each in limits:
        units = used.get(each.limit.feature_id)
        if units:
            held = window(customer, each, now, zone)
            found.append(Counted(each.key, held.start, held.end, units))
    return tuple(found)

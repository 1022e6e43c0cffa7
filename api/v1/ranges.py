"""The ranges of time that the SDKs name: days back from now, and a customer's billing cycles."""

from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from api.call import Call
from api.views.shapes import Scene
from ledger.core.errors import InvalidRequest
from ledger.core.period import Every, Interval, period_at
from ledger.core.state import Customer
from projections.queries.bins import Cycle

BACK: Final = {
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "90d": timedelta(days=90),
}
CYCLES_BACK: Final = {"1bc": 0, "3bc": 2, "last_cycle": 1}
SHORTEST: Final = timedelta(microseconds=1)


class Span(NamedTuple):
    """From `start` to before `end`; None for without end."""

    start: datetime | None
    end: datetime | None


def span_of(call: Call, body: dict[str, Any], scene: Scene | None) -> Span:
    """The range that a request names. A preset ends now, by the clock of the customer where one is named."""
    preset = body.get("range")
    if preset is None:
        bounds = body.get("custom_range", {})
        end = bounds.get("end")
        return Span(bounds.get("start"), None if end is None else end + timedelta(milliseconds=1))
    now = call.background.now if scene is None else scene.now
    if preset in BACK:
        return Span(now - BACK[preset], now + SHORTEST)
    return _cycles(preset, scene, now)


def cycle_of(customer: Customer) -> Cycle | None:
    """A customer's billing cycles: those of the plan that it is billed for, a main one first; months of a free one."""
    plans = [each for each in customer.subscriptions.values() if each.active and each.entity_id is None]
    if not plans:
        return None
    first = min(plans, key=lambda each: (each.period_end is None, not each.main))
    return Cycle(first.anchor, first.plan.cycle or Every(Interval.MONTH))


def _cycles(preset: str, scene: Scene | None, now: datetime) -> Span:
    cycle = None if scene is None else cycle_of(scene.customer)
    if cycle is None or scene is None:
        raise InvalidRequest(f"range was {preset}, and the customer is on no plan to count billing cycles from")
    current = period_at(*cycle, now, scene.zone)
    start = current.start
    for _ in range(CYCLES_BACK[preset]):
        start = period_at(*cycle, start - SHORTEST, scene.zone).start
    return Span(start, current.start if preset == "last_cycle" else now + SHORTEST)

"""A sandbox customer's own clock: what falls due on the way is shown before it goes on."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from flask import Response

from api.dashboard.changes.facts import identity
from api.dashboard.confirming import Change, Sheet, settle, show
from api.dashboard.customer.falling_due import due_rows
from api.dashboard.customer.sheets import sheet_of
from api.dashboard.customer.subject import Subject, living
from api.dashboard.forms import beside, given
from api.dashboard.visitor import Visitor
from api.dashboard.words import minute, zone
from api.errors import PathNotFound
from api.wire.json import milliseconds
from ledger.core.errors import ClockMovedBack, Refusal

WRITTEN: Final = "%Y-%m-%dT%H:%M"
"""As a browser's field for a day and its time has it."""
A_MINUTE: Final = timedelta(minutes=1)
A_MONTH: Final = timedelta(days=30)
NO_MOMENT: Final = {"to": "This must be a day and its time, such as 2026-01-31 and 09:00"}


def clock_page(visitor: Visitor, customer_id: str) -> Response:
    """The form, and what happens until the next thing has fallen due."""
    return show(visitor, *_moving(visitor, customer_id))


def clock_form(visitor: Visitor, customer_id: str) -> Response:
    """Put the clock to where it was shown to go."""
    return settle(visitor, *_moving(visitor, customer_id))


def _moving(visitor: Visitor, customer_id: str) -> tuple[Sheet, Change | None]:
    found, sent = living(visitor, customer_id), given(visitor.call.request)
    if not found.scene.settings.sandbox:
        raise PathNotFound
    fields = {"to": _next(found), "reason": "", **sent}
    moment = _moment(fields["to"])
    sheet = sheet_of(
        found,
        "clock.html",
        f"{found.root}/clock",
        identity,
        fields,
        shown={"stands": found.customer.clock, "falls_due": found.customer.due_at},
        wrong=NO_MOMENT if moment is None else {},
        beside=_beside,
        previewed=True,
    )
    if moment is None:
        return sheet, None
    asked = {"customer_id": customer_id, "frozen_time": milliseconds(moment)}
    done = f"The clock stands at {minute(moment)}"
    return sheet, Change("customers.advance_test_clock", asked, lambda each: due_rows(found.scene, each), done)


def _next(found: Subject) -> str:
    """Where the clock would go: to when the next thing falls due or, where nothing does, a month on."""
    customer, now = found.customer, found.scene.now
    at = customer.due_at if customer.due_at is not None and customer.due_at > now else now + A_MONTH
    whole = at.replace(second=0, microsecond=0)
    return (whole if whole == at else whole + A_MINUTE).astimezone(zone()).strftime(WRITTEN)


def _moment(text: str) -> datetime | None:
    """The instant of a day and a time in the ledger's time zone; None for what is none."""
    try:
        return datetime.strptime(text, WRITTEN).replace(tzinfo=zone()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _beside(refusal: Refusal) -> Mapping[str, str]:
    if isinstance(refusal, ClockMovedBack):
        return {"to": refusal.sentence}
    return beside(refusal, {"frozen_time": "to"})

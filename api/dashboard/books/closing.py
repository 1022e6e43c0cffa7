"""Closing an accounting period, or opening one again: what comes of it is shown before it is done.

It is the setting `books_closed_until` (docs/books.md, Closing), with its rules. What was shown is compared in the
decision itself: where somebody else closed or opened meanwhile, nothing is done.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from http import HTTPStatus
from typing import Any, Final

from flask import Response

from api.call import Call
from api.dashboard.books.frame import month_of, today
from api.dashboard.books.months import standing_of
from api.dashboard.forms import beside, given, once_after
from api.dashboard.gate import leave_for
from api.dashboard.page import page
from api.dashboard.seen import Compared, NotAsSeen, Row, Seen, asked, compared, packed, seen_by
from api.dashboard.visitor import Visitor
from api.dashboard.words import calendar_day, money
from api.errors import status_of
from ledger.core.closing_books import EARLIEST, NEVER
from ledger.core.decider import Context
from ledger.core.errors import InvalidInput, InvalidRequest, Refusal
from ledger.core.settings import SETTINGS, ChangeSetting, LedgerSettings
from ledger.store.addresses import SettingsAddress
from projections.queries import journal as books
from projections.queries.journal import BooksFilter

HERE: Final = "/books/close"
BACK: Final = "/books/months"
SETTING: Final = "books_closed_until"
OF_DAY: Final = (InvalidInput, InvalidRequest)
"""What is refused of the day itself."""


def close_page(visitor: Visitor) -> Response:
    """The form, with the month before this one in it, and what closing it would come to."""
    said = given(visitor.call.request)
    return _shown(visitor, {"day": _usual(visitor), **said})


def close_form(visitor: Visitor) -> Response:
    """Close up to a day, or open again, if that still is what was shown."""
    said, then = given(visitor.call.request), seen_by(visitor.call.request)
    if said.get("confirm") != "1" or then is None:
        return _shown(visitor, said)
    try:
        now = _foreseen(visitor, _value(said))
        if then.asked != now.asked:
            return _shown(visitor, said, edited=True)
        if then != now:
            raise NotAsSeen(then, now)
        _close(visitor, _value(said), now)
    except NotAsSeen:
        return _shown(visitor, said, HTTPStatus.CONFLICT, changed=compared(then, _foreseen(visitor, _value(said))))
    except Refusal as refusal:
        return _shown(visitor, said, status_of(refusal), refusal=refusal)
    closed = "Nothing is closed any more" if _value(said) == NEVER else f"Closed until {calendar_day(_value(said))}"
    return leave_for(visitor.call.request, BACK, closed)


def _value(said: Mapping[str, str]) -> str:
    return NEVER if said.get("never") else said.get("day", "")


def _usual(visitor: Visitor) -> str:
    """The last month that is over and not closed; none where there is no such month."""
    day = month_of(today(visitor), -1)[1].isoformat()
    return day if _closed(visitor) == NEVER or day > _closed(visitor) else ""


def _closed(visitor: Visitor) -> str:
    settings: LedgerSettings = visitor.call.background.settings
    return settings.books_closed_until


def _close(visitor: Visitor, value: str, shown: Seen) -> None:
    """Raises `NotAsSeen` where another day is closed by now than was shown, and what the setting's rules refuse."""

    def as_shown(state: LedgerSettings, _context: Context) -> None:
        if _facts(state.books_closed_until) != shown.facts:
            raise NotAsSeen(shown, Seen("", _facts(state.books_closed_until), ()))

    call = Call(visitor.call.services, visitor.call.request, visitor.call.identity, {SETTING: value})
    call.execute(SettingsAddress(), ChangeSetting(setting=SETTING, value=value), expecting=as_shown)


def _foreseen(visitor: Visitor, value: str) -> Seen:
    """What setting it would come to. Raises what the setting's rules refuse, but for a reason that is still to come."""
    command = ChangeSetting(setting=SETTING, value=value)
    found = visitor.call.ponder(SettingsAddress(), command)
    settings: LedgerSettings = found.state
    assert found.context is not None
    events = SETTINGS.decide(settings, command, replace(found.context, reasoned=True))
    before = settings.books_closed_until
    rows = _rows(visitor, before, value) if events else ()
    return Seen(asked(SETTING, {SETTING: value}), _facts(before), tuple(rows))


def _facts(closed_until: str) -> tuple[Row, ...]:
    return (Row("is", "Closed until", "never" if closed_until == NEVER else calendar_day(closed_until)),)


def _rows(visitor: Visitor, before: str, after: str) -> Sequence[Row]:
    """The days that are closed or opened, and what stands in them."""
    was, becomes = (None if each == NEVER else date.fromisoformat(each.lower()) for each in (before, after))
    if becomes is None or (was is not None and becomes < was):
        first = "the beginning" if becomes is None else calendar_day(becomes + timedelta(days=1))
        return [Row("opens", "Opens again", f"{first} to {calendar_day(was)}")]
    first_day = EARLIEST if was is None else was + timedelta(days=1)
    first = "the beginning" if was is None else calendar_day(first_day)
    return [Row("closes", "Closes", f"{first} to {calendar_day(becomes)}"), *_sums(visitor, first_day, becomes)]


def _sums(visitor: Visitor, first: date, last: date) -> Sequence[Row]:
    found: list[Row] = []
    with visitor.call.view(books.MODELS) as view:
        currencies = sorted({each.currency for each in books.trial_balance(view, BooksFilter(to_day=last))})
        for currency in currencies:
            sums = standing_of(view, BooksFilter(currency=currency), (first, last))
            for label, name in (("Revenue", "revenue"), ("Deferred", "deferred"), ("Receivable", "receivable")):
                note = "earned in it" if name == "revenue" else "at its end"
                found.append(Row("sum", f"{label}, {currency.upper()}", money(sums[name], currency), note))
    return found


def _wrong(refusal: Refusal) -> Mapping[str, str]:
    return {"day": refusal.sentence} if isinstance(refusal, OF_DAY) else beside(refusal)


def _shown(
    visitor: Visitor,
    said: Mapping[str, str],
    status: int = HTTPStatus.OK,
    *,
    edited: bool = False,
    changed: Sequence[Compared] | None = None,
    refusal: Refusal | None = None,
) -> Response:
    """The form, with what it says by now would do, or why it would not."""
    now, trouble = Seen("", _facts(_closed(visitor)), ()), refusal
    if _value(said):
        try:
            now = _foreseen(visitor, _value(said))
        except Refusal as why:
            trouble = trouble or why
    if trouble is not None and status == HTTPStatus.OK:
        status = status_of(trouble)
    everything: dict[str, Any] = {
        "visitor": visitor,
        "here": "/books",
        "path": HERE,
        "given": dict(said),
        "wrong": {} if trouble is None else _wrong(trouble),
        "seen": packed(now),
        "facts": now.facts,
        "rows": now.rows,
        "foreseen": now.asked != "",
        "opens": any(row.part == "opens" for row in now.rows),
        "closed": _closed(visitor) != NEVER,
        "edited": edited,
        "changed": changed,
        "once": once_after(visitor.call.request, refusal),
    }
    return page("books/close.html", status, **everything)

"""Every sheet's way: its preview follows the form, and what is done is what was shown, or nothing.

    show(visitor, sheet, change)      the form and, where it says enough, what it would do
    settle(visitor, sheet, change)    the same again as the form changes; once it is confirmed, the change

What was shown travels in the form as `seen` and is compared, row by row and with the customer's version, in the
decision itself (`shown.agree`), so no other write can come between. A form that was sent twice acts once: `once` is
its idempotency key.
"""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

from flask import Response

from api.dashboard.changes.shown import NotAsShown, Row, Seen, agree, asked, compared, due, packed, seen, unpacked
from api.dashboard.doing import Foreseen, do, foresee
from api.dashboard.forms import beside, once_after
from api.dashboard.gate import Visitor, leave_for
from api.dashboard.page import page
from api.errors import status_of
from api.views.shapes import Json
from ledger.core.errors import Refusal
from ledger.store.requests import DuplicateKey


class Change(NamedTuple):
    """What would be asked of the API, how what it would do is shown, and what the page after it says was done."""

    operation: str
    payload: Json
    rows: Callable[[Foreseen], Sequence[Row]]
    done: str = ""


class Sheet(NamedTuple):
    """The form of a change: its template, where it is sent, and what it shows beside the preview.

    `fields` says which field of the form stands for a path of the wire. `wrong` is what cannot be read, by field;
    `missing` what must still be said before it may be confirmed. `back` is where it leads once it is done.
    """

    template: str
    path: str
    customer_id: str
    back: str
    shown: Mapping[str, Any]
    fields: Mapping[str, str] = {}
    wrong: Mapping[str, str] = {}
    missing: Mapping[str, str] = {}


def show(visitor: Visitor, sheet: Sheet, change: Change | None) -> Response:
    """The form, with the preview of what it says by now, if that is enough to be previewed."""
    return _preview(visitor, sheet, change)


def settle(visitor: Visitor, sheet: Sheet, change: Change | None) -> Response:
    """Do a change that was confirmed, if it still is what was shown; else show what it is now."""
    form = visitor.call.request.form
    if form.get("confirm") != "1":
        return _preview(visitor, sheet, change)
    then = unpacked(form.get("seen", ""))
    if change is None or sheet.missing or then is None:
        return _preview(visitor, sheet, change, confirming=True)
    if then.asked != asked(change.operation, change.payload):
        return _preview(visitor, sheet, change, edited=True)
    return _done(visitor, sheet, change, then)


def _done(visitor: Visitor, sheet: Sheet, change: Change, then: Seen) -> Response:
    try:
        do(visitor, change.operation, change.payload, agrees=lambda found: agree(then, _seen(change, found)))
    except NotAsShown as stale:
        return _stale(visitor, sheet, stale)
    except DuplicateKey as used:
        return _preview(visitor, sheet, change, edited=True, refusal=used)
    except Refusal as refusal:
        return _refused(visitor, sheet, refusal)
    return leave_for(visitor.call.request, sheet.back, change.done)


def _preview(
    visitor: Visitor,
    sheet: Sheet,
    change: Change | None,
    *,
    confirming: bool = False,
    edited: bool = False,
    refusal: Refusal | None = None,
) -> Response:
    wrong = {**sheet.wrong, **(sheet.missing if confirming else {})}
    status = HTTPStatus.BAD_REQUEST if wrong else HTTPStatus.OK
    if change is None:
        return _page(visitor, sheet, None, status, wrong=wrong)
    try:
        now = _seen(change, foresee(visitor, change.operation, change.payload))
    except Refusal as why:
        return _refused(visitor, sheet, why, wrong)
    return _page(visitor, sheet, now, status, wrong=wrong, edited=edited, refusal=refusal)


def _stale(visitor: Visitor, sheet: Sheet, stale: NotAsShown) -> Response:
    both = compared(stale.then, stale.now)
    return _page(visitor, sheet, stale.now, status_of(stale), changed=both)


def _refused(visitor: Visitor, sheet: Sheet, refusal: Refusal, wrong: Mapping[str, str] | None = None) -> Response:
    said = {**beside(refusal, sheet.fields), **(wrong or {})}
    return _page(visitor, sheet, None, status_of(refusal), wrong=said, refusal=refusal)


def _seen(change: Change, found: Foreseen) -> Seen:
    return seen(asked(change.operation, change.payload), found, change.rows(found))


def _page(
    visitor: Visitor,
    sheet: Sheet,
    now: Seen | None,
    status: int,
    *,
    wrong: Mapping[str, str] = {},
    changed: Sequence[Any] | None = None,
    edited: bool = False,
    refusal: Refusal | None = None,
) -> Response:
    everything: dict[str, Any] = {
        **sheet.shown,
        "visitor": visitor,
        "here": "/customers",
        "path": sheet.path,
        "back": sheet.back,
        "address": sheet.customer_id,
        "rows": () if now is None else now.rows,
        "due": None if now is None else due(now.rows),
        "seen": "" if now is None else packed(now),
        "wrong": wrong,
        "changed": changed,
        "edited": edited,
        # Only then: a preview must leave the focus where it is.
        "opened": visitor.call.request.method == "GET",
        "once": once_after(visitor.call.request, refusal),
    }
    return page(sheet.template, status, **everything)

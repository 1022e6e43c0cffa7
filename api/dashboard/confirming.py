"""Every sheet's way: it shows what it is about and what it would do; what is done is what was seen, or nothing.

    show(visitor, sheet, change)      the form and, where it says enough, what it would do
    settle(visitor, sheet, change)    once it is confirmed, the change; else the form again, with all that was written

What was shown travels in the form as `seen` (`api.dashboard.seen`) and is compared in the decision itself, under the
ledger's lock, so that no other write can come between. Where it is something else by now, nothing is done, and the
form comes back with both side by side; to confirm once more does it. A form that was sent twice acts once: `once` is
its idempotency key.
"""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

from flask import Response
from msgspec import structs

from api.dashboard.doing import do, done_before, foresee
from api.dashboard.forms import beside, once_after
from api.dashboard.gate import leave_for
from api.dashboard.page import page
from api.dashboard.route import Route, form
from api.dashboard.seen import NotAsSeen, Row, Seen, asked, compared, differs, due, packed, seen_by
from api.dashboard.visitor import Visitor
from api.errors import status_of
from api.views.shapes import Json
from ledger.core.access import UserRole
from ledger.core.errors import Refusal
from ledger.store.addresses import internal_id
from ledger.store.requests import DuplicateKey


def once_only(view: Callable[..., Response]) -> Callable[..., Response]:
    """A sheet's view for forms that were sent: one that was done already leads on, though what it was about is gone."""

    def sent(visitor: Visitor, **path: str) -> Response:
        try:
            return view(visitor, **path)
        except Refusal:
            done = done_before(visitor)
            if done is None:
                raise
            return leave_for(visitor.call.request, f"/customers/{internal_id(done.steps[0].stream_id)}")

    return sent


def sheet_form(
    path: str, name: str, page: Callable[..., Response], sent: Callable[..., Response]
) -> tuple[Route, Route]:
    """The routes of a sheet that changes a customer."""
    return form(path, name, page, once_only(sent), UserRole.FINANCE)


def nothing(_found: Any) -> Sequence[Row]:
    """What a sheet shows that shows nothing."""
    return ()


class Change(NamedTuple):
    """What would be asked of the API, and how what it would do is shown.

    `rows` is given what is foreseen: a `Foreseen`, or a `ForeseenCatalog`. `done` is what the page after it says,
    given the answer; `back` where it leads in place of the sheet's own way back.
    """

    operation: str
    payload: Json
    rows: Callable[[Any], Sequence[Row]] = nothing
    done: str | Callable[[Json], str] = ""
    back: str = ""


class Sheet(NamedTuple):
    """A form, where it is sent, and what it shows.

    `now` is what it is about, as it was looked at: the scene of a customer, or the catalog; `facts` says of it all
    that must not have changed before something is done. `starts` are the fields as they stand before anybody writes,
    where they stand for what is now. `beside` puts a refusal beside its fields; `wrong` is what cannot be read, by
    field; `missing` what must still be said before it may be confirmed. A sheet that is `previewed` counts only with
    its confirming button; any other whenever it is sent, once all that it would do has been seen.
    """

    template: str
    path: str
    back: str
    now: Any
    facts: Callable[[Any], Sequence[Row]]
    shown: Mapping[str, Any]
    about: str = "customer"
    here: str = "/customers"
    starts: Mapping[str, str] = {}
    beside: Callable[[Refusal], Mapping[str, str]] = beside
    wrong: Mapping[str, str] = {}
    missing: Mapping[str, str] = {}
    previewed: bool = True


def show(visitor: Visitor, sheet: Sheet, change: Change | None = None) -> Response:
    """The form, with the preview of what it says by now, if that is enough to be previewed."""
    return _again(visitor, sheet, change, _opened(visitor, sheet))


def settle(visitor: Visitor, sheet: Sheet, change: Change | None) -> Response:
    """Do a change that was confirmed, if it still is what was shown; else show what it is now."""
    request = visitor.call.request
    if sheet.previewed and request.form.get("confirm") != "1":
        return show(visitor, sheet, change)
    then = seen_by(request)
    lacks = bool(sheet.wrong or sheet.missing) or then is None or (sheet.previewed and not then.asked)
    if change is not None and then is not None and not lacks and _same(sheet, change, then):
        return _done(visitor, sheet, change, then)
    if done_before(visitor) is not None:  # what it asked for is so by now, because it was asked for
        return leave_for(request, sheet.back)
    if change is None or lacks:
        return _again(visitor, sheet._replace(wrong={**sheet.missing, **sheet.wrong}), change, then)
    return _again(visitor, sheet, change, then, edited=True)


def _same(sheet: Sheet, change: Change, then: Seen) -> bool:
    """Whether a form that is looked at before it counts is the one that was looked at."""
    return not sheet.previewed or then.asked == asked(change.operation, change.payload)


def touched(visitor: Visitor, starts: Mapping[str, str], written: Mapping[str, str]) -> dict[str, str | None]:
    """What somebody wrote otherwise than it stood when the form was opened; None for what they took away.

    What they left as it was is not theirs: where somebody else changed it meanwhile, it stays changed.
    """
    then = seen_by(visitor.call.request)
    stood = starts if then is None else then.starts
    names = [*written, *(name for name in stood if name not in written)]
    return {name: written.get(name) for name in names if written.get(name) != stood.get(name)}


def _opened(visitor: Visitor, sheet: Sheet) -> Seen | None:
    """What was shown when a form was opened that was filled with it. Any other preview shows anew what there is."""
    return seen_by(visitor.call.request) if sheet.starts else None


def _done(visitor: Visitor, sheet: Sheet, change: Change, then: Seen) -> Response:
    try:
        made = do(visitor, change.operation, change.payload, agrees=lambda found: _agree(sheet, change, then, found))
    except NotAsSeen as found:
        # A sheet that shows what it would do only once it was sent has then shown it for the first time.
        first = found.now.asked not in ("", then.asked)
        return _again(visitor, sheet, change, then, stale=not first)
    except DuplicateKey as used:
        return _again(visitor, sheet, change, then, edited=True, refusal=used)
    except Refusal as refusal:
        return _again(visitor, sheet, change, then, refusal=refusal)
    done = change.done if isinstance(change.done, str) else change.done(made)
    return leave_for(visitor.call.request, change.back or sheet.back, done)


def _agree(sheet: Sheet, change: Change, then: Seen, found: Any) -> None:
    """Let pass what is as it was shown. Raises `NotAsSeen`, or the refusal that doing it would raise."""
    facts = tuple(sheet.facts(found.found))
    if facts != then.facts:
        raise NotAsSeen(then, Seen("", facts, ()))
    now = _seen(sheet, change, found)
    if now.rows != then.rows:
        raise NotAsSeen(then, now)


def _seen(sheet: Sheet, change: Change | None = None, found: Any = None) -> Seen:
    """What a sheet shows; of what it would do, if that is foreseen."""
    if change is None or found is None:
        return Seen("", tuple(sheet.facts(sheet.now)), (), sheet.starts)
    form = asked(change.operation, change.payload)
    return Seen(form, tuple(sheet.facts(found.found)), tuple(change.rows(found)), sheet.starts)


def _again(
    visitor: Visitor,
    sheet: Sheet,
    change: Change | None,
    then: Seen | None,
    *,
    stale: bool = False,
    edited: bool = False,
    refusal: Refusal | None = None,
) -> Response:
    """The form with what it would do now, or why it cannot be done; and what was shown `then`, where that differs."""
    now, trouble = _seen(sheet), None if isinstance(refusal, DuplicateKey) else refusal
    if change is not None:
        try:
            now = _seen(sheet, change, foresee(visitor, change.operation, change.payload))
        except Refusal as why:
            trouble = trouble or why
    wrong = {**({} if trouble is None else sheet.beside(trouble)), **sheet.wrong}
    stale = stale or (then is not None and differs(then, now))
    status = HTTPStatus.OK if trouble is None else status_of(trouble)
    if wrong and trouble is None:
        status = HTTPStatus.BAD_REQUEST
    if stale and visitor.call.request.method == "POST":
        status = HTTPStatus.CONFLICT
    changed = compared(then, now) if stale and then is not None else None
    if then is not None and visitor.call.request.method != "POST":
        now = structs.replace(now, starts=then.starts)  # what was written before the session ended stands in the fields
    return _page(visitor, sheet, now, status, wrong=wrong, changed=changed, edited=edited, refusal=refusal or trouble)


def _page(
    visitor: Visitor, sheet: Sheet, now: Seen, status: HTTPStatus, *, refusal: Refusal | None, **said: Any
) -> Response:
    everything: dict[str, Any] = {
        **sheet.shown,
        **said,
        "visitor": visitor,
        "here": sheet.here,
        "path": sheet.path,
        "back": sheet.back,
        "about": sheet.about,
        "rows": now.rows,
        "foreseen": now.asked != "",
        "due": due(now.rows),
        "seen": packed(now),
        # Only then: a preview must leave the focus where it is.
        "opened": visitor.call.request.method != "POST",
        "once": once_after(visitor.call.request, refusal),
    }
    return page(sheet.template, status, **everything)

"""A change of plans from a page: its preview follows the form, and what is done is what was shown, or nothing."""

import hashlib
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import quote

from flask import Response

from api.dashboard.doing import do
from api.dashboard.forms import beside
from api.dashboard.gate import Visitor, leave_for
from api.dashboard.page import fresh_number, page
from api.errors import status_of
from api.views.shapes import Json
from api.wire.json import render
from ledger.core.errors import Refusal


class Change(NamedTuple):
    """What would be asked of the API, and where its preview is asked for."""

    operation: str
    preview: str
    payload: Json


class Sheet(NamedTuple):
    """The form of a change: its template, where it is sent, and what it shows beside the preview.

    `fields` says which field of the form stands for a path of the wire.
    """

    template: str
    path: str
    customer_id: str
    shown: dict[str, Any]
    fields: Mapping[str, str] = {}


def show(visitor: Visitor, sheet: Sheet, change: Change | None) -> Response:
    """The form, with the preview of what it says by now, if that is enough to be previewed."""
    return _answer(visitor, sheet, change, confirmed=False)


def settle(visitor: Visitor, sheet: Sheet, change: Change | None) -> Response:
    """Do a change that was confirmed, if it still is what was shown; else show what it is now."""
    return _answer(visitor, sheet, change, confirmed=visitor.call.request.form.get("confirm") == "1")


def _answer(visitor: Visitor, sheet: Sheet, change: Change | None, *, confirmed: bool) -> Response:
    if change is None:
        return _page(visitor, sheet, {})
    seen = visitor.call.request.form.get("seen", "")
    try:
        preview = do(visitor, change.preview, change.payload)
        shown = {"preview": preview, "seen": _mark(preview)}
        if not confirmed:
            return _page(visitor, sheet, shown)
        if seen != shown["seen"]:
            return _page(visitor, sheet, {**shown, "changed": bool(seen)})
        do(visitor, change.operation, change.payload)
    except Refusal as refusal:
        return _page(visitor, sheet, {"wrong": beside(refusal, sheet.fields)}, status_of(refusal))
    return leave_for(visitor.call.request, f"/customers/{quote(sheet.customer_id, safe='')}")


def _mark(preview: Json) -> str:
    """What was shown, in short, so that it is noticed when it is something else by now."""
    return hashlib.sha256(render(preview)).hexdigest()


def _page(visitor: Visitor, sheet: Sheet, shown: dict[str, Any], status: int = HTTPStatus.OK) -> Response:
    usual: dict[str, Any] = {"preview": None, "seen": "", "changed": False, "wrong": {}}
    once = visitor.call.request.form.get("once") or fresh_number()
    everything: dict[str, Any] = {
        **usual,
        **shown,
        **sheet.shown,
        "visitor": visitor,
        "here": "/customers",
        "path": sheet.path,
        "address": sheet.customer_id,
        "once": once,
    }
    return page(sheet.template, status, **everything)

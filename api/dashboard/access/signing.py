"""Signing in, by password or by a link that works once, and out."""

from http import HTTPStatus
from urllib.parse import urlsplit

from flask import Response

from api.auth import LOOKING_UP
from api.dashboard.gate import COOKIE, Visitor, keep_session, to
from api.dashboard.page import page
from api.errors import status_of
from api.request import ApiRequest
from api.services import Services
from api.sessions import LockedOut, WrongPassword, sign_in, sign_out, take_link
from ledger.core.errors import Refusal
from ledger.store.ledger import UnknownLedger

HOME = "/customers"


def sign_in_page(services: Services, request: ApiRequest) -> Response:
    """The form that asks who it is."""
    return _form(services, request.args.get("next", ""))


def sign_in_form(services: Services, request: ApiRequest) -> Response:
    """Who it is: on to where they wanted to go, or the form again with what is wrong beside it."""
    form = request.form
    ledgers = [row.ledger_id for row in services.store.ledgers()]
    ledger_id = form.get("ledger") or (ledgers[0] if len(ledgers) == 1 else "")
    name, wanted = form.get("name", ""), form.get("next", "")
    try:
        secret = sign_in(services.store, ledger_id, name, form.get("password", ""), by=LOOKING_UP)
    except (WrongPassword, LockedOut) as refusal:
        return _form(services, wanted, name=name, ledger_id=ledger_id, refusal=refusal)
    except UnknownLedger:
        return _form(services, wanted, name=name, ledger_id=ledger_id, refusal=WrongPassword())
    return keep_session(request, to(own_path(wanted)), secret)


def link_page(_services: Services, _request: ApiRequest, secret: str) -> Response:
    """A link that works once waits for a click: programs that look at links before people do must not use it up."""
    return page("access/sign_in_link.html", secret=secret)


def link_form(services: Services, request: ApiRequest, secret: str) -> Response:
    """The link is used."""
    session = take_link(services.store, secret, by=LOOKING_UP)
    if session is None:
        sentence = "This link was used, or is older than a quarter of an hour: ask for a new one, or sign in."
        return page("refused.html", HTTPStatus.GONE, sentence=sentence)
    return keep_session(request, to(HOME), session)


def sign_out_form(visitor: Visitor) -> Response:
    """The session is over here and everywhere it was copied to."""
    call = visitor.call
    sign_out(call.services.store, call.identity.ledger.ledger_id, call.request.cookies[COOKIE])
    response = to("/sign-in")
    response.delete_cookie(COOKIE, path="/")
    return response


def own_path(wanted: str) -> str:
    """Where somebody wanted to go, where that is a page of ours."""
    parts = urlsplit(wanted)
    ours = not parts.scheme and not parts.netloc and wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    return wanted if ours and wanted.isprintable() else HOME


def _form(
    services: Services, wanted: str, *, name: str = "", ledger_id: str = "", refusal: Refusal | None = None
) -> Response:
    several = len(services.store.ledgers()) > 1
    status = HTTPStatus.OK if refusal is None else status_of(refusal)
    said = None if refusal is None else refusal.sentence
    return page(
        "access/sign_in.html",
        status,
        next=own_path(wanted),
        name=name,
        ledger_id=ledger_id,
        several=several,
        refused=said,
    )

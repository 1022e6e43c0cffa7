"""Signing in, by password or by a link that works once, and out."""

from http import HTTPStatus

from flask import Response

from api.auth import LOOKING_UP
from api.dashboard.gate import keep_session, to
from api.dashboard.page import page
from api.dashboard.session_over import COOKIE, HOME, SigningIn, own_path, shown_again, user_mark
from api.dashboard.visitor import Visitor
from api.request import ApiRequest
from api.services import Services
from api.sessions import LockedOut, WrongPassword, sign_in, sign_out, signed_in, take_link
from ledger.core.errors import Refusal


class LinkUsed(Refusal):
    """A link that signs in once, and did or may no more."""

    code = "link_used"
    status = HTTPStatus.GONE

    def __init__(self) -> None:
        super().__init__("This link was used, or is older than a quarter of an hour: ask for a new one, or sign in")


def sign_in_page(services: Services, request: ApiRequest) -> Response:
    """The form that asks who it is."""
    return SigningIn(own_path(request.args.get("next", ""))).shown(services)


def sign_in_form(services: Services, request: ApiRequest) -> Response:
    """Who it is: on to where they wanted to go, or back to what they had written; else what is wrong."""
    form = request.form
    ledgers = [row.ledger_id for row in services.store.ledgers()]
    ledger_id = form.get("ledger", "").strip() or (ledgers[0] if len(ledgers) == 1 else "")
    kept, whose = form.get("kept", ""), form.get("whose", "")
    asked = SigningIn(own_path(form.get("next", "")), form.get("name", "").strip(), ledger_id, kept, whose)
    if kept and form.get("already"):
        return _go_on(services, request, asked, request.cookies.get(COOKIE, ""))
    try:
        secret = sign_in(services.store, ledger_id, asked.name, form.get("password", ""), by=LOOKING_UP)
    except (WrongPassword, LockedOut) as refusal:
        return asked.shown(services, refusal)
    return keep_session(request, _go_on(services, request, asked, secret), secret)


def _go_on(services: Services, request: ApiRequest, asked: SigningIn, secret: str) -> Response:
    """To the page that was wanted, with what was written there before by the same user."""
    if not asked.kept:
        return to(asked.wanted)
    found = signed_in(services.store, secret, by=LOOKING_UP)
    if found is None:
        return asked.shown(services, WrongPassword())
    same = asked.whose in (f"{found.ledger_id}/{found.user.user_id}", user_mark(services, found))
    return (shown_again(request, asked, secret) if same else None) or to(asked.wanted)


def link_page(_services: Services, _request: ApiRequest, secret: str) -> Response:
    """A link that works once waits for a click: programs that look at links before people do must not use it up."""
    return page("access/sign_in_link.html", secret=secret)


def link_form(services: Services, request: ApiRequest, secret: str) -> Response:
    """The link is used."""
    session = take_link(services.store, secret, by=LOOKING_UP)
    if session is None:
        raise LinkUsed
    return keep_session(request, to(HOME), session)


def sign_out_form(visitor: Visitor) -> Response:
    """The session is over here and everywhere it was copied to."""
    call = visitor.call
    sign_out(call.services.store, call.identity.ledger.ledger_id, call.request.cookies[COOKIE])
    response = to("/sign-in")
    response.delete_cookie(COOKIE, path="/")
    return response

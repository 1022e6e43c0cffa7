"""The way into a page: who is signed in, whether a form is one of ours, and where one goes from there."""

import hmac
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlsplit

from flask import Response, redirect

from api.auth import LOOKING_UP, RANK, Identity
from api.call import Call
from api.dashboard.notice import leave
from api.dashboard.paths import id_of
from api.dashboard.refusing import answering, refused
from api.dashboard.session_over import COOKIE, keeping_form, user_mark, whole_path, written_again
from api.dashboard.visitor import Visitor
from api.errors import PathNotFound
from api.request import ApiRequest, current_request
from api.services import Services
from api.sessions import KEPT_SECONDS, signed_in
from ledger.core.access import UserRole
from ledger.core.errors import Refusal
from ledger.core.settings import LedgerSettings, Role

REACH: Final = {UserRole.VIEWER: Role.READ, UserRole.FINANCE: Role.WRITE, UserRole.ADMIN: Role.ADMIN}
# What a client says in a header, a form says in a field.
SAID_IN_FIELDS: Final = {"reason": "HTTP_TALLYSTICK_REASON", "once": "HTTP_IDEMPOTENCY_KEY"}
NUL: Final = "\0"
"""No text that is kept has it, so that nothing can be asked for by it."""
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
LOOKING: Final = ("GET", "HEAD")
"""What changes nothing, and needs no form of ours."""


class RoleTooLow(Refusal):
    """A user's role does not reach as far as what was asked for."""

    code = "insufficient_scope"

    def __init__(self, role: UserRole, needs: UserRole) -> None:
        super().__init__(f"You are signed in with the role {role.value}, and this needs the role {needs.value}")


class ForeignForm(Refusal):
    """A form that was not sent from a page of ours."""

    code = "foreign_form"

    def __init__(self) -> None:
        super().__init__("This form did not come from a page of this dashboard, or is too old: open it again")


View = Callable[..., Response]


def signed(services: Services, name: str, view: Callable[..., Response], needs: UserRole = UserRole.VIEWER) -> View:
    """A page for those who are signed in and whose role reaches; others are led to the sign-in, or refused."""

    def guarded(**path: str) -> Response:
        request, ids = current_request(), {name: id_of(part) for name, part in path.items()}
        request.operation = f"dashboard.{name}"
        return answering(request, lambda: _let_in(services, request, view, needs, ids))

    return guarded


def open_to_all(services: Services, name: str, view: Callable[..., Response]) -> View:
    """A page for whoever comes: the sign-in."""

    def guarded(**path: str) -> Response:
        request = current_request()
        request.operation = f"dashboard.{name}"

        def answer() -> Response:
            check_origin(request)
            return view(services, request, **path)

        return answering(request, answer)

    return guarded


def _let_in(
    services: Services, request: ApiRequest, view: Callable[..., Response], needs: UserRole, path: dict[str, Any]
) -> Response:
    visitor = visiting(services, request)
    if visitor is not None:
        return answering(request, lambda: _shown(visitor, view, needs, path), visitor)
    if request.method not in LOOKING:
        check_origin(request)
        return keeping_form(services, request)
    return to_sign_in(request)


def _shown(visitor: Visitor, view: Callable[..., Response], needs: UserRole, path: dict[str, Any]) -> Response:
    request = visitor.call.request
    if any(NUL in part for part in path.values()):
        raise PathNotFound
    if RANK[REACH[visitor.role]] < RANK[REACH[needs]]:
        raise RoleTooLow(visitor.role, needs)
    if request.method not in LOOKING:
        check_origin(request)
        try:
            check_form(visitor)
        except ForeignForm:
            if not _own(visitor):
                raise
            return written_again(request)  # of a session before this one
        say_in_headers(request)
        visitor = replace(visitor, call=Call(visitor.call.services, request, visitor.call.identity, None))
    return view(visitor, **path)


def visiting(services: Services, request: ApiRequest) -> Visitor | None:
    """Who is signed in with this browser; None for nobody."""
    secret = request.cookies.get(COOKIE, "")
    found = signed_in(services.store, secret, by=LOOKING_UP)
    if found is None:
        return None
    ledger, user = services.store.ledger(found.ledger_id), found.user
    settings: LedgerSettings = ledger.background(by=LOOKING_UP).settings
    request.zone = settings.zone
    mark = user_mark(services, found)
    request.identity = Identity(user.user_id, user.name, REACH[user.role], settings.env.value, ledger)
    return Visitor(Call(services, request, request.identity, None), user.role, form_token(secret), mark)


def lost(services: Services) -> Callable[[Refusal], Response | None]:
    """For a path that nothing is served at: the page that says so to a browser, and nothing to a program."""

    def answer(refusal: Refusal) -> Response | None:
        request = current_request()
        if not isinstance(refusal, PathNotFound) or not _is_browsing(request):
            return None
        request.operation = "dashboard.lost"
        sentence = "There is no page at this address. It may have been mistyped, or what it showed is gone."
        return answering(request, lambda: refused(HTTPStatus.NOT_FOUND, sentence, visiting(services, request)))

    return answer


def _is_browsing(request: ApiRequest) -> bool:
    accepted = request.accept_mimetypes.best_match(("application/json", "text/html"))
    return request.method == "GET" and not request.path.startswith("/v1/") and accepted == "text/html"


def to_sign_in(request: ApiRequest) -> Response:
    """To the sign-in and, once it is done, back to here. A part of a page is asked to load the whole of it anew."""
    where = f"/sign-in?next={quote(whole_path(request))}"
    if request.headers.get("HX-Request") == "true":
        return Response("", HTTPStatus.UNAUTHORIZED, headers={"HX-Redirect": where})
    return to(where)


def to(path: str) -> Response:
    """On to another page of ours, which is asked for with GET."""
    return redirect(path, HTTPStatus.SEE_OTHER)  # type: ignore[return-value]  # werkzeug's base class of the same


def leave_for(request: ApiRequest, path: str, said: str = "") -> Response:
    """On to another page once a form has done its work, also where it was a part of this one.

    `said` is what that page says was done.
    """
    if request.headers.get("HX-Request") == "true":
        return leave(Response("", HTTPStatus.OK, headers={"HX-Redirect": path}), said)
    return leave(to(path), said)


def form_token(secret: str) -> str:
    """What a form of this session carries: nobody who cannot read its cookie can make it."""
    return hmac.new(secret.encode(), b"form", "sha256").hexdigest()


def check_form(visitor: Visitor) -> None:
    """Refuse a form without its session's token. Raises `ForeignForm`.

    The page around a form carries the token too. Only a form that came anew, for the same user, may be newer than it.
    """
    request, token = visitor.call.request, visitor.form_token
    field = request.form.get("form_token", "")
    around = request.headers.get("X-Form-Token") or field
    if not _same(around, token) and not (_own(visitor) and _same(field, token)):
        raise ForeignForm


def _own(visitor: Visitor) -> bool:
    """Whether a form was made for this user, in whichever session."""
    return _same(visitor.call.request.form.get("form_of", ""), visitor.form_of)


def _same(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode(), token.encode())


def check_origin(request: ApiRequest) -> None:
    """Refuse a form that another site sent. Raises `ForeignForm`."""
    origin = request.headers.get("Origin")
    if request.method not in LOOKING and origin is not None and urlsplit(origin).netloc != request.host:
        raise ForeignForm


def say_in_headers(request: ApiRequest) -> None:
    """Let a form's reason and its number count as the headers of a client do."""
    for field, header in SAID_IN_FIELDS.items():
        value = request.form.get(field, "").strip()
        if value:
            request.environ[header] = f"UTF-8''{quote(value, safe='')}"


def keep_session(request: ApiRequest, response: Response, secret: str) -> Response:
    """Let the browser hold a session, and remember it when it is over. On this machine it may travel without TLS."""
    secure = request.is_secure or urlsplit(f"//{request.host}").hostname not in LOOPBACK
    response.set_cookie(COOKIE, secret, max_age=KEPT_SECONDS, secure=secure, httponly=True, samesite="Lax", path="/")
    return response

"""The way into a page: who is signed in, whether a form is one of ours, and what a refusal looks like."""

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlsplit

import psycopg
from flask import Response, redirect
from psycopg_pool import PoolTimeout

from api.auth import LOOKING_UP, Identity
from api.call import Call
from api.dashboard.page import page
from api.errors import InternalError, status_of
from api.observe import report
from api.request import ApiRequest, current_request
from api.services import Services
from api.sessions import SESSION_SECONDS, signed_in
from ledger.core.access import UserRole
from ledger.core.errors import Refusal
from ledger.core.settings import LedgerSettings, Role
from ledger.store.ledger import SettingsAddress, StoreUnavailable
from projections.reads import ProjectionUnavailable

COOKIE: Final = "tallystick_session"
REACH: Final = {UserRole.VIEWER: Role.READ, UserRole.FINANCE: Role.WRITE, UserRole.ADMIN: Role.ADMIN}
TROUBLES: Final = (StoreUnavailable, ProjectionUnavailable, psycopg.OperationalError, PoolTimeout)
PAGES: Final = (
    ("/customers", "Customers", "people"),
    ("/plans", "Plans", "layers"),
    ("/features", "Features", "switches"),
    ("/usage", "Usage", "bars"), ("/timeline", "Timeline", "clock"),
)
# What a client says in a header, a form says in a field.
SAID_IN_FIELDS: Final = {"reason": "HTTP_TALLYSTICK_REASON", "once": "HTTP_IDEMPOTENCY_KEY"}
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


class ForeignForm(Refusal):
    """A form that was not sent from a page of ours."""

    code = "foreign_form"

    def __init__(self) -> None:
        super().__init__("This form did not come from a page of this dashboard, or is too old: open it again")


@dataclass(frozen=True)
class Visitor:
    """Who looks at a page: what to ask the ledger with, and what marks forms as this session's."""

    call: Call
    role: UserRole
    form_token: str

    @property
    def pages(self) -> Sequence[tuple[str, str, str]]:
        """Where to go from here: path, name, drawing."""
        return PAGES

    @property
    def part(self) -> bool:
        """Whether a part of a page is asked for, to be put into the one that is there."""
        return self.call.request.headers.get("HX-Request") == "true"

    @property
    def may_change(self) -> bool:
        """Whether the role reaches to change customers."""
        return self.role is not UserRole.VIEWER

    @property
    def name(self) -> str:
        """Under which everything that is done here is recorded."""
        return self.call.identity.name


View = Callable[..., Response]


def signed(services: Services, name: str, view: Callable[..., Response], needs: UserRole = UserRole.VIEWER) -> View:
    """A page for those who are signed in and whose role reaches; others are led to the sign-in, or refused."""

    def guarded(**path: str) -> Response:
        request = current_request()
        request.operation = f"dashboard.{name}"
        return answering(request, lambda: _let_in(services, request, view, needs, path))

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


def answering(request: ApiRequest, answer: Callable[[], Response]) -> Response:
    """An answer, or the page that says why there is none."""
    try:
        return answer()
    except Refusal as refusal:
        request.code = refusal.code
        return page("refused.html", status_of(refusal), sentence=refusal.sentence)
    except TROUBLES:
        request.code = "service_unavailable"
        sentence = "The database, or a projection, did not answer in time. Nothing was changed: try again."
        return page("refused.html", HTTPStatus.SERVICE_UNAVAILABLE, sentence=sentence)
    except Exception as error:  # noqa: BLE001 - told once to the log, as for the JSON API
        report(request, error)
        request.code = InternalError.code
        return page("refused.html", HTTPStatus.INTERNAL_SERVER_ERROR, sentence=InternalError().sentence)


def _let_in(
    services: Services, request: ApiRequest, view: Callable[..., Response], needs: UserRole, path: dict[str, Any]
) -> Response:
    secret = request.cookies.get(COOKIE, "")
    found = signed_in(services.store, secret, by=LOOKING_UP)
    if found is None:
        return to_sign_in(request)
    ledger = services.store.ledger(found.ledger_id)
    settings: LedgerSettings = ledger.look(SettingsAddress(), by=LOOKING_UP).state
    user = found.user
    request.identity = identity = Identity(user.user_id, user.name, REACH[user.role], settings.env.value, ledger)
    identity.require(REACH[needs])
    token = form_token(secret)
    if request.method != "GET":
        check_origin(request)
        check_form(request, token)
        say_in_headers(request)
    return view(Visitor(Call(services, request, identity, None), user.role, token), **path)


def to_sign_in(request: ApiRequest) -> Response:
    """To the sign-in and, once it is done, back to here. A part of a page is asked to load the whole of it anew."""
    where = f"/sign-in?next={quote(request.full_path.rstrip('?'))}" if request.method == "GET" else "/sign-in"
    if request.headers.get("HX-Request") == "true":
        return Response("", HTTPStatus.UNAUTHORIZED, headers={"HX-Redirect": where})
    return to(where)


def to(path: str) -> Response:
    """On to another page of ours, which is asked for with GET."""
    return redirect(path, HTTPStatus.SEE_OTHER)  # type: ignore[return-value]  # werkzeug's base class of the same


def leave_for(request: ApiRequest, path: str) -> Response:
    """On to another page once a form has done its work, also where it was a part of this one."""
    if request.headers.get("HX-Request") == "true":
        return Response("", HTTPStatus.OK, headers={"HX-Redirect": path})
    return to(path)


def form_token(secret: str) -> str:
    """What a form of this session carries: nobody who cannot read its cookie can make it."""
    return hmac.new(secret.encode(), b"form", "sha256").hexdigest()


def check_form(request: ApiRequest, token: str) -> None:
    """Refuse a form without its session's token. Raises `ForeignForm`."""
    given = request.headers.get("X-Form-Token") or request.form.get("form_token", "")
    if not hmac.compare_digest(given.encode(), token.encode()):
        raise ForeignForm


def check_origin(request: ApiRequest) -> None:
    """Refuse a form that another site sent. Raises `ForeignForm`."""
    origin = request.headers.get("Origin")
    if request.method != "GET" and origin is not None and urlsplit(origin).netloc != request.host:
        raise ForeignForm


def say_in_headers(request: ApiRequest) -> None:
    """Let a form's reason and its number count as the headers of a client do."""
    for field, header in SAID_IN_FIELDS.items():
        value = request.form.get(field, "").strip()
        if value:
            request.environ[header] = f"UTF-8''{quote(value, safe='')}"


def keep_session(request: ApiRequest, response: Response, secret: str) -> Response:
    """Let the browser hold a session. On this machine alone it may travel without TLS."""
    secure = request.is_secure or urlsplit(f"//{request.host}").hostname not in LOOPBACK
    response.set_cookie(COOKIE, secret, max_age=SESSION_SECONDS, secure=secure, httponly=True, samesite="Lax", path="/")
    return response

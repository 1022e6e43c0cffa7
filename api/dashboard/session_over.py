"""The sign-in page, and what becomes of a form that was sent when its session was over.

Nothing is done then. What was written, but for passwords, is put unseen into the sign-in page; whoever signs in again
as the same user gets the form back as it was, to look at it and to send it. No server remembers it meanwhile.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import msgspec
from flask import Response, current_app, redirect
from werkzeug.exceptions import HTTPException
from werkzeug.test import EnvironBuilder

from api.auth import LOOKING_UP
from api.dashboard.filling import Pairs, filled
from api.dashboard.page import ENVIRONMENT, page
from api.errors import status_of
from api.request import ApiRequest
from api.services import Services
from api.sessions import SignedIn, was_signed_in
from ledger.core.errors import Refusal

COOKIE: Final = "tallystick_session"
HOME: Final = "/customers"
MOST_KEPT: Final = 200_000  # characters: no form of ours comes near
OF_FORMS: Final = frozenset(
    {"form_token", "form_of", "once", "confirm", "preview", "alone", "anyway", "kept", "whose", "next"}
)
"""What a form carries for itself, and makes anew. What was seen when it was opened is kept: it may be otherwise now."""


@dataclass(frozen=True)
class SigningIn:
    """What the sign-in page asks for and carries: who is expected, where they go on to, and what they had written."""

    wanted: str = HOME
    name: str = ""
    ledger_id: str = ""
    kept: str = ""
    whose: str = ""

    def shown(self, services: Services, refusal: Refusal | None = None, *, part: bool = False) -> Response:
        """The page; with `part` what goes into a dialog over the page that is there."""
        status = HTTPStatus.OK if refusal is None else status_of(refusal)
        several = len(services.store.ledgers()) > 1
        said = None if refusal is None else refusal.sentence
        template = "access/again.html" if part else "access/sign_in.html"
        response = page(template, status, asked=self, several=several, refused=said)
        if refusal is not None and hasattr(refusal, "retry_after"):
            response.headers["Retry-After"] = str(refusal.retry_after)
        return response


def keeping_form(services: Services, request: ApiRequest) -> Response:
    """The answer to a form that was sent when its session was over."""
    former = was_signed_in(services.store, request.cookies.get(COOKIE, ""), by=LOOKING_UP)
    part = request.headers.get("HX-Request") == "true"
    where = _page_of(request)
    mark = request.form.get("form_of", "")
    if where is None or (former is None and not mark):
        wanted = where or HOME
        if part:
            return Response("", HTTPStatus.UNAUTHORIZED, headers={"HX-Redirect": f"/sign-in?next={quote(wanted)}"})
        response = SigningIn(wanted).shown(services)
    else:
        response = _asking(services, request, where, former, mark).shown(services, part=part)
    response.status_code = HTTPStatus.UNAUTHORIZED
    if part:
        response.headers |= {"HX-Retarget": "#dialog", "HX-Reswap": "innerHTML"}
    return response


def _asking(services: Services, request: ApiRequest, where: str, former: SignedIn | None, mark: str) -> SigningIn:
    """Who is expected: the user whom the form was made for. Who was signed in last is not told to anybody else."""
    own = former is not None and mark in ("", user_mark(services, former))
    name, ledger_id = (former.user.name, former.ledger_id) if former is not None and own else ("", "")
    whose = mark or (f"{former.ledger_id}/{former.user.user_id}" if former is not None else "")
    return SigningIn(where, name, ledger_id, _written(request), whose)


def user_mark(services: Services, found: SignedIn) -> str:
    """What a form carries so that it is known whose it is when its session is over. Nobody else can make it."""
    return services.store.operator.hash_secret(f"a form of {found.ledger_id}/{found.user.user_id}").hex()


def written_again(request: ApiRequest) -> Response:
    """The answer to a form that was made in a session before this one, of the same user: nothing is done, and it comes
    back as it was written, to be looked at and sent; where it is no more, one goes on to where it was sent from.
    """
    where = _page_of(request) or HOME
    asked, part = SigningIn(where, kept=_written(request)), request.headers.get("HX-Request") == "true"
    response = shown_again(request, asked, request.cookies.get(COOKIE, ""), part=part)
    if response is None:
        return redirect(where, HTTPStatus.SEE_OTHER)  # type: ignore[return-value]  # werkzeug's base class of the same
    response.status_code = HTTPStatus.CONFLICT
    return response


def shown_again(request: ApiRequest, asked: SigningIn, secret: str, *, part: bool = False) -> Response | None:
    """The page of the form, as whoever just signed in sees it, with what was written before; None where it is gone."""
    written = _pairs(asked.kept)
    parts = urlsplit(asked.wanted)
    for query in (urlencode([*parse_qsl(parts.query, keep_blank_values=True), *written]), parts.query):
        answer = _page(request, parts.path, query, secret, part=part)
        if answer is not None:
            notice = ENVIRONMENT.get_template("access/kept.html").render(address=asked.wanted)
            found = filled(answer.get_data(as_text=True), parts.path, written, notice)
            if found is not None:
                answer.set_data(found)
                return answer
    return None


def _page(request: ApiRequest, path: str, query: str, secret: str, *, part: bool) -> Response | None:
    """A page of ours, asked for within this process; None for anything but a page."""
    headers = [("Cookie", f"{COOKIE}={secret}"), ("Host", request.host)]
    headers += [("HX-Request", "true")] if part else []
    environ = EnvironBuilder(path, query_string=query, base_url=request.host_url, headers=headers).get_environ()
    with current_app.request_context(environ):
        answer = current_app.full_dispatch_request()
    if answer.status_code == HTTPStatus.OK and answer.mimetype == "text/html":
        return answer
    answer.close()  # a stream, or a file, gives its place back
    return None


def whole_path(request: ApiRequest) -> str:
    """The path of a request with its query, as an address."""
    query = request.query_string.decode("ascii", "replace")
    return quote(request.path, safe="/:@!$&'()*+,;=~") + (f"?{query}" if query else "")


def own_path(wanted: str) -> str:
    """Where somebody wanted to go, where that is a page of ours."""
    parts = urlsplit(wanted)
    ours = not parts.scheme and not parts.netloc and wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    return wanted if ours and wanted.isprintable() else HOME


def _page_of(request: ApiRequest) -> str | None:
    """The page that a form stands on: of its own path, where that can be looked at; else the one it was sent from."""
    path = whole_path(request)
    try:
        current_app.url_map.bind(request.host).match(request.path, method="GET")
    except HTTPException:
        sent_from = urlsplit(request.headers.get("Referer", ""))
        return own_path(sent_from.path) if sent_from.netloc == request.host else None
    return path


def _written(request: ApiRequest) -> str:
    pairs = [(name, value) for name, value in request.form.items(multi=True) if _may_be_kept(name)]
    text = msgspec.json.encode(pairs).decode()
    if len(text) > MOST_KEPT:  # what was seen is the first that can be done without
        text = msgspec.json.encode([pair for pair in pairs if pair[0] != "seen"]).decode()
    return text if pairs and len(text) <= MOST_KEPT else ""


def _may_be_kept(name: str) -> bool:
    return name not in OF_FORMS and "password" not in name.lower() and "secret" not in name.lower()


def _pairs(kept: str) -> Pairs:
    try:
        return msgspec.json.decode(kept, type=list[tuple[str, str]]) if kept else []
    except msgspec.DecodeError:
        return []

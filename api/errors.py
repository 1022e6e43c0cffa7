"""Refusals on the wire: one table from codes to statuses, one body for POST, one for GET.

A refusal on POST is `{"message", "code", "env"}` as the SDKs read it; on GET it is the same fact as RFC 9457
`application/problem+json`. What nobody foresaw is 500 `internal_error` and says nothing of its inside: the
request id in the answer's headers finds it in the log.
"""

from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final

from flask import Flask, Response, request
from werkzeug.exceptions import ClientDisconnected, HTTPException, MethodNotAllowed, NotFound, RequestEntityTooLarge
from werkzeug.wsgi import get_input_stream

from api.wire.json import render
from api.wire.refusals import BodyTooLarge
from api.wire.sdk_paths import SDK_PATHS
from ledger.core.errors import InvalidRequest, NotSupported, ReasonRequired, Refusal

_CODES: Final = {
    HTTPStatus.BAD_REQUEST: (
        "invalid_inputs invalid_request invalid_cursor invalid_api_version not_supported reason_required "
        "insufficient_balance usage_limit_exceeded feature_limit_reached product_already_exists currency_mismatch "
        "entity_id_required billing_period_closed changed_meanwhile"
    ),
    HTTPStatus.UNAUTHORIZED: "no_secret_key no_auth_header invalid_secret_key wrong_password",
    HTTPStatus.PAYMENT_REQUIRED: "invoice_payment_failed",
    HTTPStatus.FORBIDDEN: "forbidden insufficient_scope foreign_form",
    HTTPStatus.NOT_FOUND: (
        "not_found customer_not_found entity_not_found feature_not_found product_not_found balance_not_found "
        "customer_product_not_found event_not_found invoice_not_found reward_not_found ledger_not_found "
        "position_not_found view_not_found user_not_found key_not_found"
    ),
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.NOT_ACCEPTABLE: "not_acceptable",
    HTTPStatus.CONFLICT: (
        "customer_already_exists entity_already_exists duplicate_feature_id customer_product_already_exists "
        "plan_already_attached balance_already_exists paid_balance lock_already_exists duplicate_idempotency_key "
        "billing_change_pending already_reversed not_as_shown view_already_exists secret_shown"
    ),
    HTTPStatus.GONE: "link_used",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "body_too_large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "unsupported_media_type",
    HTTPStatus.TOO_MANY_REQUESTS: "rate_limit_exceeded locked_out",
    HTTPStatus.INTERNAL_SERVER_ERROR: "internal_error",
    HTTPStatus.SERVICE_UNAVAILABLE: (
        "service_unavailable projection_unavailable projection_behind projection_failed too_many_exports "
        "too_many_followers"
    ),
}
STATUSES: Final = MappingProxyType({code: status for status, codes in _CODES.items() for code in codes.split()})
"""The HTTP status of every code. A refusal whose code is not here is the caller's doing all the same: 400."""

_WORTH_A_RETRY: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
RETRY_AFTER_SECONDS: Final = 1
READ_ON_BYTES: Final = 16 << 20
READ_AT_ONCE: Final = 1 << 16


class PathNotServed(NotSupported):
    """An SDK's path that this product leaves out; 404, unlike a field that it leaves out."""

    status = HTTPStatus.NOT_FOUND

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} is known to the SDKs and not offered by this product")


class PathNotFound(Refusal):
    code = "not_found"

    def __init__(self) -> None:
        super().__init__("Nothing is served at this path: the paths are listed at /docs and in /openapi.json")


class WrongMethod(Refusal):
    code = "method_not_allowed"

    def __init__(self, method: str, allowed: str) -> None:
        super().__init__(f"{method} is not served at this path: use {allowed}")
        self.allowed = allowed


def status_of(refusal: Refusal) -> HTTPStatus:
    """The status that a refusal is answered with."""
    own = getattr(refusal, "status", None)
    return own if isinstance(own, HTTPStatus) else STATUSES.get(refusal.code, HTTPStatus.BAD_REQUEST)


def error_body(refusal: Refusal, env: str) -> dict[str, Any]:
    """The body of a refusal on POST; a batch's refusal has `results` beside it."""
    return {"message": _told(refusal), "code": refusal.code, "env": env, **_results(refusal)}


def problem_body(refusal: Refusal, env: str) -> dict[str, Any]:
    """The body of a refusal on GET (RFC 9457)."""
    return {
        "type": f"urn:tallystick:refusal:{refusal.code}",
        "title": refusal.code.replace("_", " ").capitalize(),
        "status": int(status_of(refusal)),
        "detail": _told(refusal),
        "code": refusal.code,
        "env": env,
        **_results(refusal),
    }


def _told(refusal: Refusal) -> str:
    """The sentence, and what only a program is to know: people have a field for a reason, or an option."""
    said_in = ": send it in the header Tallystick-Reason" if isinstance(refusal, ReasonRequired) else ""
    return f"{refusal.sentence}{said_in}"


def _results(refusal: Refusal) -> dict[str, Any]:
    results = getattr(refusal, "results", None)
    return {"results": results} if results else {}


def refusal_answer(refusal: Refusal, *, env: str, method: str) -> Response:
    """The whole answer to a refused request."""
    status = status_of(refusal)
    reads = method in ("GET", "HEAD")
    body = problem_body(refusal, env) if reads else error_body(refusal, env)
    answer = Response(render(body), status, content_type="application/problem+json" if reads else "application/json")
    if status in _WORTH_A_RETRY:
        answer.headers["Retry-After"] = str(getattr(refusal, "retry_after", RETRY_AFTER_SECONDS))
    if refusal.replayed:
        answer.headers["Idempotency-Replayed"] = "true"
    if isinstance(refusal, WrongMethod):
        answer.headers["Allow"] = refusal.allowed
    return answer


class InternalError(Refusal):
    """Our fault. Its sentence is the same for every cause."""

    code = "internal_error"

    def __init__(self) -> None:
        super().__init__("The request failed inside the server; nothing of it was written unless a retry shows it")


def refusal_of(error: HTTPException, path: str, method: str) -> Refusal:
    """The refusal that Flask's own answer to a bad request stands for."""
    match error:
        case NotFound():
            return PathNotServed(path) if path in SDK_PATHS else PathNotFound()
        case MethodNotAllowed():
            return WrongMethod(method, ", ".join(sorted(error.valid_methods or ())))
        case RequestEntityTooLarge():
            return BodyTooLarge()
    if error.code is not None and error.code < HTTPStatus.INTERNAL_SERVER_ERROR:
        return InvalidRequest(f"The request cannot be read: {error.name.lower()}")
    return InternalError()


def read_on() -> None:
    """Read the body of a request that is too long for it to be read, within reason, and forget it.

    The connection is closed on a client that still sends, and a client that still sends sees that and no answer.
    """
    stream, left = get_input_stream(request.environ), READ_ON_BYTES
    with suppress(ClientDisconnected):
        while left > 0 and (read := stream.read(READ_AT_ONCE)):
            left -= len(read)


def register_error_handlers(
    app: Flask,
    *,
    env: Callable[[], str],
    report: Callable[[Exception], None],
    note: Callable[[Refusal], None] = lambda _: None,
    page: Callable[[Refusal], Response | None] = lambda _: None,
) -> None:
    """Answer every failure of `app` in the product's one form.

    `env` says which kind of ledger the request is about ("sandbox" or "live"). `report` is called once with
    whatever nobody foresaw, with its traceback, and with nothing else; `note` with every refusal. `page` is what
    people are answered, where a refusal has a page for them.
    """

    def answer(refusal: Refusal) -> Response:
        note(refusal)
        return page(refusal) or refusal_answer(refusal, env=env(), method=request.method)

    def foreseen(error: HTTPException) -> Response:
        if isinstance(error, RequestEntityTooLarge):
            read_on()
        return answer(refusal_of(error, request.path, request.method))

    def unforeseen(error: Exception) -> Response:
        report(error)
        return answer(InternalError())

    app.register_error_handler(Refusal, answer)
    app.register_error_handler(HTTPException, foreseen)
    app.register_error_handler(Exception, unforeseen)

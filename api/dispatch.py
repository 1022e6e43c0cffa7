"""From a request to an answer: who asks, what the body says, the handler, and its dict as bytes."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from flask import Response
from werkzeug.datastructures import Headers

from api.call import Call, Handler
from api.caller import check_api_version, refuse_business_time
from api.request import current_request
from api.services import Services
from api.views.shapes import Json
from api.wire.json import check_content_type, parse, render
from api.wire.operations import Operation
from ledger.core.errors import Refusal
from ledger.core.settings import Role

WRITES_ON_DEMAND: Final = frozenset({"balances.check"})
JSON_TYPE: Final = "application/json"


def endpoint(services: Services, operation: Operation, handle: Handler) -> Callable[[], Response]:
    """The view function of one operation. Everything that does not depend on the request is done here, once."""
    read = operation.read
    role = Role.WRITE if operation.writes and operation.name not in WRITES_ON_DEMAND else Role.READ
    writes = operation.writes
    identify, name = services.authenticator.identify, operation.name

    def view() -> Response:
        request = current_request()
        request.operation = name
        identity = request.identity = identify(request.environ.get("HTTP_AUTHORIZATION"))
        check_api_version(request)
        identity.require(role)
        if not writes:
            refuse_business_time(request)
        body = request.get_data(cache=False)
        check_content_type(request.environ.get("CONTENT_TYPE"), body)
        payload = parse(body)
        call = Call(services, request, identity, payload)
        try:
            shown = handle(call, read(payload))
        except Refusal as refusal:
            refusal.replayed = call.replayed
            raise
        return answer(call, shown)

    return view


def answer(call: Call, shown: Json) -> Response:
    """The response of a handler's dict, with the position it is as of."""
    response = Response(render(shown), call.status, content_type=JSON_TYPE)
    stamp(response.headers, call.position, call.due)
    if call.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return response


def stamp(headers: Headers, position: int | None, due: datetime | None) -> None:
    """Say as of which position an answer is, and up to when due work is done in it."""
    if position is not None:
        headers["Ledger-Position"] = str(position)
    if due is not None:
        headers["Ledger-Due"] = due.isoformat(timespec="milliseconds").replace("+00:00", "Z")

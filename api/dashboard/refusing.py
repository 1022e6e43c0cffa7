"""What a refusal looks like: a page in the frame for who is signed in, a part of one where a part was asked for."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

import psycopg
from flask import Response
from psycopg_pool import PoolTimeout
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from api.dashboard.page import page
from api.dashboard.visitor import Visitor
from api.errors import InternalError, read_on, refusal_of, status_of
from api.observe import report
from api.request import ApiRequest
from ledger.core.errors import Refusal
from ledger.store.ledger import StoreUnavailable
from projections.reads import ProjectionUnavailable

TROUBLES: Final = (StoreUnavailable, ProjectionUnavailable, psycopg.OperationalError, PoolTimeout)
HEADINGS: Final = {
    HTTPStatus.NOT_FOUND: "That is not here",
    HTTPStatus.FORBIDDEN: "That is not yours to do",
    HTTPStatus.SERVICE_UNAVAILABLE: "That took too long",
}


def answering(request: ApiRequest, answer: Callable[[], Response], visitor: Visitor | None = None) -> Response:
    """An answer, or the page that says why there is none."""
    try:
        return answer()
    except Refusal as refusal:
        request.code = refusal.code
        return refused(status_of(refusal), refusal.sentence, visitor)
    except HTTPException as unread:  # a form that is too long, or none at all
        if isinstance(unread, RequestEntityTooLarge):
            read_on()
        why = refusal_of(unread, request.path, request.method)
        request.code = why.code
        return refused(status_of(why), why.sentence, visitor)
    except TROUBLES:
        request.code = "service_unavailable"
        sentence = "The database, or a projection, did not answer in time. Nothing was changed: try again."
        return refused(HTTPStatus.SERVICE_UNAVAILABLE, sentence, visitor)
    except Exception as error:  # noqa: BLE001 - told once to the log, as for the JSON API
        report(request, error)
        request.code = InternalError.code
        return refused(HTTPStatus.INTERNAL_SERVER_ERROR, InternalError().sentence, visitor)


def refused(status: HTTPStatus, sentence: str, visitor: Visitor | None = None) -> Response:
    """The page that says why there is no other."""
    layout = "alone.html" if visitor is None else "part.html" if visitor.part else "frame.html"
    heading = HEADINGS.get(status, "That did not work")
    return page("refused.html", status, layout=layout, visitor=visitor, here="", heading=heading, sentence=sentence)

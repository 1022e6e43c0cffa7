"""From a read that was asked for as a file to the response that carries it."""

from contextlib import ExitStack
from http import HTTPStatus
from typing import Any, Final

from flask import Response

from api.call import Call
from api.dispatch import stamp
from api.exports.download import Download, Ended
from api.exports.formats import Format
from api.exports.opening import File, opened
from api.reads.resource import Export
from api.request import ApiRequest
from ledger.logging import logger

LOGGER: Final = "api.exports"
VARIES: Final = "Accept, Accept-Encoding"


def file_of(call: Call, export: Export, chosen: Format, query: dict[str, Any], path: dict[str, str]) -> Response:
    """The file of an export. Raises what the read's own page would raise, and `TooManyExports`."""
    request = call.request
    compressed = chosen.text and _takes_gzip(request)
    with ExitStack() as stack:
        found = stack.enter_context(opened(call, export, chosen, query, path))
        file = found.file
        response = _response(file, compressed=compressed)
        if request.method == "HEAD":
            response.automatically_set_content_length = False
            return response
        download = Download(
            found, held=stack.pop_all(), done=lambda ended: _done(call, file, ended), compressed=compressed
        )
    whole = download.begin()
    if whole is None:
        response.response = download
    else:
        response.set_data(whole)
    return response


def _response(file: File, *, compressed: bool) -> Response:
    response = Response(status=HTTPStatus.OK, content_type=file.chosen.content_type)
    headers = response.headers
    headers["Content-Disposition"] = f'attachment; filename="{file.about.file_name(file.chosen.suffix)}"'
    headers["Vary"] = VARIES
    headers["X-Content-Type-Options"] = "nosniff"
    if compressed:
        headers["Content-Encoding"] = "gzip"
    stamp(headers, file.about.position, file.about.due)
    return response


def _takes_gzip(request: ApiRequest) -> bool:
    # A star alone is what a client sends that has not thought about it.
    return any(name == "gzip" and quality > 0 for name, quality in request.accept_encodings)


def _done(call: Call, file: File, ended: Ended) -> None:
    """Count a file and write its line: it ends long after its request was answered."""
    call.services.metrics.export_done(file.chosen.name, ended.ending, ended.rows)
    log = logger(LOGGER)
    say = log.info if ended.error is None else log.error
    say(
        f"export {ended.ending}",
        request_id=file.request_id,
        actor=call.identity.name,
        ledger_id=file.about.ledger_id,
        route=call.request.operation,
        position=file.about.position,
        count=ended.rows,
        bytes_out=ended.sent,
        seconds=round(ended.seconds, 3),
        exc_info=ended.error,
    )

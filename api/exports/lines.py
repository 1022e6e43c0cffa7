"""Lines that stream without a snapshot, such as the raw log: what fails half way is no whole file here either."""

from collections.abc import Iterator
from itertools import chain

from flask import Response

from api.call import Call
from api.exports.formats import NDJSON, batches
from api.observe import report


def lines_response(call: Call, lines: Iterator[bytes], position: int) -> Response:
    """The NDJSON of some lines, many at a time. What fails before the first of them is raised."""
    pieces = (b"".join(batch) for batch in batches(lines))
    first = next(pieces, b"")
    response = Response(_guarded(call, chain([first], pieces)), content_type=NDJSON.content_type)
    response.headers["Ledger-Position"] = str(position)
    return response


def _guarded(call: Call, pieces: Iterator[bytes]) -> Iterator[bytes]:
    request = call.request
    try:
        yield from pieces
    except Exception as error:  # noqa: BLE001  the server would end the transfer as if all were well
        report(request, error)
        yield NDJSON.broken(request.request_id)

"""A file about to be made, over HTTP or on the command line: its snapshot is open, and nothing of it has been read."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from api.call import Call
from api.exports.about import About
from api.exports.choosing import COLUMNS, Picked
from api.exports.formats import Format
from api.reads.resource import Export, Rows
from ledger.clock import Deadline


@dataclass(frozen=True)
class File:
    """What is to be made: of which columns, in which format, and who asked."""

    about: About
    chosen: Format
    picked: Picked
    request_id: str


@dataclass(frozen=True)
class Opened:
    """A file with its rows, and until when they may be read."""

    file: File
    found: Rows
    deadline: Deadline


@contextmanager
def opened(call: Call, export: Export, chosen: Format, query: dict[str, Any], path: dict[str, str]) -> Iterator[Opened]:
    """An export's place and its snapshot, for as long as the block lasts.

    Raises what the read's own page would raise, and `TooManyExports`.
    """
    services, picked = call.services, Picked(export, query[COLUMNS.name])
    with services.exports.take() as place:
        own = Call(replace(services, reads=services.reads.on(place)), call.request, call.identity, None)
        with export.rows(own, query, **path) as found:
            about = About(call.identity.ledger.ledger_id, export.name, found.position, found.due)
            yield Opened(File(about, chosen, picked, call.request.request_id), found, place.deadline)

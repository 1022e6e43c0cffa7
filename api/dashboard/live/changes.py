"""The stream that tells a page that something has changed, and nothing more: what it shows, it asks for again.

A stream holds a thread of the server, as everybody does who follows (`api.followers`), so that there are few places,
and some of them are kept for programs. A page that finds none left asks again now and then instead. While nothing
changes a stream costs a look at one row, which all streams of a process share; while a lot changes it says so once in
a while, and not for each event.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from flask import Response

from api.call import Call
from api.dashboard.visitor import Visitor
from api.draining import draining
from api.followers import POLL_SECONDS
from api.reads.following import EVENT_STREAM, HEARTBEAT_SECONDS, MOST_SECONDS, RETRY_MS, TROUBLES, start_of
from api.reads.query import read_query, text, whole
from api.reads.timeline import POSITIONS
from ledger.clock import Deadline
from projections.reads import TIMELINE_MODELS, TimelineFilter, timeline_after

PATH: Final = "/live"
PAUSE_SECONDS: Final = 0.5  # between two looks at what changed
PARAMETERS: Final = (
    text("customer", "Only what happens to this customer."),
    whole("after", "What the page shows is as of this position.", 0, POSITIONS),
)


def live_path(call: Call, customer_id: str | None = None) -> str:
    """Where a page is told of changes to what it has read up to now."""
    asked = {"after": str(call.position or 0)} | ({} if customer_id is None else {"customer": customer_id})
    return f"{PATH}?{urlencode(asked)}"


def live(visitor: Visitor) -> Response:
    """Say `changed` whenever something has: in the ledger, or to the customer who is named.

    Raises `CustomerNotFound`, `TooManyFollowers`.
    """
    call = visitor.call
    query = read_query(call.request, PARAMETERS)
    stream_id = _stream(call, query["customer"])
    _, after = start_of(call, query["after"])
    followers = call.services.followers
    followers.enter_page()
    told = Changes(call, stream_id, after or 0)
    response = Response(told.chunks(), content_type=f"{EVENT_STREAM}; charset=utf-8")
    response.call_on_close(followers.leave)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _stream(call: Call, customer_id: str | None) -> UUID | None:
    return None if customer_id is None else call.settle(customer_id)


class Changes:
    """One page's way along its ledger.

    It ends when the process does, when the database is in trouble, and after a while: the page comes back, and whether
    its session is still good is then looked at again.
    """

    def __init__(self, call: Call, stream_id: UUID | None, position: int) -> None:
        self._reads, self._followers = call.services.reads, call.services.followers
        self._ledger_id = call.identity.ledger.ledger_id
        self._stream_id, self.position = stream_id, position

    def chunks(self) -> Iterator[bytes]:
        """`changed` with the position up to which one knows of it, and heartbeats in between."""
        yield b"retry: %d\n\n" % RETRY_MS
        until, beat, pause = Deadline(MOST_SECONDS), Deadline(HEARTBEAT_SECONDS), Deadline(0)
        with suppress(*TROUBLES):
            while not (draining.is_set() or until.passed()):
                reached = self._followers.projected(self._ledger_id)
                if reached > self.position and pause.passed():
                    pause = Deadline(PAUSE_SECONDS)
                    if self._changed(reached):
                        yield b"id: %d\ndata: changed\n\n" % self.position
                        beat = Deadline(HEARTBEAT_SECONDS)
                if beat.passed():
                    yield b": %d\nid: %d\n\n" % (self.position, self.position)
                    beat = Deadline(HEARTBEAT_SECONDS)
                draining.wait(POLL_SECONDS)

    def _changed(self, reached: int) -> bool:
        """Whether what happened since then is about what the page shows."""
        found = True
        if self._stream_id is not None:
            keep = TimelineFilter(stream_id=self._stream_id)
            with self._reads.open(self._ledger_id, models=TIMELINE_MODELS, allow_stale=True) as view:
                found, reached = bool(timeline_after(view, keep, self.position, 1)), view.position
        self.position = max(reached, self.position)
        return found

"""Following a timeline: server-sent events, one for each entry, from a position on and without end.

A follower holds a thread of the server for as long as it follows, and no connection while it waits: there is room for
a few in a process. It is told of a position once and misses none, however often it comes back: positions have no gaps,
what is read is a snapshot up to one of them, and the id of each event is its position.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

import psycopg
from flask import Response
from psycopg_pool import PoolTimeout

from api.call import Call
from api.dispatch import stamp
from api.draining import draining
from api.followers import POLL_SECONDS, Followers
from api.views.timeline import timeline_entry
from api.wire.json import render
from api.wire.refusals import InvalidInputs
from ledger.clock import Deadline
from ledger.core.errors import InvalidRequest, Refusal
from projections.reads import TIMELINE_MODELS, ProjectionUnavailable, Reads, TimelineFilter, timeline_after

EVENT_STREAM: Final = "text/event-stream"
LAST_EVENT_ID: Final = "HTTP_LAST_EVENT_ID"
AT_ONCE: Final = 500  # entries in one look
HEARTBEAT_SECONDS: Final = 2.0  # a client that is gone is noticed by what cannot be sent to it
MOST_SECONDS: Final = 900.0  # a key that was revoked is noticed when the client comes back
RETRY_MS: Final = 1_000
TROUBLES: Final = (ProjectionUnavailable, psycopg.OperationalError, PoolTimeout)


class PositionAhead(Refusal):
    """A position to go on from that the log has not reached."""

    code = "position_not_found"

    def __init__(self, name: str, position: int, head: int) -> None:
        super().__init__(f"{name} was {position} and the ledger's last event is at position {head}")


def follow(call: Call, keep: TimelineFilter, after: int | None) -> Response:
    """The entries after a position as they come; from now on where no position is given.

    Raises `PositionAhead`, `TooManyFollowers`.
    """
    name, start = start_of(call, after)
    with call.view(TIMELINE_MODELS) as view:
        head = view.position
    if start is not None and start > head:
        raise PositionAhead(name, start, head)
    followers = call.services.followers
    followers.enter()
    told = Following(
        call.services.reads, followers, call.identity.ledger.ledger_id, keep, head if start is None else start
    )
    response = Response(told.chunks(), content_type=f"{EVENT_STREAM}; charset=utf-8")
    response.call_on_close(followers.leave)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    stamp(response.headers, head, None)
    return response


def start_of(call: Call, after: int | None) -> tuple[str, int | None]:
    """From where to go on, and what said so: the header of a client that comes back, or the address."""
    # A client that comes back sends the address that it first had, and beside it what it saw last.
    last = call.request.environ.get(LAST_EVENT_ID)
    if last is None or last == "":
        return "after", after
    if not (last.isascii() and last.isdigit() and len(last) <= 15):
        raise InvalidInputs({"The header Last-Event-ID": f"was {last[:40]!r} and must be a position"})
    return "Last-Event-ID", int(last)


def refuse_beside(query: dict[str, Any], names: tuple[str, ...]) -> None:
    """Refuse what asks for a page or a moment where the whole of what comes is asked for."""
    for name in names:
        if query[name] is not None:
            raise InvalidRequest(f"{name} was sent with follow, which goes on from `after` and never ends")


class Following:
    """One client's way along the timeline of a ledger."""

    def __init__(self, reads: Reads, followers: Followers, ledger_id: str, keep: TimelineFilter, position: int) -> None:
        self._reads, self._followers, self._ledger_id = reads, followers, ledger_id
        self._keep, self.position = keep, position

    def chunks(self) -> Iterator[bytes]:
        """Events and heartbeats until the process ends, the database is in trouble or it has lasted long enough."""
        yield b"retry: %d\n\n" % RETRY_MS
        until, beat = Deadline(MOST_SECONDS), Deadline(HEARTBEAT_SECONDS)
        with suppress(*TROUBLES):
            while not (draining.is_set() or until.passed()):
                if self._followers.projected(self._ledger_id) > self.position:
                    events = self._next()
                    if events:
                        yield events
                        beat = Deadline(HEARTBEAT_SECONDS)
                        continue
                if beat.passed():
                    # Without data it is no event, yet the client remembers the id: it need not look through all again.
                    yield b": %d\nid: %d\n\n" % (self.position, self.position)
                    beat = Deadline(HEARTBEAT_SECONDS)
                draining.wait(POLL_SECONDS)

    def _next(self) -> bytes:
        with self._reads.open(self._ledger_id, models=TIMELINE_MODELS, allow_stale=True) as view:
            entries = timeline_after(view, self._keep, self.position, AT_ONCE)
            reached = view.position
        full = len(entries) == AT_ONCE
        self.position = entries[-1].position if full else max(reached, self.position)
        return b"".join(b"id: %d\ndata: %b\n\n" % (each.position, render(timeline_entry(each))) for each in entries)

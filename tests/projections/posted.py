"""Postings in a real database of what customers lived through, and what they must be, worked out day by day."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import count
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from psycopg import Connection

from ledger.core.events import Event, LedgerChanged, LedgerCreated, stored_name
from ledger.store.connections import Limits, connect
from projections.active import Active
from projections.folding.batch import fold_events
from projections.folding.changes import Moved, collect
from projections.folding.loading import NO_ROWS
from projections.folding.writing import prepare
from projections.journal.fold import LINES, MODEL
from projections.projection import Recorded, Row
from projections.view import Standing, View

SETTINGS = UUID(int=1)
_ledgers = count(1)


class Posted(NamedTuple):
    posted_on: date
    position: int
    part: int
    natural_on: date
    line: int
    account: str
    currency: str
    amount_minor: int


class Posting:
    """A ledger of its own whose books are written as the runner writes them, some events at a time."""

    def __init__(self, conn: Connection[Any], zone: str) -> None:
        self.conn, self.zone = conn, zone
        self.ledger_id, self.head = f"books{next(_ledgers)}", 0
        self.lines: list[Row] = []
        self.closings: list[tuple[int, date | None]] = []
        self._states: dict[UUID, Any] = {}
        now = datetime.now(UTC)
        self.happen(SETTINGS, now, LedgerCreated("main", "sandbox", now, zone))

    def close(self, until: date | None) -> None:
        """Close the books up to a day, or open them."""
        value = "never" if until is None else until.isoformat()
        self.happen(SETTINGS, datetime.now(UTC), LedgerChanged("books_closed_until", "", value))
        self.closings.append((self.head, until))

    def zone_becomes(self, zone: str) -> None:
        """The ledger's days are another time zone's from now on."""
        self.happen(SETTINGS, datetime.now(UTC), LedgerChanged("timezone", self.zone, zone))

    def happen(self, stream_id: UUID, at: datetime, *events: Event) -> None:
        """Events of one stream, as one batch."""
        before = self._states.get(stream_id, MODEL.restore(NO_ROWS))
        batch, states = list[tuple[int, Recorded]](), {0: before}
        for event in events:
            self.head += 1
            stamp = (stored_name(event), event, "tests", None, "req", at, at)
            if type(event) in MODEL.folds:
                batch.append((0, Recorded(self.head, stream_id, self.head, *stamp)))
        finals = fold_events(MODEL, batch, states)
        self._states[stream_id] = states[0]
        changes = collect(MODEL, [Moved(stream_id, before, states[0])], finals)
        for write in prepare(self.ledger_id, 1, MODEL, changes):
            write.send(self.conn)
        self.lines += [row for table, row in finals if table == LINES.name]

    def live(self, stream_id: UUID, log: Sequence[tuple[datetime, Event]]) -> None:
        """A customer's life, in one batch for each instant."""
        together: list[Event] = []
        for place, (at, event) in enumerate(log):
            together.append(event)
            if place + 1 == len(log) or log[place + 1][0] != at:
                self.happen(stream_id, at, *together)
                together = []

    def view(self) -> View:
        """What reads the books."""
        models = {"journal": Active(1, None, 1), "customers": Active(1, None, 1)}
        return View(self.conn, self.ledger_id, Standing(self.head, self.head, datetime.now(UTC), None, models))

    def posted(self) -> list[Posted]:
        """The postings that the database made."""
        rows = self.conn.execute(
            f"SELECT {', '.join(Posted._fields)} FROM journal_postings WHERE ledger_id = %s ORDER BY 1, 2, 3, 4, 5, 6",
            [self.ledger_id],
        )
        return [Posted._make(row) for row in rows]

    def expected(self) -> list[Posted]:
        """The postings that there must be, counted day by day."""
        found = [each for row in self.lines for each in self._of(dict(zip(LINES.columns, row, strict=True)))]
        return sorted(found)

    def _of(self, line: dict[str, Any]) -> Iterator[Posted]:
        def post(part: int, natural: date, account: str, amount: int) -> Posted:
            posted = self._open_day(line["position"], natural)
            return Posted(posted, line["position"], part, natural, line["line"], account, line["currency"], amount)

        day = self._day(line["at"])
        yield post(0, day, line["account"], line["amount_minor"])
        if line["earned"] is None:
            return
        for natural, amount in self._earned(line, day).items():
            if amount:
                yield post(1, natural, line["account"], -amount)
                yield post(1, natural, line["earned"], amount)

    def _earned(self, line: dict[str, Any], day: date) -> Counter[date]:
        first, past = self._day(line["period_start"]), self._day(line["period_end"])
        days = [first + timedelta(days=number) for number in range(max(1, (past - first).days))]
        found, before = Counter[date](), 0
        for number, each in enumerate(days, start=1):
            so_far = _rounded(Decimal(line["amount_minor"]) * number / len(days))
            last = number == len(days)
            # What was earned in months before the entry's own goes with the first posting from then on.
            if last or (days[number].month != each.month and each >= day.replace(day=1)):
                found[max(day, each)] += so_far - before
                before = so_far
        return found

    def _day(self, at: datetime) -> date:
        return at.astimezone(ZoneInfo(self.zone)).date()

    def _open_day(self, position: int, natural: date) -> date:
        known = [until for since, until in self.closings if since < position]
        until = known[-1] if known else None
        return natural if until is None or natural > until else until + timedelta(days=1)


def _rounded(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))


@contextmanager
def posting(database_url: str, zone: str) -> Iterator[Posting]:
    """A ledger whose books are gone afterwards."""
    with connect(database_url, Limits()) as conn, conn.transaction(force_rollback=True):
        yield Posting(conn, zone)

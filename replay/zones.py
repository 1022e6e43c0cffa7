"""The time zones that a ledger has had: a day of the past began in the one that was in force then."""

from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from psycopg import Connection

from ledger.core.decider import SETTINGS_STREAM
from ledger.core.settings import LedgerSettings
from replay.moment import RecordedTime, parse_moment
from replay.statements import statement

EARLIEST: Final = datetime.min.replace(tzinfo=UTC)


class Change(NamedTuple):
    """The event that put another zone in force."""

    position: int
    recorded_at: datetime
    before: ZoneInfo
    after: ZoneInfo


class Zones(NamedTuple):
    """All zones of a ledger: `present`, and those before it by their changes, oldest first."""

    changes: list[Change]
    present: ZoneInfo

    def known(self, position: int) -> ZoneInfo:
        """The zone as it was known at a position of the log."""
        return next((each.before for each in self.changes if position < each.position), self.present)

    def first_instant(self, text: str) -> datetime:
        """The instant that an `as_of` means: of a day the first at which it, or a later one, had begun in the ledger.

        So no change of the zone that is still to come moves it.
        """
        since = EARLIEST
        for change in self.changes:
            found = max(since, self._read(text, change.before))
            if found < change.recorded_at:
                return found
            since = change.recorded_at
        return max(since, self._read(text, self.present))

    def _read(self, text: str, zone: ZoneInfo) -> datetime:
        found = parse_moment(text, zone, recorded=True, name="as_of")
        assert isinstance(found, RecordedTime)
        return found.at


def read_zones(conn: Connection[Any], ledger_id: str, settings: LedgerSettings) -> Zones:
    """The zones of a ledger whose settings are known."""
    parameters = {"ledger_id": ledger_id, "stream_id": SETTINGS_STREAM}
    rows = conn.execute(statement("read_zones"), parameters, prepare=True)
    changes = [Change(position, at, ZoneInfo(before), ZoneInfo(after)) for position, at, before, after in rows]
    return Zones(changes, changes[-1].after if changes else settings.zone)

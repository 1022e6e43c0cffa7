"""From `as_of` and `at` to the moment they mean in a ledger.

`as_of` is resolved to a position first, so that the same question always gets the same answer.
"""

from datetime import datetime, tzinfo
from typing import Any

from psycopg import Connection

from ledger.core.errors import InvalidInput, InvalidRequest, Refusal
from ledger.core.settings import LedgerSettings
from ledger.store.recorder import UnknownLedger
from projections.when import When
from replay.moment import BusinessTime, Position, RecordedTime, parse_moment
from replay.statements import statement
from replay.zones import Zones, read_zones


class PositionNotFound(Refusal):
    """A position that the log has not reached."""

    code = "position_not_found"

    def __init__(self, position: int, head: int) -> None:
        super().__init__(
            f"as_of was position:{position}, which is still to come: the ledger's last event is at position {head}"
        )


def resolve(
    conn: Connection[Any], ledger_id: str, settings: LedgerSettings, *, as_of: str | None, at: str | None
) -> When | None:
    """The moment meant by `as_of` and `at`; None when neither was given. `conn` is in no transaction.

    `as_of` is an instant, a day or `position:N`; `at` is an instant or a day. A day of `as_of` begins in the ledger's
    time zone as it was in force then, one of `at` in the zone that was known at `as_of`, or else in today's.
    Raises `InvalidInput` for what is no moment, `InvalidRequest` for one that is still to come (in a sandbox, `at` may
    be: customers' own clocks go ahead), `PositionNotFound`.
    """
    if as_of is None and at is None:
        return None
    with conn.transaction():
        head, clock = _present(conn, ledger_id, "read_present")
        zones = read_zones(conn, ledger_id, settings)
        position, known_at = (head, clock) if as_of is None else _known(conn, ledger_id, zones, as_of, head, clock)
    if at is None:
        return When(position, known_at)
    true_at = _business(at, zones.known(position), settings, clock if as_of is None else known_at, as_of)
    return When(position, known_at, true_at)


def _known(
    conn: Connection[Any], ledger_id: str, zones: Zones, text: str, head: int, clock: datetime
) -> tuple[int, datetime]:
    match parse_moment(text, zones.present, recorded=True, name="as_of"):
        case Position(number):
            if number < 1:
                raise InvalidInput("as_of was position:0 and positions begin at 1")
            if number > head:
                raise PositionNotFound(number, head)
            return number, _recorded_at(conn, ledger_id, number)
        case RecordedTime():
            instant = zones.first_instant(text)
            if instant > clock:
                raise InvalidRequest(f"as_of was {text}, which is still to come")
            if head and instant >= _recorded_at(conn, ledger_id, head):
                head, _ = _present(conn, ledger_id, "hold_present")
            parameters = {"ledger_id": ledger_id, "head": head, "instant": instant}
            row = conn.execute(statement("find_position"), parameters).fetchone()
            assert row is not None
            return row[0], instant
    raise AssertionError(text)


def _business(text: str, zone: tzinfo, settings: LedgerSettings, latest: datetime, as_of: str | None) -> datetime:
    moment = parse_moment(text, zone, name="at")
    if not isinstance(moment, BusinessTime):
        raise InvalidInput(f"at was {text} and must be an instant such as 2026-01-31T12:00:00Z, or a day")
    if moment.at > latest and not settings.sandbox:
        if as_of is None:
            raise InvalidRequest(f"at was {text}, which is still to come")
        raise InvalidRequest(f"at was {text} and must not be after as_of, which was {as_of}")
    return moment.at


def _present(conn: Connection[Any], ledger_id: str, name: str) -> tuple[int, datetime]:
    row = conn.execute(statement(name), {"ledger_id": ledger_id}).fetchone()
    if row is None:
        raise UnknownLedger(ledger_id)
    return row[0], row[1]


def _recorded_at(conn: Connection[Any], ledger_id: str, position: int) -> datetime:
    row = conn.execute(statement("read_recorded"), {"ledger_id": ledger_id, "position": position}).fetchone()
    assert row is not None, f"ledger {ledger_id} has a hole at {position}"
    recorded_at: datetime = row[0]
    return recorded_at

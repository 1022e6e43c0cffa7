"""Time travel: one customer's account as it stood at a moment, folded from the log."""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from ledger.core.decider import CATALOG_STREAM, SETTINGS_STREAM
from ledger.core.errors import CustomerNotFound, InvalidInput
from ledger.core.profile import CUSTOMER_ID
from ledger.core.settings import LedgerSettings
from ledger.store import reading
from ledger.store.addresses import internal_stream
from ledger.store.connections import Limits, connect
from ledger.store.sealing import OperatorKey
from projections.when import When
from replay.account import Account, balances_of, invoices_of, plans_of
from replay.moment import BusinessTime, parse_moment
from replay.past import Past
from replay.statements import statement
from replay.when import resolve

EVERYTHING: Final = When(2**63 - 1, datetime.max.replace(tzinfo=UTC))


def at(
    database_url: str,
    operator: OperatorKey,
    ledger_id: str,
    customer_id: str,
    moment: str,
    *,
    recorded: bool = False,
    as_of: str | None = None,
    limits: Limits | None = None,
) -> Account:
    """A customer as it stood at a moment: an instant or a day of business, or with `recorded` of what we knew, or
    `position:N`. A customer is named by its id then, by the one it had when it was deleted, or by its internal id.

    Business time counts every event up to the instant and what fell due by then, whether or not somebody has looked
    since; with `as_of` (an instant, a day or `position:N`) only of what was known then. Raises `CustomerNotFound`,
    `InvalidInput` for what is no moment, `InvalidRequest` and `PositionNotFound` for one that is still to come,
    `UnknownLedger`.
    """
    with connect(database_url, limits or Limits()) as conn:
        past = Past(conn, operator, ledger_id)
        known = past.settings(EVERYTHING, LedgerSettings())
        known_by, true_at = _asked(moment, as_of, known, recorded=recorded)
        when = resolve(conn, ledger_id, known, as_of=known_by, at=true_at)
        assert when is not None
        settings = past.settings(when, known)
        stood = past.customer(_find(conn, past, ledger_id, customer_id, when), when, settings)
        return Account(
            ledger_id,
            customer_id,
            moment if as_of is None else f"{moment}, as known at {as_of}",
            stood.stream_id,
            stood.position,
            stood.version,
            stood.now,
            stood.customer,
            plans_of(stood.customer, stood.now, settings.zone),
            balances_of(stood.customer, stood.now, settings.zone),
            invoices_of(stood.customer, stood.numbered),
        )


def _asked(
    moment: str, as_of: str | None, settings: LedgerSettings, *, recorded: bool
) -> tuple[str | None, str | None]:
    """The moment as `as_of` and `at`."""
    if isinstance(parse_moment(moment, settings.zone, recorded=recorded), BusinessTime):
        return as_of, moment
    if as_of is not None:
        raise InvalidInput(f"{moment} says itself what was known: beside as_of, give an instant or a day of business")
    return moment, None


def _find(conn: Connection[Any], past: Past, ledger_id: str, customer_id: str, when: When) -> UUID:
    found = past.holder(customer_id, when) or _holder(conn, ledger_id, customer_id)
    if found in (None, CATALOG_STREAM, SETTINGS_STREAM) or not past.reached(found, EVERYTHING).version:
        raise CustomerNotFound(customer_id)
    return found


def _holder(conn: Connection[Any], ledger_id: str, customer_id: str) -> UUID | None:
    """Who has an id now, or had it last."""
    key = (CUSTOMER_ID, customer_id)
    found = reading.read_claims(conn, ledger_id, [key]).get(key) or internal_stream(customer_id)
    if found is not None:
        return found
    parameters = {"ledger_id": ledger_id, "customer_id": customer_id}
    row = conn.execute(statement("find_former"), parameters).fetchone()
    return None if row is None else row[0]

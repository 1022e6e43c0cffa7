"""Proving a ledger: its chain, and everything that was ever folded from it, made again from event 1 and compared.

verify(database_url, operator, "main").difference is None when nothing was changed.
"""

from typing import Any, Final

import psycopg
from psycopg import Connection

from ledger.store.chain import GENESIS
from ledger.store.connections import Limits, connect
from ledger.store.kinds import core_kinds
from ledger.store.log import reading_codec
from ledger.store.recorder import UnknownLedger
from ledger.store.sealing import OperatorKey
from ledger.store.verifying import Verified, follow_chain
from projections.errors import ProjectionUnavailable
from projections.models import MODELS
from projections.rebuilding.rebuild import ModelFailed, compare
from replay.report import Check, Progress, Stage, Verification, silent
from replay.statements import statement
from replay.streams import Streams

# A long ledger takes as long as it takes: one snapshot is read from its first event to its last.
PATIENT: Final = Limits(statement_seconds=0, idle_in_transaction_seconds=0)

__all__ = ["Check", "Stage", "Verification", "verify"]


def verify(
    database_url: str,
    operator: OperatorKey,
    ledger_id: str,
    *,
    progress: Progress = silent,
    limits: Limits = PATIENT,
) -> Verification:
    """Verify one ledger while it is written to: as of one snapshot, streaming, in flat memory.

    Checks the hash chain and its gapless positions, the head, the versions of every stream, claims, due instants and
    snapshots, then every projection. A broken chain ends it: what follows would be folded from events nobody wrote.
    Raises `UnknownLedger`; `psycopg.OperationalError` when the database cannot be reached.
    """
    with connect(database_url, limits) as conn:
        conn.isolation_level, conn.read_only = psycopg.IsolationLevel.REPEATABLE_READ, True
        with conn.transaction():
            result = _verify_log(conn, operator, ledger_id, progress)
    if not result.whole:
        return result
    checks = [*result.checks, _verify_projections(database_url, operator, ledger_id, progress, limits)]
    return Verification(ledger_id, result.position, result.hash, checks)


def _verify_log(conn: Connection[Any], operator: OperatorKey, ledger_id: str, progress: Progress) -> Verification:
    head = conn.execute(statement("read_head"), {"ledger_id": ledger_id, "position": None}).fetchone()
    if head is None:
        raise UnknownLedger(ledger_id)
    chain, followed = Check(Stage.CHAIN), Verified(0, GENESIS, None)
    for followed in follow_chain(conn, ledger_id, 1, GENESIS):
        progress(Stage.CHAIN, followed.position, head[0])
    chain.compared = followed.position
    if followed.broken is not None:
        chain.differs(f"event {followed.broken.position} {followed.broken.why}")
    checks = [chain]
    if chain.difference is None:
        checks.append(_verify_head(conn, ledger_id, followed))
    if chain.difference is None:
        kinds = core_kinds()
        codec = reading_codec(conn, ledger_id, kinds, operator)
        checks += Streams(conn, ledger_id, kinds, operator, codec).compare(followed.position, progress)
    return Verification(ledger_id, followed.position, followed.hash, checks)


def _verify_head(conn: Connection[Any], ledger_id: str, followed: Verified) -> Check:
    row = conn.execute(statement("read_head"), {"ledger_id": ledger_id, "position": followed.position}).fetchone()
    assert row is not None
    position, latest, recorded_at, last_recorded_at, invoices, finalized, misnumbered = row
    check = Check(Stage.HEAD, 1)
    if position != followed.position:
        check.differs(f"the head is at position {position} and the last event at {followed.position}")
    elif latest != followed.hash:
        check.differs(f"the head's hash is {latest.hex()} and the last event's {followed.hash.hex()}")
    elif recorded_at != last_recorded_at:
        check.differs(f"the head was recorded at {recorded_at} and the last event at {last_recorded_at}")
    elif invoices != finalized:
        check.differs(f"the head counts {invoices} final invoices and the log {finalized}")
    elif misnumbered is not None:
        check.differs(f"the invoice that event {misnumbered} finalized does not have the number after the one before")
    return check


def _verify_projections(
    database_url: str, operator: OperatorKey, ledger_id: str, progress: Progress, limits: Limits
) -> Check:
    check = Check(Stage.PROJECTIONS, len(MODELS))

    def report(done: int, total: int) -> None:
        progress(Stage.PROJECTIONS, done, total)

    try:
        found = compare(database_url, operator, ledger_id, MODELS, limits=limits, progress=report)
    except (ProjectionUnavailable, ModelFailed) as error:
        check.differs(str(error))
        return check
    if found is not None:
        check.differs(str(found))
    return check

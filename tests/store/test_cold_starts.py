"""A stream that nobody has in memory is folded from what lies in the database, however that was left there."""

from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest

from ledger.core.balances.usage import Track
from ledger.core.sealed import Sealed
from ledger.store import reading
from ledger.store.connections import Limits, connect
from ledger.store.ledger import Caller, CustomerAddress, Ledger, Step, Store
from ledger.store.statements import statement
from tests.store.conftest import ME, OPERATOR_KEY, open_customer

NAMES = ("ann", "bob", "cy")


@pytest.fixture
def used(ledger: Ledger) -> Ledger:
    """Three customers that used something in turns, now and then for a reason."""
    for name in NAMES:
        open_customer(ledger, name, messages=100)
    for number in range(8):
        by = ME if number % 3 else Caller("tests", reason=Sealed("a private reason"))
        ledger.execute_all([use(name, Decimal(number + 1)) for name in NAMES], by=by)
    return ledger


def use(name: str, value: Decimal = Decimal(1)) -> Step:
    return Step(CustomerAddress(name), Track("messages", value=value))


def looked_at(ledger: Ledger) -> list[Any]:
    found = ledger.execute_all([Step(CustomerAddress(name), None) for name in NAMES], by=ME)
    return [step.after for step in found.steps]


@pytest.fixture
def other(store: Store) -> Iterator[Store]:
    """Another process, which has nothing in memory."""
    with closing(Store(store.database_url, operator_key=OPERATOR_KEY)) as opened:
        yield opened


def test_many_streams_are_folded_to_what_who_wrote_them_remembers(used: Ledger, other: Store) -> None:
    assert looked_at(other.ledger("main")) == looked_at(used)


def test_a_long_tail_is_read_in_parts(used: Ledger, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    remembered = looked_at(used)
    assert {state.version for state in remembered} == {10}
    for at_once in (1, 2, 3, 9, 10, 11):
        monkeypatch.setattr(reading, "TAIL_EVENTS", at_once)
        with closing(Store(store.database_url, operator_key=OPERATOR_KEY)) as another:
            assert looked_at(another.ledger("main")) == remembered


def test_an_event_that_is_missing_is_noticed(used: Ledger, store: Store, other: Store) -> None:
    with psycopg.connect(store.database_url) as conn:
        conn.execute("ALTER TABLE events DISABLE TRIGGER ALL")
        conn.execute("DELETE FROM events WHERE type = 'usage.recorded.v2' AND version = 6")
    with pytest.raises(AssertionError, match="out of turn"):
        looked_at(other.ledger("main"))


def test_a_writer_reads_no_table_from_end_to_end_though_all_of_them_are_small(used: Ledger, store: Store) -> None:
    wanted = {"ledger_id": "main", "stream_ids": [UUID(int=1)], "afters": [0], "code_version": "x", "most": 1}
    with closing(connect(store.database_url, Limits(), also="prepare_writer")) as conn:
        plan = conn.execute(b"EXPLAIN " + statement("select_cold").encode(), wanted).fetchall()
    steps = "\n".join(step for (step,) in plan)
    assert "Seq Scan" not in steps
    assert steps.count("Index Scan") == 3

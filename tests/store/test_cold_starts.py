"""A stream that nobody has in memory is folded from what lies in the database, however that was left there."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest

from ledger.core.balances.adjustment import GrantBalance
from ledger.core.balances.usage import Track
from ledger.core.profile import CreateCustomer, UpdateCustomer
from ledger.core.sealed import Sealed
from ledger.store import kinds, reading
from ledger.store.connections import Limits, connect
from ledger.store.housekeeping import forget
from ledger.store.ledger import (
    Caller,
    CustomerAddress,
    Ledger,
    OpeningAddress,
    Step,
    Store,
    StreamAddress,
    Tuning,
)
from ledger.store.log import reading_codec
from ledger.store.snapshots import keep, restore
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


def kept(store: Store) -> dict[str, int]:
    """The versions of the states that are kept, by customer."""
    with store.pool.connection() as conn:
        return dict(
            conn.execute(
                "SELECT value, version FROM snapshots JOIN claims USING (ledger_id, stream_id) WHERE kind = 'customer'"
            ).fetchall()
        )


def test_a_long_tail_is_folded_once_and_kept_with_the_next_event(used: Ledger, store: Store) -> None:
    tuning = Tuning(long_tail=10)
    with closing(Store(store.database_url, operator_key=OPERATOR_KEY, tuning=tuning)) as first:
        looked_at(first.ledger("main"))
        assert kept(store) == {}, "who only looks writes nothing"
        first.ledger("main").execute_all([use("ann"), use("bob")], by=ME)
        assert kept(store) == {"ann": 11, "bob": 11}
        first.ledger("main").execute_all([use("ann"), use("cy")], by=ME)
        assert kept(store) == {"ann": 11, "bob": 11, "cy": 11}, "a state that is in memory is kept after many events"
    with closing(Store(store.database_url, operator_key=OPERATOR_KEY, tuning=tuning)) as second:
        assert looked_at(second.ledger("main")) == looked_at(used)
        second.ledger("main").execute_all([use("ann")], by=ME)
        assert kept(store)["ann"] == 11, "what was left to fold is not worth it"


def test_a_short_tail_is_not_kept(used: Ledger, store: Store) -> None:
    with closing(Store(store.database_url, operator_key=OPERATOR_KEY, tuning=Tuning(long_tail=11))) as other:
        other.ledger("main").execute_all([use("ann")], by=ME)
    assert kept(store) == {}


def test_a_forgotten_person_is_not_kept_by_a_writer_that_remembers_it(used: Ledger, store: Store) -> None:
    name, email = "Somebody Private", "somebody@example.com"
    address = OpeningAddress("dan", email)
    made = used.execute(address, CreateCustomer("dan", name=name, email=email), by=ME)
    stream_id = made.steps[0].stream_id
    for number in range(8):
        used.execute(CustomerAddress("dan"), GrantBalance("messages", included=Decimal(number + 1)), by=ME)
    tuning = Tuning(long_tail=5)
    with closing(Store(store.database_url, operator_key=OPERATOR_KEY, tuning=tuning)) as other:
        ledger = other.ledger("main")
        assert ledger.look(StreamAddress(stream_id), by=ME).state.name == name
        with store.pool.connection() as conn:
            forget(conn, "main", stream_id)
        ledger._writer._memory.keys.clear()
        ledger.execute(StreamAddress(stream_id), Track("messages"), by=ME)
    with store.pool.connection() as conn:
        assert conn.execute("SELECT count(*) FROM snapshots WHERE stream_id = %s", (stream_id,)).fetchone() == (0,)


def test_what_is_sealed_is_made_small_before(used: Ledger, store: Store) -> None:
    used.execute(CustomerAddress("ann"), UpdateCustomer({"name": "Ann"}), by=ME)
    state = used.look(CustomerAddress("ann"), by=ME)
    with store.pool.connection() as conn:
        codec = reading_codec(conn, "main", store.kinds, store.operator)
        stream_id = state.steps[0].stream_id
        row = keep(codec, stream_id, state.state, datetime(2026, 1, 1, tzinfo=UTC))
        assert row.sealed
        assert len(row.state) < len(codec.encode_state(state.state)) * 2 / 3
        assert restore(codec, store.kinds.customer, row) == state.state


@pytest.mark.parametrize("what", ["WRITES_STATES", "msgspec"])
def test_a_state_that_was_written_down_otherwise_is_of_another_version(
    what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = kinds.core_code_version.__wrapped__()
    assert before == kinds.core_code_version.__wrapped__()
    if what == "msgspec":
        monkeypatch.setattr(msgspec, "__version__", "0.0")
    else:
        monkeypatch.setattr(kinds, "WRITES_STATES", ("codec.py",))
    assert kinds.core_code_version.__wrapped__() != before

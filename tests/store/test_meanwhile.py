"""What another process, the clock or the database does between two steps of ours: each is brought about on purpose."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from api.work.expiry import expire_keys
from ledger.core.balances.usage import Track
from ledger.core.entity import CreateEntity
from ledger.core.profile import CreateCustomer
from ledger.store import reading, snapshots
from ledger.store.codec import UnknownEvent
from ledger.store.housekeeping import forget
from ledger.store.ledger import (
    Address,
    CatalogAddress,
    CustomerAddress,
    EntityAddress,
    Ledger,
    Once,
    OpeningAddress,
    Outcome,
    Step,
    Store,
    StreamAddress,
    Tuning,
)
from ledger.store.writer.pending import Pending
from ledger.store.writer.writer import Writer
from tests.store.conftest import ME, OPERATOR_KEY, open_customer

PATIENCE = 0.3


def used(state: Any) -> Decimal:
    return sum((grant.used for grant in state.grants.values()), Decimal(0))


def look(ledger: Ledger, address: Address) -> Outcome:
    return ledger.look(address, by=ME)


def use(ledger: Ledger, address: Address) -> Outcome:
    return ledger.execute(address, Track("messages"), by=ME)


def with_a_seat(ledger: Ledger) -> None:
    """Ann, who has units to use and an entity that she is found by."""
    open_customer(ledger, "ann", messages=100)
    ledger.execute(CustomerAddress("ann"), CreateEntity("seat", "seats"), by=ME)


def before_entities_are_read(
    monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[psycopg.Connection[Any]], object]
) -> None:
    """Let something happen, once, after the head was read and before the entities are."""
    real, waiting = reading.read_entity_holders, [meanwhile]

    def read(conn: psycopg.Connection[Any], ledger_id: str, entity_id: str) -> Any:
        if waiting:
            waiting.pop()(conn)
        return real(conn, ledger_id, entity_id)

    monkeypatch.setattr(reading, "read_entity_holders", read)


def test_a_look_through_an_entity_is_of_one_moment(
    ledger: Ledger, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_a_seat(ledger)
    other = Store(store.database_url, operator_key=OPERATOR_KEY)
    try:
        theirs = other.ledger("main")
        head = theirs.look(CatalogAddress(), by=ME).position
        before_entities_are_read(monkeypatch, lambda _: use(ledger, CustomerAddress("ann")))
        seen = theirs.look(EntityAddress("seat"), by=ME)
        assert (seen.position, used(seen.state)) == (head, Decimal(0))
        assert used(use(theirs, CustomerAddress("ann")).state) == 2
    finally:
        other.close()


@pytest.mark.parametrize("ask", [look, use])
def test_a_connection_lost_while_a_request_is_decided_costs_its_caller_nothing(
    ledger: Ledger, store: Store, monkeypatch: pytest.MonkeyPatch, ask: Callable[[Ledger, Address], Outcome]
) -> None:
    with_a_seat(ledger)

    def cut(conn: psycopg.Connection[Any]) -> None:
        with psycopg.connect(store.database_url, autocommit=True) as killer:
            killer.execute("SELECT pg_terminate_backend(%s, 5000)", (conn.info.backend_pid,))

    before_entities_are_read(monkeypatch, cut)
    assert ask(ledger, EntityAddress("seat")).state.customer_id == "ann"


def test_one_customer_that_cannot_be_read_fails_alone(ledger: Ledger, store: Store) -> None:
    # As where a newer program has written to it.
    for name in ("ann", "bob"):
        open_customer(ledger, name, messages=100)
    other = Store(store.database_url, operator_key=OPERATOR_KEY)
    try:
        writer = other.ledger("main")._writer
        asked = [Pending((Step(CustomerAddress(name), Track("messages")),), ME) for name in ("ann", "bob", "ann")]
        with psycopg.connect(store.database_url) as conn:
            conn.execute("ALTER TABLE events DISABLE TRIGGER events_append_only")
            conn.execute(
                "UPDATE events SET type = 'balance.granted.v99',"
                " state = convert_to(replace(convert_from(state, 'UTF8'), 'balance.granted.v1', 'balance.granted.v99'),"
                " 'UTF8') WHERE position = (SELECT max(position) FROM events)"
            )
            conn.commit()
            conn.execute("SELECT 1 FROM ledgers FOR UPDATE")
            writer.put(asked[0])
            while writer._queue:
                time.sleep(0.01)
            for each in asked[1:]:
                writer.put(each)
        for each in asked:
            each.wait(5)
        assert [type(each.error) for each in asked] == [type(None), UnknownEvent, type(None)]
        assert asked[2].outcome is not None
        assert used(asked[2].outcome.state) == 2
    finally:
        other.close()


class Watched(deque[Pending]):
    """Lets something happen right after it was found empty."""

    meanwhile: Callable[[], None] | None = None

    def __bool__(self) -> bool:
        waiting = len(self) > 0
        if not waiting and self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            meanwhile()
        return waiting


@pytest.fixture
def quick(store: Store, ledger: Ledger) -> Iterator[Store]:
    """A store whose writers rest at once."""
    opened = Store(store.database_url, operator_key=OPERATOR_KEY, tuning=Tuning(idle_seconds=0.05))
    yield opened
    opened.close()


def test_who_asks_in_the_moment_a_writer_goes_to_rest_is_answered(
    quick: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger, answered = quick.ledger("main"), threading.Event()
    queue: Any = Watched()
    ledger._writer._queue = queue
    real = Writer._rests

    def ask() -> None:
        ledger.look(CatalogAddress(), by=ME)
        answered.set()

    def meanwhile() -> None:
        asking = threading.Thread(target=ask)
        asking.start()
        asking.join(PATIENCE)

    def rests(writer: Writer) -> bool:
        queue.meanwhile = None if answered.is_set() else meanwhile
        return real(writer)

    monkeypatch.setattr(Writer, "_rests", rests)
    ledger.look(CatalogAddress(), by=ME)
    assert answered.wait(5)


def test_a_writer_that_goes_to_rest_lets_go_before_the_next_begins(
    quick: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger, seen = quick.ledger("main"), list[int]()
    real = Writer._lose

    def lose(writer: Writer) -> None:
        if not seen and writer is ledger._writer:
            asking.start()
            asking.join(PATIENCE)
            seen.append(sum(thread.name == "writer-main" for thread in threading.enumerate()))
        real(writer)

    monkeypatch.setattr(Writer, "_lose", lose)
    asking = threading.Thread(target=lambda: ledger.look(CatalogAddress(), by=ME))
    ledger.look(CatalogAddress(), by=ME)
    while not seen:
        time.sleep(0.01)
    asking.join(5)
    assert not asking.is_alive()
    assert seen == [2], "one of this store and one of the other"


def test_what_a_writer_remembers_of_a_forgotten_person_is_kept_no_more(
    ledger: Ledger, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "EVENTS_BETWEEN", 3)
    address = OpeningAddress("ann", "ann@example.com")
    made = ledger.execute(address, CreateCustomer("ann", email="ann@example.com"), by=ME)
    stream_id = made.steps[0].stream_id
    with store.pool.connection() as conn:
        forget(conn, "main", stream_id)
    open_customer(ledger, "ann", messages=100)
    for _ in range(5):
        use(ledger, StreamAddress(stream_id))
    other = Store(store.database_url, operator_key=OPERATOR_KEY)
    try:
        assert used(other.ledger("main").look(StreamAddress(stream_id), by=ME).state) == 5
    finally:
        other.close()


def test_an_idempotency_key_that_is_used_anew_while_it_expires_stays(ledger: Ledger, store: Store) -> None:
    open_customer(ledger, "ann", messages=100)
    ledger.execute(CustomerAddress("ann"), Track("messages"), by=ME, once=Once("k", "h", "v", b"b"))
    with store.pool.connection() as conn:
        conn.execute("UPDATE idempotency SET recorded_at = recorded_at - interval '31 days'")
    expired: list[int] = []
    expiring = threading.Thread(target=lambda: expired.append(expire_keys(store, "main")))
    with psycopg.connect(store.database_url) as conn:
        conn.execute("UPDATE idempotency SET recorded_at = clock_timestamp()")
        expiring.start()
        expiring.join(PATIENCE)
        assert expiring.is_alive(), "it waits for whoever uses the key"
    expiring.join(5)
    assert expired == [0]


def test_an_idempotency_key_that_expires_between_the_lock_and_its_look_up_is_either_replayed_or_written_anew(
    ledger: Ledger, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_customer(ledger, "ann", messages=100)
    once = Once("k", "h", "v", b"b")
    ledger.execute(CustomerAddress("ann"), Track("messages"), by=ME, once=once)
    real = reading.read_ahead

    def late(*asked: Any) -> Any:
        time.sleep(2 * PATIENCE)
        return real(*asked)

    with store.pool.connection() as conn:
        conn.execute(
            "UPDATE idempotency SET recorded_at = clock_timestamp() - interval '30 days' + %s * interval '1 second'",
            (PATIENCE,),
        )
        monkeypatch.setattr(reading, "read_ahead", late)
        again = ledger.execute(CustomerAddress("ann"), Track("messages"), by=ME, once=once)
        assert conn.execute("SELECT position FROM idempotency").fetchone() == (again.position,)

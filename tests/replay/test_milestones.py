"""States kept on the way through a long stream: they shorten a look into the past and change nothing in it."""

from uuid import UUID

import pytest

from ledger.core.balances.usage import Track
from ledger.store import snapshots
from ledger.store.housekeeping import forget
from ledger.store.ledger import CatalogAddress, CustomerAddress, Store
from projections.runner import Runner
from projections.when import When
from replay.past import Past, Stood
from replay.verify import verify
from tests.support.book import ME, Book

APART = 10


@pytest.fixture(autouse=True)
def close_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "MILESTONES_APART", APART)
    monkeypatch.setattr(snapshots, "EVENTS_BETWEEN", 5)


@pytest.fixture
def long(book: Book) -> UUID:
    """The stream of `busy`: two events and 40 uses, nothing of them personal."""
    book.customer("busy")
    book.attach("busy", "free")
    for _ in range(40):
        book.do("busy", Track("messages"))
    return stream(book, "busy")


def stream(book: Book, customer_id: str) -> UUID:
    found: UUID = book.ledger.look(CustomerAddress(customer_id), by=ME).steps[0].stream_id
    return found


def stood(store: Store, book: Book, stream_id: UUID, back: int = 0) -> Stood:
    """The customer as of some events before the last."""
    now = book.ledger.look(CatalogAddress(), by=ME)
    with store.pool.connection() as conn:
        return Past(conn, store.operator, "main").customer(stream_id, When(now.position - back, now.now), now.settings)


def kept(store: Store) -> list[int]:
    with store.pool.connection() as conn:
        return [version for (version,) in conn.execute("SELECT version FROM milestones ORDER BY version").fetchall()]


def run(store: Store, statement: str) -> None:
    with store.pool.connection() as conn:
        conn.execute(statement.encode())


def test_the_writer_keeps_one_past_every_multiple(store: Store, long: UUID) -> None:
    found = kept(store)
    assert [version // APART for version in found] == [1, 2, 3, 4]


def test_a_look_into_the_past_begins_at_one(store: Store, book: Book, long: UUID) -> None:
    whole = stood(store, book, long, 3)
    assert whole.version == whole.customer.version
    run(store, "UPDATE milestones SET state = replace(convert_from(state, 'UTF8'), '\"busy\"', '\"lazy\"')::bytea")
    assert stood(store, book, long, 3).customer.customer_id == "lazy"
    assert stood(store, book, long, 40).customer.customer_id == "busy"


def test_one_of_other_code_is_not_used_and_kept_again(store: Store, book: Book, long: UUID) -> None:
    before = stood(store, book, long, 3).customer
    run(store, "UPDATE milestones SET code_version = 'older', state = 'nonsense'")
    assert stood(store, book, long, 3).customer == before
    run(store, "DELETE FROM milestones WHERE code_version = 'older'")
    assert [version % APART for version in kept(store)] == [0, 0, 0]
    assert stood(store, book, long, 3).customer == before


def test_what_cannot_be_kept_is_answered_all_the_same(store: Store, book: Book, long: UUID) -> None:
    before = stood(store, book, long)
    run(store, "DELETE FROM milestones")
    with store.pool.connection() as conn:
        conn.execute("SET default_transaction_read_only = on")
        now = book.ledger.look(CatalogAddress(), by=ME)
        found = Past(conn, store.operator, "main").customer(long, When(now.position, now.now), now.settings)
        conn.execute("RESET default_transaction_read_only")
    assert found.customer == before.customer
    assert kept(store) == []


def test_a_person_is_forgotten_there_too(store: Store, book: Book) -> None:
    book.customer("ann", "Ann", "ann@example.com")
    book.attach("ann", "free")
    for _ in range(20):
        book.do("ann", Track("messages"))
    ann = stream(book, "ann")
    assert stood(store, book, ann).customer.name == "Ann"
    with store.pool.connection() as conn:
        assert conn.execute("SELECT bool_and(sealed) FROM milestones").fetchone() == (True,)
        forget(conn, "main", ann)
    assert kept(store) == []
    assert stood(store, book, ann).customer.name is None
    with store.pool.connection() as conn:
        assert not conn.execute("SELECT FROM milestones WHERE sealed").fetchall()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE milestones SET last_at = last_at - interval '1 s' WHERE version < 20", "says another instant"),
        ("UPDATE milestones SET version = version + 1000 WHERE version >= 40", "is beyond its events"),
        (
            "UPDATE milestones SET stream_id = '00000000-0000-0000-0000-000000000009' WHERE version >= 40",
            "has a milestone and no such events",
        ),
    ],
)
def test_they_are_verified(store: Store, long: UUID, runner: Runner, change: str, said: str) -> None:
    runner.catch_up()
    assert verify(store.database_url, store.operator, "main").difference is None
    run(store, change)
    difference = verify(store.database_url, store.operator, "main").difference
    assert difference is not None
    assert "milestone" in difference
    assert said in difference

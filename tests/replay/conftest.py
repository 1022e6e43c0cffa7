"""A ledger with a past, folded into its read models, on a real database."""

from collections.abc import Iterator
from concurrent.futures import wait
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ledger.core.adjustment import GrantBalance
from ledger.core.cancellation import When
from ledger.core.entity import DeleteEntity
from ledger.core.period import Every, Interval
from ledger.core.profile import CreateCustomer, DeleteCustomer, MoveClock, UpdateCustomer
from ledger.core.settings import CreateLedger, Env
from ledger.core.usage import Track
from ledger.store.ledger import CustomerAddress, Ledger, OpeningAddress, SettingsAddress, Store
from ledger.store.migrate import STORE_MIGRATIONS, migrate
from projections.migrations import PROJECTION_MIGRATIONS
from projections.runner import Runner
from tests.projections.book import ME, OPERATOR_KEY, Book

EVENTS_FOR_A_SNAPSHOT = 520


@pytest.fixture
def projected_url(database_url: str) -> str:
    """A database with all tables, of the read models too."""
    migrate(database_url, (STORE_MIGRATIONS, PROJECTION_MIGRATIONS))
    return database_url


@pytest.fixture
def store(projected_url: str) -> Iterator[Store]:
    opened = Store(projected_url, operator_key=OPERATOR_KEY)
    yield opened
    opened.close()


@pytest.fixture
def book(store: Store) -> Book:
    """A sandbox ledger `main` with features and plans."""
    return Book(begun(store, "main"))


@pytest.fixture
def runner(store: Store) -> Runner:
    return Runner(store.database_url, store.operator)


def begun(store: Store, ledger_id: str, env: Env = Env.SANDBOX) -> Ledger:
    """A new ledger."""
    assert store.create_ledger(ledger_id, env)
    ledger = store.ledger(ledger_id)
    ledger.execute(SettingsAddress(), CreateLedger(ledger_id, env), by=ME)
    return ledger


@pytest.fixture
def lived(book: Book, runner: Runner) -> Book:
    """A ledger on which a little of everything has happened, folded to its end."""
    live_a_little(book)
    runner.catch_up()
    return book


def open_in_the_past(book: Book, customer_id: str, at: datetime) -> None:
    """A customer of a plan whose own clock stands at an instant."""
    address, command = OpeningAddress(customer_id, None), CreateCustomer(customer_id, customer_id.title())
    book.ledger.execute(address, command, by=ME, business_now=at)
    book.attach(customer_id, "free")


def live_a_little(book: Book) -> None:
    """Customers with and without ids, plans that come and go, entities, balances, a clock, and a busy one."""
    book.customer("ann", "Ann", "ann@example.com", {"team": "blue"})
    book.attach("ann", "pro")
    book.track("ann", 3)
    book.grant("ann", 50)
    book.deduct("ann", 5, "billed twice")
    book.entity("ann", "desk-1", "First desk")
    book.entity("ann", "desk-2")
    book.do("ann", DeleteEntity("desk-2"))
    book.do("ann", UpdateCustomer({"name": "Anna"}, "anna"), "she asked for it")
    book.cancel("anna", "pro", When.END_OF_CYCLE)
    book.customer(None, "Bo", "bo@example.com")
    book.customer("gone", "Gone")
    book.do("gone", DeleteCustomer(), "left")
    start = datetime(2026, 1, 31, 12, tzinfo=UTC)
    open_in_the_past(book, "past", start)
    for days in range(0, 100, 9):
        book.do("past", Track("messages", value=Decimal(2)), at=start + timedelta(days=days))
    book.do("past", MoveClock(), at=start + timedelta(days=120))
    book.customer("busy")
    book.do("busy", GrantBalance("messages", included=Decimal(10_000), reset=Every(Interval.DAY)))
    address, command = CustomerAddress("busy"), Track("messages")
    wait([book.ledger.submit(address, command, by=ME) for _ in range(EVENTS_FOR_A_SNAPSHOT)])

"""A ledger with a past, folded into its read models, on a real database."""

from concurrent.futures import wait
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ledger.core.balances.adjustment import GrantBalance
from ledger.core.balances.usage import Track
from ledger.core.entity import DeleteEntity
from ledger.core.period import Every, Interval
from ledger.core.profile import CreateCustomer, DeleteCustomer, MoveClock, UpdateCustomer
from ledger.core.subscriptions.cancellation import When
from ledger.store.ledger import CustomerAddress, OpeningAddress
from projections.runner import Runner
from tests.support.book import ME, Book
from tests.support.projected import book, projected_url, reads, runner, store

__all__ = ["book", "lived", "projected_url", "reads", "runner", "store"]

EVENTS_FOR_A_SNAPSHOT = 520


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

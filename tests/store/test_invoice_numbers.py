"""Invoice numbers of a ledger have no gaps, whoever finalizes invoices, in whatever order, refused or not."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from ledger.core.balances.usage import Track
from ledger.core.errors import CustomerNotFound
from ledger.core.events import InvoiceFinalized
from ledger.core.offers.catalog import CreatePlan
from ledger.core.period import Every, Interval
from ledger.core.profile import CreateCustomer, MoveClock
from ledger.core.subscriptions.change import Attach
from ledger.core.terms import BasePrice, Plan
from ledger.store.ledger import (
    CatalogAddress,
    CustomerAddress,
    Ledger,
    OpeningAddress,
    Step,
    StepsRefused,
    Store,
    Tuning,
)
from ledger.store.migrate import STORE_MIGRATIONS, migrate
from tests.store.conftest import ME, OPERATOR_KEY, open_customer, open_ledger
from tests.store.test_deciding import at_once

BEGUN = datetime(2026, 1, 31, tzinfo=UTC)
MONTHLY = Every(Interval.MONTH)
PLANS = [Plan(name, 1, name.title(), BEGUN, base=BasePrice(2_000, MONTHLY), add_on=True) for name in ("pro", "extra")]


@pytest.fixture
def billing(ledger: Ledger) -> Ledger:
    """A ledger that sells two plans."""
    offer(ledger)
    return ledger


@pytest.fixture
def other(store: Store) -> Iterator[Store]:
    """Another process on the same database."""
    opened = Store(store.database_url, operator_key=OPERATOR_KEY)
    yield opened
    opened.close()


def offer(ledger: Ledger) -> None:
    for plan in PLANS:
        ledger.execute(CatalogAddress(), CreatePlan(plan), by=ME)


def open_at_the_beginning(ledger: Ledger, customer_id: str) -> None:
    """A new customer whose clock stands at `BEGUN`."""
    ledger.execute(OpeningAddress(customer_id, None), CreateCustomer(customer_id), by=ME, business_now=BEGUN)


def move(ledger: Ledger, customer_id: str, days: int) -> None:
    """Move a customer's clock so many days past `BEGUN`."""
    later = BEGUN + timedelta(days=days)
    ledger.execute(CustomerAddress(customer_id), MoveClock(), by=ME, business_now=later)


def attach(ledger: Ledger, customer_id: str, plan_id: str = "pro") -> list[int]:
    """The numbers of the invoices that attaching a plan makes."""
    outcome = ledger.execute(CustomerAddress(customer_id), Attach(plan_id), by=ME)
    return [event.number for event in outcome.events if isinstance(event, InvoiceFinalized)]


def numbers(store: Store, ledger_id: str = "main") -> list[int]:
    """The numbers of a ledger's invoices in the order they were finalized."""
    with store.pool.connection() as conn:
        rows = conn.execute(
            "SELECT (state ->> 'number')::int FROM readable_events"
            " WHERE ledger_id = %s AND type = 'invoice.finalized.v1' ORDER BY position",
            [ledger_id],
        )
        return [number for (number,) in rows]


def counted(store: Store) -> dict[str, int]:
    with store.pool.connection() as conn:
        return dict(conn.execute("SELECT ledger_id, invoices FROM ledgers").fetchall())


def without_gaps(count: int) -> list[int]:
    return list(range(1, count + 1))


def test_each_invoice_gets_the_next_number_of_its_ledger(billing: Ledger, store: Store) -> None:
    apart = open_ledger(store, "apart")
    offer(apart)
    for ledger in (billing, apart):
        for customer_id in ("ann", "bob"):
            open_customer(ledger, customer_id)
    assert [attach(billing, "ann"), attach(billing, "bob"), attach(apart, "ann")] == [[1], [2], [1]]
    assert counted(store) == {"main": 2, "apart": 1}


def test_customers_who_buy_at_once_share_one_sequence(billing: Ledger, store: Store) -> None:
    for index in range(40):
        open_customer(billing, f"c{index}")
    got = at_once(40, lambda index: attach(billing, f"c{index}"))
    assert sorted(number for each in got for number in each) == without_gaps(40)
    assert numbers(store) == without_gaps(40)


def test_processes_that_take_turns_count_on(billing: Ledger, store: Store, other: Store) -> None:
    for index in range(20):
        open_customer(billing, f"c{index}")
    writers = (billing, other.ledger("main"))
    at_once(20, lambda index: attach(writers[index % 2], f"c{index}"))
    assert numbers(store) == without_gaps(20)


def test_several_steps_of_a_request_count_on(billing: Ledger, store: Store) -> None:
    for customer_id in ("ann", "bob"):
        open_customer(billing, customer_id)
    steps = [Step(CustomerAddress(who), Attach(what)) for who in ("ann", "bob") for what in ("pro", "extra")]
    billing.execute_all(steps, by=ME)
    assert numbers(store) == without_gaps(4)


def test_a_refused_request_gives_its_numbers_back(billing: Ledger, store: Store) -> None:
    for customer_id in ("ann", "bob"):
        open_customer(billing, customer_id)
    steps = [Step(CustomerAddress("ann"), Attach("pro")), Step(CustomerAddress("bob"), Track("nothing"))]
    with pytest.raises(StepsRefused):
        billing.execute_all(steps, by=ME)
    assert attach(billing, "bob") == [1]
    assert counted(store) == {"main": 1}


def test_a_catching_up_counts_every_renewal_on(billing: Ledger, store: Store) -> None:
    for customer_id in ("ann", "bob"):
        open_at_the_beginning(billing, customer_id)
        attach(billing, customer_id)
        move(billing, customer_id, days=140)
    assert numbers(store) == without_gaps(10)
    assert counted(store) == {"main": 10}


def test_what_falls_due_behind_a_step_that_is_refused_leaves_no_gap(database_url: str) -> None:
    # Bob's renewals are due on a clock that only this request moves, after Ann's step took a number.
    store = Store(database_url, operator_key=OPERATOR_KEY)
    try:
        ledger = open_ledger(store, "main")
        offer(ledger)
        for customer_id in ("ann", "bob"):
            open_at_the_beginning(ledger, customer_id)
        attach(ledger, "bob")
        later = BEGUN + timedelta(days=70)
        steps = [Step(CustomerAddress("ann"), Attach("pro")), Step(CustomerAddress("bob"), Attach("extra"))]
        wrong = Step(CustomerAddress("bob"), Track("nothing"))
        with pytest.raises(StepsRefused):
            ledger.execute_all([*steps, wrong], by=ME, business_now=later)
        assert numbers(store) == without_gaps(1)
        ledger.execute_all(steps, by=ME, business_now=later)
        assert numbers(store) == without_gaps(5)
    finally:
        store.close()


def test_a_catching_up_over_several_transactions_counts_on(database_url: str) -> None:
    store = Store(database_url, operator_key=OPERATOR_KEY, tuning=Tuning(batch_events=7))
    try:
        ledger = open_ledger(store, "main")
        offer(ledger)
        open_at_the_beginning(ledger, "ann")
        attach(ledger, "ann")
        move(ledger, "ann", days=400)
        assert numbers(store) == without_gaps(14)
    finally:
        store.close()


def test_pondering_sees_the_next_number_and_leaves_everything(billing: Ledger, store: Store) -> None:
    open_customer(billing, "ann")
    attach(billing, "ann")
    before = billing.recorder.max_notification_id()
    outcome = billing.ponder(CustomerAddress("ann"), Attach("extra"), by=ME)
    assert outcome.context.next_invoice == 2
    assert (outcome.events, outcome.position) == ((), before)
    assert attach(billing, "ann", "extra") == [2]


def test_pondering_at_a_later_instant_sees_what_would_be_due_and_writes_none_of_it(billing: Ledger) -> None:
    open_at_the_beginning(billing, "ann")
    attach(billing, "ann")
    later, before = BEGUN + timedelta(days=70), billing.recorder.max_notification_id()
    outcome = billing.ponder(CustomerAddress("ann"), Attach("extra"), by=ME, business_now=later)
    assert outcome.context.now == later
    assert outcome.context.next_invoice == 4  # two renewals came before it
    assert outcome.state.version > billing.look(CustomerAddress("ann"), by=ME).state.version
    assert billing.recorder.max_notification_id() == before


def test_pondering_for_nobody_is_refused(billing: Ledger) -> None:
    with pytest.raises(CustomerNotFound):
        billing.ponder(CustomerAddress("nobody"), Attach("pro"), by=ME)


def test_a_ledger_with_a_past_is_counted_when_it_is_migrated(blank_database_url: str) -> None:
    # As it stood before heads counted: everything but the last migration, with a log behind it.
    migrate(blank_database_url)
    store = Store(blank_database_url, operator_key=OPERATOR_KEY)
    ledger = open_ledger(store, "main")
    offer(ledger)
    open_customer(ledger, "ann")
    attach(ledger, "ann")
    attach(ledger, "ann", "extra")
    store.close()
    with psycopg.connect(blank_database_url) as conn:
        conn.execute("ALTER TABLE ledgers DROP COLUMN invoices")
        conn.execute("DELETE FROM schema_migrations WHERE name = '0014_invoices.sql'")
    assert migrate(blank_database_url) == ["0014_invoices.sql"]
    again = Store(blank_database_url, operator_key=OPERATOR_KEY)
    try:
        assert counted(again) == {"main": 2}
        open_customer(again.ledger("main"), "bob")
        assert attach(again.ledger("main"), "bob") == [3]
    finally:
        again.close()
    assert (STORE_MIGRATIONS / "0014_invoices.sql").is_file()

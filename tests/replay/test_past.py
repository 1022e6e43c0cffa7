"""What had fallen due at a moment and nobody had looked at yet: the rows that it makes are those that looking makes."""

from datetime import datetime, timedelta

import msgspec
import pytest

from ledger.core.errors import Refusal
from ledger.core.profile import MoveClock
from ledger.core.subscriptions.cancellation import When as EndsWhen
from ledger.store.ledger import CustomerAddress, Store
from ledger.store.requests import Outcome
from projections import reads as reading
from projections.queries.past import Owner, ended_balances_then, invoices_of_then, subscriptions_then
from projections.reads import BalanceFilter, InvoiceFilter, Reads
from projections.runner import Runner
from projections.when import When
from replay.at import at
from replay.past import Past, Stood
from tests.support.book import ME, Book

MODELS = ("customers", "subscriptions", "balances", "invoices")
EVERY = ("active", "scheduled", "expired")


@pytest.fixture
def ann(book: Book) -> Outcome:
    """On real time, on a plan that ends with its cycle and beside one that was paid once."""
    book.customer("ann", "Ann")
    book.attach("ann", "pro")
    book.attach("ann", "setup")
    book.track("ann", 3)
    book.grant("ann", 50)
    return book.ledger.look(CustomerAddress("ann"), by=ME)


def ahead(store: Store, look: Outcome, days: int) -> Stood:
    """The customer as of some days from now, as if that much time had passed and nobody had looked."""
    later = look.now + timedelta(days=days)
    with store.pool.connection() as conn:
        when = When(look.position, later, later)
        return Past(conn, store.operator, "main").customer(look.steps[0].stream_id, when, look.settings)


@pytest.mark.parametrize("ends", [False, True])
def test_what_fell_due_makes_the_rows_that_looking_makes(
    store: Store, book: Book, runner: Runner, reads: Reads, ann: Outcome, *, ends: bool
) -> None:
    if ends:
        book.cancel("ann", "pro", EndsWhen.END_OF_CYCLE)
    look = book.ledger.look(CustomerAddress("ann"), by=ME)
    stood = ahead(store, look, 70)
    assert stood.ahead
    runner.catch_up()
    owner = Owner(stood.stream_id, "ann", None, stood.position)
    with reads.open("main", models=MODELS) as view:
        subscriptions = subscriptions_then(view, owner, stood.ahead)
        ended = ended_balances_then(view, owner, stood.recorded.grants, stood.ahead)
        invoices = invoices_of_then(view, owner, stood.ahead)

    book.do("ann", MoveClock(), at=stood.now)
    runner.catch_up()
    with reads.open("main", models=MODELS) as view:
        held = reading.subscriptions(view, one_off=None, stream_id=stood.stream_id, statuses=EVERY).items
        expired = reading.balances(view, BalanceFilter(stood.stream_id, statuses=("expired",))).items
        owed = reading.invoices(view, InvoiceFilter(stood.stream_id)).items

    assert sorted(subscriptions, key=_id) == sorted((each._replace(clock=None) for each in held), key=_id)
    assert sorted(each.grant.grant_id for each in ended) == sorted(each.grant.grant_id for each in expired)
    assert {each.grant.grant_id: each.ended_at for each in ended} == {
        each.grant.grant_id: each.ended_at for each in expired
    }
    assert stood.customer.grants == book.ledger.look(CustomerAddress("ann"), by=ME).state.grants
    numbered = [each.invoice.number for each in invoices]
    assert (None in numbered) is not ends
    assert [_unnumbered(each) for each in invoices] == [_unnumbered(each) for each in reversed(owed)]


def test_nothing_falls_due_beyond_where_a_clock_stands(store: Store, book: Book, ann: Outcome) -> None:
    stands = ann.now + timedelta(days=10)
    book.do("ann", MoveClock(), at=stands)
    stood = ahead(store, book.ledger.look(CustomerAddress("ann"), by=ME), 70)
    assert (stood.now, stood.ahead) == (stands, [])


def test_both_moments_together_are_asked_from_the_command_line_too(store: Store, book: Book, ann: Outcome) -> None:
    def used(moment: datetime, as_of: str | None) -> list[object]:
        found = at(store.database_url, store.operator, "main", "ann", moment.isoformat(), as_of=as_of)
        return [each.usage for each in found.balances if each.feature_id == "messages"]

    noon = book.ledger.look(CustomerAddress("ann"), by=ME).now
    book.do("ann", MoveClock(), at=noon)
    known = f"position:{book.track('ann', 4).position}"
    book.do("ann", MoveClock(), at=noon + timedelta(days=1))
    book.track("ann", 5)
    assert used(noon, None) == used(noon, known) == [7]
    assert used(noon + timedelta(days=1), None) == [12]
    with pytest.raises(Refusal, match="still to come: the customer's own clock stands at"):
        used(noon + timedelta(hours=1), known)
    for wrong in ("position:3", "2026-01-01T00:00:00"):
        with pytest.raises(Refusal, match=r"give an instant|no moment"):
            at(store.database_url, store.operator, "main", "ann", wrong, as_of=known)


def _id(entry: reading.SubscriptionEntry) -> str:
    return entry.subscription.subscription_id


def _unnumbered(entry: reading.InvoiceEntry) -> reading.InvoiceEntry:
    return entry._replace(invoice=msgspec.structs.replace(entry.invoice, number=None))

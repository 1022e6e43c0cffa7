"""Lists of invoices and of uses: filtered, page by page, as of one position."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg

from ledger.core.balances.locking import FinalizeLock, Reserve
from ledger.core.balances.usage import Track
from ledger.core.events import LockEnd
from ledger.store.ledger import CustomerAddress, Store
from projections.reads import (
    CUSTOMER_MODELS,
    INVOICE_MODELS,
    USAGE_MODELS,
    InvoiceFilter,
    Page,
    Reads,
    UsageFilter,
    balances,
    find_stream,
    invoices,
    invoices_of,
    usage,
)
from projections.runner import Runner
from tests.projections.test_runner import head, live_through_much, same_as_rebuilt
from tests.support.book import ME, Book


def all_of(ask: Callable[..., Page[Any]], *asked: Any) -> Sequence[Any]:
    """Every item, two a page."""
    found, cursor = list[Any](), None
    while True:
        page = ask(*asked, limit=2, cursor=cursor)
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return found


def test_listed_invoices_are_those_of_the_write_side(book: Book, runner: Runner, reads: Reads) -> None:
    live_through_much(book)
    book.customer("beta")
    book.attach("beta", "pro")
    runner.catch_up()
    with reads.open("main", models=INVOICE_MODELS) as view:
        stream_id = find_stream(view, "acme")
        assert stream_id is not None
        everybody = all_of(invoices, view)
        found = all_of(invoices, view, InvoiceFilter(stream_id))
        assert [each.customer_id for each in everybody] == ["beta", *["acme"] * len(found)]
        held = book.ledger.look(CustomerAddress("acme"), by=ME).steps[0].after.account.invoices
        assert {each.invoice.invoice_id: each.invoice for each in found} == held
        assert {each.invoice_id: each for each in invoices_of(view, [stream_id])[stream_id]} == held
        assert all(each.finalized_at is not None for each in found)
        paid = InvoiceFilter(stream_id, statuses=("paid",))
        assert {each.invoice.status.value for each in all_of(invoices, view, paid)} == {"paid"}
        assert not all_of(invoices, view, InvoiceFilter(stream_id, statuses=("draft", "open", "uncollectible")))
        one = found[0].invoice.invoice_id
        assert [each.invoice.invoice_id for each in all_of(invoices, view, InvoiceFilter(stream_id, None, one))] == [
            one
        ]
        assert not all_of(invoices, view, InvoiceFilter(stripe_id="in_1"))
        assert not all_of(invoices, view, InvoiceFilter(stream_id, entity_id="team-a"))


def test_listed_uses_say_when_of_what_and_from_which_balance(book: Book, runner: Runner, reads: Reads) -> None:
    book.customer("acme")
    book.attach("acme", "pro")
    book.track("acme", 3)
    book.do("acme", Track("messages", value=Decimal(4), properties={"model": "large"}))
    book.customer("beta")
    book.attach("beta", "pro")
    book.track("beta", 5)
    runner.catch_up()
    with reads.open("main", models=USAGE_MODELS) as view:
        stream_id = find_stream(view, "acme")
        assert [each.value for each in all_of(usage, view)] == [5, 4, 3]
        last, first = all_of(usage, view, UsageFilter(stream_id))
        assert (last.value, last.customer_id, last.properties) == (4, "acme", {"model": "large"})
        (taken,) = first.deductions
        assert taken.amount == 3
        assert taken.grant is not None
        assert (taken.grant.feature_id, taken.grant.terms.plan_id) == ("messages", "pro")
        assert all_of(usage, view, UsageFilter(stream_id, feature_ids=("messages", "seats"))) == [last, first]
        assert not all_of(usage, view, UsageFilter(stream_id, feature_ids=("seats",)))
        same = [each for each in (last, first) if each.at == last.at]  # both, where a millisecond was enough for both
        assert all_of(usage, view, UsageFilter(stream_id, used_from=last.at, used_to=last.at)) == same
        assert not all_of(usage, view, UsageFilter(stream_id, used_to=first.at - timedelta(milliseconds=1)))
        assert not all_of(usage, view, UsageFilter(stream_id, entity_id="team"))


def test_a_lock_is_two_uses_and_its_rows_are_those_of_a_rebuild(
    book: Book, store: Store, runner: Runner, reads: Reads
) -> None:
    book.customer("acme")
    book.attach("acme", "pro")
    book.do("acme", Reserve("job", "messages", Decimal("27.89")))
    runner.catch_up()
    book.do("acme", FinalizeLock("job", LockEnd.CONFIRMED, Decimal("12.45")))
    runner.catch_up()
    with reads.open("main", models=USAGE_MODELS) as view:
        assert view.position == head(store)
        assert [each.value for each in usage(view).items] == [Decimal("-15.44"), Decimal("27.89")]
    with reads.open("main", models=CUSTOMER_MODELS) as view:
        (grant,) = [each.grant for each in balances(view).items if each.grant.feature_id == "messages"]
        assert grant.balance == Decimal("87.55")
    same_as_rebuilt(store)


def test_batches_of_any_size_leave_one_row_for_each_use(book: Book, store: Store) -> None:
    live_through_much(book)
    for _ in range(7):
        book.track("acme", 1)
    Runner(store.database_url, store.operator, batch_events=3).catch_up()
    with psycopg.connect(store.database_url) as conn:
        told = conn.execute("SELECT position FROM timeline WHERE kind = 'usage.recorded' ORDER BY 1").fetchall()
        assert conn.execute("SELECT position FROM usage ORDER BY 1").fetchall() == told
    same_as_rebuilt(store)

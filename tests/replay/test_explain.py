"""Every number names the events that made it, and what they changed sums to it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given as example
from hypothesis import settings

from ledger.core.events import (
    Allocation,
    ChargeAccrued,
    Event,
    InvoiceCreated,
    InvoiceFinalized,
    InvoiceUpdated,
    Line,
    LineDiscount,
    LineKind,
    Origin,
    PaymentRefunded,
    PaymentSucceeded,
    UsageRecorded,
    stored_name,
)
from ledger.core.invoices.invoice import InvoiceStatus
from ledger.store.ledger import CustomerAddress, Store
from replay.explain import (
    MOST_PARTS,
    Explained,
    Explaining,
    Number,
    Source,
    balance_numbers,
    explain,
    invoice_numbers,
    total,
)
from tests.projections.test_folds import ATTACHED, CREATED, USED
from tests.properties.generator import History, histories
from tests.properties.life import lived
from tests.support.book import ME, Book

THEN = datetime(2026, 1, 31, tzinfo=UTC)


def source(version: int, event: Event) -> Source:
    return Source(version + 100, version, stored_name(event), THEN, "tests", None, None)


def told(events: Sequence[Event]) -> tuple[Explaining, Explained]:
    explaining = Explaining()
    for version, event in enumerate(events, start=1):
        explaining.happen(source(version, event), event)
    return explaining, explaining.explained()


def sums(numbers: Mapping[str, Number]) -> dict[str, Decimal]:
    return {name: total(number.parts) for name, number in numbers.items()}


@example(histories())
@settings(max_examples=60)
def test_the_parts_of_every_number_of_any_history_sum_to_it(history: History) -> None:
    life = lived(history)
    explaining, found = told([event for _, event in life.log])
    assert explaining.customer == life.customer
    for key, grant in life.customer.grants.items():
        assert sums(found.balances[key]) == balance_numbers(grant)
    assert set(found.invoices) == set(found.lines) == set(life.customer.account.invoices)
    for key, invoice in life.customer.account.invoices.items():
        assert sums(found.invoices[key]) == invoice_numbers(invoice)
        written = found.lines[key]
        assert [each.line for each in written] == list(invoice.lines)
        amounts = [total(each.amount) + total(each.discounts) for each in written]
        assert amounts == [each.amount_minor for each in invoice.lines]
        assert sum(amounts) == invoice.total_minor


@example(histories())
@settings(max_examples=40)
def test_what_a_line_was_charged_for_is_within_the_versions_it_names(history: History) -> None:
    life = lived(history)
    _, found = told([event for _, event in life.log])
    for written in (each for lines in found.lines.values() for each in lines):
        line = written.line
        if line.first_version is None or line.last_version is None:
            continue
        assert written.first is not None
        assert written.last is not None
        assert line.first_version <= written.first.version <= written.last.version <= line.last_version
        within = [each for each in written.sources if each.type != "charge.accrued.v1"]
        assert all(line.first_version <= each.version <= line.last_version for each in within)
        assert all(each.position == each.version + 100 for each in written.sources)


def test_a_balance_names_who_gave_and_who_took() -> None:
    _, found = told([CREATED, ATTACHED, USED])
    remaining = found.balances["2.1"]["remaining"].parts
    assert [(part.last.type, part.before, part.after, part.change) for part in remaining] == [
        ("plan.attached.v2", Decimal(0), Decimal(100), Decimal(100)),
        ("usage.recorded.v2", Decimal(100), Decimal(40), Decimal(-60)),
    ]
    assert [part.last.position for part in found.balances["2.1"]["usage"].parts] == [103]


def test_an_invoice_names_what_was_charged_paid_and_paid_back() -> None:
    discount = LineDiscount("spring", "Spring", 250)
    base = Line(LineKind.BASE, 1_750, "pro", "Pro", "2.0", discounts=(discount,), first_version=2, last_version=2)
    used = Line(LineKind.USAGE, 500, "pro", "Pro", "2.0", feature_id="messages", first_version=2, last_version=4)
    _, found = told(
        [
            CREATED,
            ATTACHED,
            USED,
            UsageRecorded("words", Decimal(1), dropped=Decimal(1)),
            ChargeAccrued("5.0", used),
            InvoiceCreated("6.0", Origin.CYCLE, "usd", THEN, (base, used), ("5.0",)),
            InvoiceFinalized("6.0", 1, THEN),
            PaymentSucceeded("8.0", 2_250, "usd", THEN, "6.0"),
            PaymentRefunded("6.0", 250, "usd", THEN),
        ]
    )
    numbers = found.invoices["6.0"]
    assert [[each.last.version, each.change] for each in numbers["due"].parts] == [[6, 2_250], [8, -2_250]]
    assert [[each.last.version, each.change] for each in numbers["refunded_amount"].parts] == [[9, 250]]
    first, second = found.lines["6.0"]
    assert [total(each) for each in (first.amount, first.discounts)] == [2_000, -250]
    assert [each.type for each in first.sources] == ["plan.attached.v2"]
    assert [each.type for each in second.sources] == [
        "plan.attached.v2",
        "usage.recorded.v2",
        "charge.accrued.v1",
    ]
    assert (second.first, second.last) == (source(2, ATTACHED), source(4, UsageRecorded("words", Decimal(1))))


def test_a_draft_that_is_changed_says_who_wrote_its_lines() -> None:
    one, other = Line(LineKind.CUSTOM, 100), Line(LineKind.CUSTOM, 300)
    _, found = told(
        [CREATED, InvoiceCreated("2.0", Origin.MANUAL, "usd", THEN, (one,)), InvoiceUpdated("2.0", (one, other))]
    )
    assert [[each.last.version, each.before, each.after] for each in found.invoices["2.0"]["total"].parts] == [
        [2, 0, 100],
        [3, 100, 400],
    ]
    assert [each.amount[0].last.version for each in found.lines["2.0"]] == [3, 3]


def test_of_very_many_events_the_earliest_are_told_together() -> None:
    uses = [UsageRecorded("messages", Decimal(1), (Allocation("2.1", Decimal(1)),))] * (MOST_PARTS + 99)
    _, found = told([CREATED, ATTACHED, *uses])
    parts = found.balances["2.1"]["usage"].parts
    assert len(parts) == MOST_PARTS
    assert [parts[0].events, parts[0].first.version, parts[0].last.version, parts[0].change] == [100, 3, 102, 100]
    assert total(parts) == MOST_PARTS + 99


def test_a_stored_customer_is_explained_as_of_a_position_with_who_and_why(book: Book, store: Store) -> None:
    book.customer("ann", "Ann")
    book.attach("ann", "pro")
    before = book.track("ann", 3).position
    book.deduct("ann", 5, "billed twice")
    written = book.ledger.look(CustomerAddress("ann"), by=ME)
    stream_id, after = written.steps[0].stream_id, written.steps[0].after
    with store.pool.connection() as conn:
        then = explain(conn, store.operator, "main", stream_id, upto=before)
        now = explain(conn, store.operator, "main", stream_id, upto=written.position)
    key = next(each.grant_id for each in after.grants.values() if each.feature_id == "messages")
    assert total(then.balances[key]["remaining"].parts) == 97
    last = now.balances[key]["remaining"].parts[-1]
    assert [last.change, last.last.actor, last.last.reason] == [-5, "finance-desk", "billed twice"]
    assert last.last.position == written.position
    (invoice,) = after.account.invoices.values()
    assert invoice.status is InvoiceStatus.PAID
    assert sums(now.invoices[invoice.invoice_id]) == invoice_numbers(invoice)

"""Rows of invoices and of uses, and what the other models keep of billing."""

from decimal import Decimal
from typing import Any

import msgspec

from ledger.core.events import (
    AppliedDiscount,
    BalanceReset,
    BalanceToppedUp,
    Change,
    ControlsChanged,
    CreditNoteIssued,
    CreditTo,
    CurrencySet,
    DiscountRemoved,
    EffectReversed,
    EntityCreated,
    Event,
    GrantTerms,
    InvoiceCreated,
    InvoiceFinalized,
    InvoiceUpdated,
    InvoiceVoided,
    Level,
    Line,
    LineKind,
    LockClosed,
    LockEnd,
    LockOpened,
    Origin,
    PaymentRefunded,
    PaymentSucceeded,
    PlanChanged,
    PlanPastDue,
    QuantityScheduled,
    UsageBackdated,
    UsageRecorded,
)
from ledger.core.sealed import FORGOTTEN, Sealed
from ledger.core.subscriptions.subscription import Subscription
from ledger.core.terms import Controls, FeatureKind, SpendLimit
from projections.balances.fold import MODEL as BALANCES
from projections.customers.fold import MODEL as CUSTOMERS
from projections.customers.fold import CustomerRow, EntityRow, restore
from projections.invoices.fold import MODEL as INVOICES
from projections.invoices.fold import to_invoice
from projections.projection import Row
from projections.subscriptions.fold import MODEL as SUBSCRIPTIONS
from projections.usage.fold import MODEL as USAGE
from tests.projections.given import START, column, columns, given, only
from tests.projections.test_folds import ATTACHED, CREATED, HUNDRED, LATER, PRO, USED

LINE = Line(LineKind.BASE, 2_000, "pro", "Pro", "2.0", first_version=2, last_version=2)
SEAT = Line(LineKind.SEATS, -500, "pro", "Pro", "2.0", feature_id="seats")
DRAFT = InvoiceCreated("3.0", Origin.CHANGE, "usd", START, (LINE, SEAT), entity_id="team")
FINAL = InvoiceFinalized("3.0", 12, LATER, credit_applied_minor=100, due_at=LATER)
PAID = PaymentSucceeded("5.0", 1_400, "usd", LATER, "3.0")
HELD = LockOpened("job", "messages", Decimal("27.89"), LATER, entity_id="team", properties=Sealed({"model": "large"}))


def invoice(*events: Event) -> Row:
    return only(given(INVOICES, *events)["invoices"])


def uses(*events: Event) -> list[Any]:
    return [column(USAGE, "usage", row, "value") for row in given(USAGE, *events)["usage"].values()]


def of_invoice(row: Row, *names: str) -> list[Any]:
    return columns(INVOICES, "invoices", row, names)


def test_an_invoice_shows_what_is_owed_and_what_came_in() -> None:
    draft, final, paid = invoice(DRAFT), invoice(DRAFT, FINAL), invoice(DRAFT, FINAL, PAID)
    names = ("status", "number", "total_minor", "due_minor", "paid_minor", "credit_applied_minor")
    assert of_invoice(draft, *names) == ["draft", None, 1_500, 1_500, 0, 0]
    assert of_invoice(final, *names) == ["open", 12, 1_500, 1_400, 0, 100]
    assert of_invoice(paid, *names) == ["paid", 12, 1_500, 0, 1_400, 100]
    assert of_invoice(draft, "finalized_at", "due_at", "closed_at") == [None, None, None]
    assert of_invoice(paid, "finalized_at", "due_at", "entity_id", "plan_ids") == [LATER, LATER, "team", b'["pro"]']
    assert of_invoice(paid, "closed_at") != [None]


def test_what_is_paid_back_or_credited_stays_with_its_invoice() -> None:
    refund = PaymentRefunded("3.0", 400, "usd", LATER)
    note = CreditNoteIssued("6.0", "3.0", LATER, CreditTo.BALANCE, paid_minor=300)
    closed = invoice(DRAFT, FINAL, PAID)
    row = invoice(DRAFT, FINAL, PAID, refund, note)
    assert of_invoice(row, "status", "refunded_minor", "returned_minor") == ["paid", 400, 300]
    assert of_invoice(row, "closed_at") == of_invoice(closed, "closed_at")


def test_a_draft_can_be_written_anew_and_a_void_one_is_closed() -> None:
    row = invoice(DRAFT, InvoiceUpdated("3.0", (LINE,), LATER), FINAL, InvoiceVoided("3.0", LATER, 100))
    assert of_invoice(row, "status", "total_minor", "due_minor", "due_at") == ["void", 2_000, 0, LATER]


def test_the_row_of_an_invoice_gives_the_same_invoice_back() -> None:
    row = invoice(DRAFT, FINAL, PAID)
    finalized_at, closed_at, lines, state = of_invoice(row, "finalized_at", "closed_at", "lines", "state")
    kept = INVOICES.restore({"invoices": [(finalized_at, closed_at, lines, state)]})
    assert kept["3.0"].invoice == to_invoice(state, lines)
    assert kept["3.0"].invoice.lines == (LINE, SEAT)
    (again,) = INVOICES.changes(row[0], {}, kept).rows["invoices"]
    assert again == row


def test_every_use_is_a_row_with_when_and_of_what() -> None:
    late = UsageRecorded("messages", Decimal(-2), event_name="sent", properties=Sealed({"n": 1}), used_at=LATER)
    first, second = given(USAGE, USED, late)["usage"].values()
    names = ("at", "position", "version", "feature_id", "value", "event_name", "properties", "deductions")
    assert columns(USAGE, "usage", second, names) == [
        LATER, 2, 2, "messages", Decimal(-2), "sent", b'{"n":1}', None,
    ]  # fmt: skip
    taken = column(USAGE, "usage", first, "deductions")
    assert msgspec.json.decode(taken) == [[each.grant_id, str(each.amount)] for each in USED.allocations]


def test_a_lock_is_used_when_it_is_opened_and_closing_it_counts_the_difference() -> None:
    def close(end: LockEnd, value: str) -> LockClosed:
        return LockClosed("job", "messages", end, Decimal("27.89"), Decimal(value))

    assert uses(HELD, close(LockEnd.CONFIRMED, "12.45")) == [Decimal("27.89"), Decimal("-15.44")]
    assert uses(HELD, close(LockEnd.CONFIRMED, "27.89")) == [Decimal("27.89")]
    assert uses(HELD, close(LockEnd.CONFIRMED, "30")) == [Decimal("27.89"), Decimal("2.11")]
    assert uses(HELD, close(LockEnd.RELEASED, "0")) == [Decimal("27.89"), Decimal("-27.89")]
    assert uses(HELD, close(LockEnd.EXPIRED, "0")) == [Decimal("27.89"), Decimal("-27.89")]


def test_backdated_usage_stands_where_it_was_used_and_forgotten_properties_are_left_out() -> None:
    forgotten = Sealed(FORGOTTEN)
    event = UsageBackdated(
        "messages", Decimal(5), START, "2.1", START, LATER, HUNDRED, Decimal(1), Decimal(6), properties=forgotten
    )
    row = only(given(USAGE, event)["usage"])
    assert columns(USAGE, "usage", row, ["at", "value", "properties"]) == [START, Decimal(5), None]


def test_a_subscription_keeps_its_trial_discounts_debts_and_next_quantities() -> None:
    spring = AppliedDiscount("spring", "Spring", Decimal(10))
    trial = msgspec.structs.replace(ATTACHED, trial_ends_at=LATER, discounts=(spring,))
    scheduled = QuantityScheduled("2.0", "messages", Decimal(100), Decimal(200))
    row = only(given(SUBSCRIPTIONS, CREATED, trial, PlanPastDue("2.0", "3.0"), scheduled)["subscriptions"])
    held = msgspec.json.decode(column(SUBSCRIPTIONS, "subscriptions", row, "state"), type=Subscription)
    assert (held.trial_ends_at, held.discounts, held.past_due, held.since) == (LATER, (spring,), "3.0", 2)
    assert held.next_quantities[0].quantity == 200
    plain = only(given(SUBSCRIPTIONS, CREATED, trial, DiscountRemoved("2.0", "spring"))["subscriptions"])
    assert b'"discounts":[]' in column(SUBSCRIPTIONS, "subscriptions", plain, "state")


def test_changed_terms_show_their_version_and_the_balances_they_ended_as_expired() -> None:
    terms = GrantTerms("3.0", "messages", FeatureKind.CONSUMABLE, START, subscription_id="2.0", included=Decimal(500))
    plan = msgspec.structs.replace(PRO, version=7)
    changed = PlanChanged("2.0", plan, START, START, LATER, ended=("2.1",), grants=(terms,))
    row = only(given(SUBSCRIPTIONS, CREATED, ATTACHED, changed)["subscriptions"])
    assert column(SUBSCRIPTIONS, "subscriptions", row, "plan_version") == 7
    rows = given(BALANCES, ATTACHED, changed)["balances"]
    statuses = {key[1]: column(BALANCES, "balances", row, "status") for key, row in rows.items()}
    assert statuses["2.1"] == "expired"
    assert statuses["3.0"] == "active"


def test_leftovers_of_a_period_are_a_row_that_names_where_they_came_from() -> None:
    full, left = Level(HUNDRED, HUNDRED), Level(HUNDRED, Decimal(40))
    kept = GrantTerms("4.0", "messages", FeatureKind.CONSUMABLE, LATER, included=Decimal(40), rollover_of="2.1")
    reset = BalanceReset("messages", "2.1", left, full, Decimal(0), START, LATER, rolled=kept)
    rows = given(BALANCES, ATTACHED, USED, reset)["balances"]
    leftover = next(row for key, row in rows.items() if key[1] == "4.0")
    assert columns(BALANCES, "balances", leftover, ["rollover_of", "granted", "remaining"]) == ["2.1", 40, 40]


def test_balances_follow_locks_top_ups_and_what_is_taken_back() -> None:
    def left(*events: Event) -> Decimal:
        rows = given(BALANCES, ATTACHED, *events)["balances"]
        row = next(row for key, row in rows.items() if key[1] == "2.1")
        found: Decimal = column(BALANCES, "balances", row, "remaining")
        return found

    before, after = Level(HUNDRED, Decimal(40)), Level(Decimal(150), Decimal(90))
    taken = msgspec.structs.replace(HELD, allocations=USED.allocations)
    back = tuple(msgspec.structs.replace(each, amount=-each.amount) for each in USED.allocations)
    assert left(taken) == left(USED) == 40
    assert left(USED, BalanceToppedUp("messages", "2.1", Decimal(50), Decimal(50), before, after)) == 90
    assert left(USED, EffectReversed(2, 2, "usage.recorded.v2", "messages", back)) == 100
    assert left(USED, EffectReversed(2, 2, "x.v1", "messages", changes=(Change("2.1", before, after),))) == 90


def test_a_customer_keeps_its_currency_and_limits_and_its_entities_theirs() -> None:
    limits = Controls((SpendLimit("messages", Decimal(50), enabled=True),))
    tables = given(
        CUSTOMERS,
        CREATED,
        EntityCreated("team", "seats", None, START),
        CurrencySet(None, "eur"),
        ControlsChanged(Controls(), limits),
        ControlsChanged(Controls(), limits, "team"),
    )
    customer, entity = only(tables["customers"]), only(tables["entities"])
    kept = [column(CUSTOMERS, "customers", customer, name) for name in CustomerRow._fields]
    held = [column(CUSTOMERS, "entities", entity, name) for name in EntityRow._fields]
    state = restore({"customers": [tuple(kept)], "entities": [tuple(held)]})
    assert (state.currency, state.controls, state.entities["team"].controls) == ("eur", limits, limits)
    nothing = given(CUSTOMERS, CREATED, ControlsChanged(Controls(), limits), ControlsChanged(limits, Controls()))
    assert column(CUSTOMERS, "customers", only(nothing["customers"]), "controls") is None

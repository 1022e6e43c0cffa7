"""A change whose payment waits for its payer: nothing moves until it is paid, and then all of it does."""

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.balances.adjustment import GrantBalance, UpdateBalance
from ledger.core.balances.correction import Reverse
from ledger.core.balances.limiting import NewControls
from ledger.core.balances.usage import Consume, Track
from ledger.core.customer import CUSTOMER
from ledger.core.decider import Command
from ledger.core.entity import CreateEntity, DeleteEntity
from ledger.core.errors import PaymentAwaited
from ledger.core.events import (
    ChangeHeld,
    ChangeReleased,
    InvoiceCreated,
    InvoiceFinalized,
    Line,
    LineKind,
    PaymentNeedsAction,
    PaymentRequested,
    PlanAttached,
)
from ledger.core.invoices.documents import PayInvoice
from ledger.core.invoices.invoice import InvoiceStatus
from ledger.core.invoices.payment import InvoicePaymentFailed
from ledger.core.period import Every, Interval
from ledger.core.profile import UpdateCustomer
from ledger.core.sealed import Sealed
from ledger.core.state import Customer
from ledger.core.subscriptions.billing import (
    Billing,
    Carry,
    CustomLine,
    DiscountRef,
    FeatureLine,
    InvoiceMode,
    LineFilter,
)
from ledger.core.subscriptions.cancellation import Cancel, Uncancel, When
from ledger.core.subscriptions.change import Attach, Schedule
from ledger.core.subscriptions.customising import Customize, ItemFilter
from ledger.core.subscriptions.first import BeginFirst
from ledger.core.subscriptions.phases import CreateSchedule, Phase
from ledger.core.subscriptions.quantity import ChangeQuantities
from ledger.core.subscriptions.releasing import WAITING, asked
from ledger.core.subscriptions.revision import Revise
from ledger.core.subscriptions.several import AttachMany
from ledger.core.terms import BasePrice, FreeTrial
from tests.core.account import Account, bought
from tests.core.offers import MONTH, START, WORDS, YEAR, included, units
from tests.core.waiting import as_it_stands, held_of, nobody, on_pro, pay, waits

CHANGES: dict[str, tuple[Callable[[], Account], Command]] = {
    "a first plan": (nobody, Attach("pro", quantities=bought(words=300))),
    "a plan paid for by the year": (on_pro, Attach("yearly")),
    "an upgrade": (on_pro, Attach("premium")),
    "an upgrade with what remained": (on_pro, Attach("premium", carry_usages=Carry(("messages",)))),
    "a downgrade at once": (
        on_pro,
        Attach("free", schedule=Schedule.IMMEDIATE, billing=Billing(add_lines=(CustomLine(9000, "A fee"),))),
    ),
    "more units": (on_pro, ChangeQuantities("pro", quantities=bought(words=500))),
    "another price": (on_pro, Revise("pro", customize=Customize(price=BasePrice(9000, MONTH)))),
    "another cycle": (on_pro, Revise("pro", anchor_now=True, customize=Customize(price=BasePrice(90000, YEAR)))),
    "several plans": (nobody, AttachMany((Attach("pro"), Attach("extra"), Attach("extra")))),
    "a schedule": (
        nobody,
        CreateSchedule((Phase((Attach("premium"),)), Phase((Attach("pro"),), starting_after=MONTH))),
    ),
    "an end with a fee": (
        on_pro,
        Cancel("pro", when=When.NOW, billing=Billing(custom_lines=(CustomLine(1500, "A fee"),))),
    ),
    "seats": (on_pro, Track("users", value=units(3))),
    "seats that are checked": (on_pro, Consume("users", units(2))),
    "an entity": (on_pro, CreateEntity("e1", "users", "Ann's team")),
    "a balance that is set": (on_pro, UpdateBalance("users", usage=units(4))),
}


EVERYTHING: list[Command] = [
    Attach(
        "pro",
        2,
        "e1",
        bought(words=3),
        "mine",
        Schedule.IMMEDIATE,
        Customize(price=None, remove_items=(ItemFilter(feature_id="words"),), add_items=(included(WORDS, 3),)),
        FreeTrial(Every(Interval.DAY, 7)),
        START,
        START,
        True,
        START,
        Carry(("messages",)),
        Carry(),
        ("free",),
        False,
        Billing(
            custom_lines=(CustomLine(5, "A line", START, START),),
            remove_lines=(LineFilter("pro", features=(FeatureLine("words", True, MONTH),)),),
            invoice_mode=InvoiceMode(),
            discounts=(DiscountRef("spring"),),
        ),
    ),
    Attach("pro", free_trial=None),
    AttachMany((Attach("pro"),)),
    BeginFirst(("pro",)),
    CreateSchedule((Phase((Attach("pro"),), starting_after=MONTH),)),
    Cancel("pro", when=When.NOW),
    ChangeQuantities("pro", quantities=bought(words=3)),
    Revise(subscription_id="2.0", version=3, free_trial=None),
    Track(None, "sent", units("0.1"), properties={"deep": [1, None, {"a": True}]}, used_at=START),
    Consume("users", units(2), "e1", {"a": "b"}),
    GrantBalance("users", included=units(3), reset=MONTH, expires_at=START),
    UpdateBalance("users", usage=units(3)),
    CreateEntity("e1", "users", "Ann", NewControls()),
    DeleteEntity("e1"),
]


@pytest.mark.parametrize("name", CHANGES)
def test_nothing_moves_until_it_is_paid_and_then_all_of_it_does(name: str) -> None:
    before, command = CHANGES[name]
    account, other = before().pays_with("pm_needs_action"), before().pays_with("pm_card")
    stood = as_it_stands(account)
    events = account.do(command)
    other.do(command)
    kinds = [type(each) for each in events]
    assert kinds == [ChangeHeld, InvoiceCreated, InvoiceFinalized, PaymentRequested, PaymentNeedsAction]
    assert as_it_stands(account) == stood
    held = account.customer.held
    assert held is not None
    assert asked(held) == command
    owed = account.customer.account.invoices[held.invoice_id]
    assert owed.status is InvoiceStatus.OPEN
    assert owed.due_minor == other.invoiced()[-1] > 0
    events = pay(account)
    assert isinstance(events[2], ChangeReleased)
    assert account.customer.held is None
    assert as_it_stands(account) == as_it_stands(other)
    account.wait(80)
    other.wait(80)
    assert as_it_stands(account) == as_it_stands(other)


@pytest.mark.parametrize("name", [name for name, (_, command) in CHANGES.items() if not isinstance(command, Consume)])
def test_the_invoice_names_the_plans_and_the_events_that_it_is_for(name: str) -> None:
    before, command = CHANGES[name]
    account = before().pays_with("pm_needs_action")
    account.do(command)
    held = account.customer.held
    assert held is not None
    pay(account)
    known = {each.subscription_id for _, each in account.log if isinstance(each, PlanAttached)}
    for line in account.customer.account.invoices[held.invoice_id].lines:
        assert line.subscription_id in known
        assert line.first_version is None or line.last_version is None or line.first_version <= line.last_version
        assert line.last_version is None or line.last_version <= held.version


def test_a_change_that_is_paid_late_has_the_periods_that_it_was_invoiced_for() -> None:
    account = nobody().pays_with("pm_needs_action")
    account.attach("pro")
    account.wait(5)
    pay(account)
    pro = account.subscription("pro")
    assert (pro.started_at, pro.period_start) == (START, START)
    account.wait(27)
    assert account.invoiced() == [2000, 2000]


def test_what_is_used_meanwhile_is_billed_beside_it() -> None:
    account = on_pro().pays_with("pm_needs_action")
    account.attach("premium")
    overage = [line.amount_minor for line in held_lines(account) if line.kind is LineKind.USAGE]
    assert overage == [300]
    account.track("messages", 7)
    pay(account)
    (accrued,) = account.customer.account.accrued.values()
    assert (accrued.line.amount_minor, accrued.line.quantity, accrued.line.plan_id) == (70, units(7), "pro")
    account.wait(30)
    assert any(line.amount_minor == 70 for line in [*account.customer.account.invoices.values()][-1].lines)


def held_lines(account: Account) -> list[Line]:
    assert account.customer.held is not None
    return list(account.customer.account.invoices[account.customer.held.invoice_id].lines)


@pytest.mark.parametrize(
    "other",
    [
        Attach("extra"),
        AttachMany((Attach("extra"),)),
        CreateSchedule((Phase((Attach("premium"),)),)),
        Cancel("pro"),
        Uncancel("pro"),
        ChangeQuantities("pro", quantities=bought(words=100)),
        Revise("pro", anchor_now=True),
        Track("users", value=units(2)),
        Track("users", value=units(2), paid_or_refused=True),
        CreateEntity("e1", "users"),
    ],
    ids=lambda command: type(command).__name__,
)
def test_another_billing_change_meanwhile_is_refused(other: Command) -> None:
    account = on_pro().pays_with("pm_needs_action")
    account.attach("premium")
    before = account.customer
    with pytest.raises(PaymentAwaited, match="change of premium, pro waits for its invoice") as refused:
        account.do(other)
    assert refused.value.code == "billing_change_pending"
    assert account.customer == before


def test_use_that_costs_nothing_now_goes_on_meanwhile() -> None:
    account = on_pro().pays_with("pm_needs_action")
    account.attach("premium")
    account.track("messages", 20)
    account.do(GrantBalance("messages", included=units(10)))
    assert account.balance("messages") == (10, 150)


def test_a_batch_and_a_reversal_cannot_wait_and_fail() -> None:
    account = on_pro().pays_with("pm_needs_action")
    before = account.customer
    with pytest.raises(InvoicePaymentFailed, match="waits for its payer"):
        account.do(Track("users", value=units(2), paid_or_refused=True))
    assert account.customer == before
    assert Reverse.waits_as is None


def test_a_preview_says_what_it_will_be_once_it_is_paid() -> None:
    account, other = on_pro().pays_with("pm_needs_action"), on_pro()
    mine, theirs = account.preview(Attach("premium")), other.preview(Attach("premium"))
    assert mine.planned.total_minor == theirs.planned.total_minor
    assert mine.next_cycle is not None
    assert theirs.next_cycle is not None
    assert mine.next_cycle.starts_at == theirs.next_cycle.starts_at
    assert mine.next_cycle.total_minor == theirs.next_cycle.total_minor


def test_use_counts_from_when_it_is_paid() -> None:
    account = on_pro().pays_with("pm_needs_action")
    account.track("users", 3)
    billed = [line.amount_minor for line in held_lines(account)]
    account.wait(6)
    pay(account)
    assert account.balance("users") == (0, 4)
    assert not account.customer.account.accrued
    assert account.invoiced()[-1] == sum(billed)


def test_a_renewal_that_waits_for_its_payer_leaves_the_plan_past_due() -> None:
    account = on_pro().pays_with("pm_needs_action").wait(30)
    assert account.customer.held is None
    assert account.subscription("pro").past_due is not None


@pytest.mark.parametrize("command", EVERYTHING, ids=lambda command: type(command).__name__)
def test_what_was_asked_for_is_read_as_it_was_kept(command: Command) -> None:
    kept = msgspec.json.decode(msgspec.json.encode(msgspec.to_builtins(command)))
    event = ChangeHeld(command.waits_as or "", Sealed(kept), "9.0", START, "update_plan")
    held = CUSTOMER.evolve(Customer(), event).held
    assert asked(held) == command


def test_every_command_that_can_wait_is_read_in_one_of_these_examples() -> None:
    assert {type(each) for each in EVERYTHING} == set(WAITING.values())


@given(
    first=st.sampled_from(["pro", "premium", "yearly"]),
    second=st.sampled_from(["pro", "premium", "yearly", "extra", "free"]),
    begun=st.integers(0, 40),
    late=st.integers(0, 40),
    used=st.integers(0, 200),
    meanwhile=st.integers(0, 100),
)
def test_whenever_it_is_paid_all_or_nothing_of_it_happens(
    first: str, second: str, begun: int, late: int, used: int, meanwhile: int
) -> None:
    account = nobody()
    account.attach(first)
    account.track("messages", used)
    account.wait(begun).pays_with("pm_needs_action")
    if second == first or account.subscription(first).past_due:
        return
    account.bill(Attach(second, schedule=None if second == "extra" else Schedule.IMMEDIATE))
    if not waits(account):
        return
    account.track("messages", meanwhile)
    invoice_id = held_of(account).invoice_id
    account.do(UpdateCustomer({"metadata": {"payment_method": "pm_card"}}))
    account.wait(late)
    if waits(account):
        account.do(PayInvoice(invoice_id))
        assert account.plans()[second] == "active"
    else:
        assert account.plans() == {first: "active"}
    assert not waits(account)
    account.wait(70)
    assert not account.customer.account.open_invoices()

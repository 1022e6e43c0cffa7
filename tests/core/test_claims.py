"""Which names an event takes in its ledger and gives back, and which a command wants looked up first."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from ledger.core.balances.adjustment import GrantBalance
from ledger.core.balances.correction import REVERSED, Reverse
from ledger.core.balances.locking import LOCK, FinalizeLock, Reserve
from ledger.core.balances.usage import Track
from ledger.core.customer import CUSTOMER
from ledger.core.decider import Ask, Claim, Command
from ledger.core.events import CustomerDeleted, Event, Line, LineKind, LockEnd, Origin, UsageRecorded
from ledger.core.invoices.documents import PayInvoice
from ledger.core.invoices.invoice import Account as Money
from ledger.core.invoices.invoice import Invoice, InvoiceStatus
from ledger.core.offers.catalog import PLAN_IN_USE
from ledger.core.period import Every, Interval
from ledger.core.profile import CreateCustomer, UpdateCustomer
from ledger.core.sealed import FORGOTTEN, Sealed
from ledger.core.subscriptions.change import Attach
from ledger.core.subscriptions.first import BeginFirst
from ledger.core.subscriptions.phases import CreateSchedule, Phase
from ledger.core.subscriptions.revision import Revise
from ledger.core.subscriptions.several import AttachMany
from ledger.core.subscriptions.trial import TRIAL
from ledger.core.terms import FreeTrial
from tests.core.account import Account
from tests.core.offers import EXTRA, FREE, PREMIUM, PRO, START, units

WEEK = FreeTrial(Every(Interval.WEEK))
ON = {name: Claim(PLAN_IN_USE, name, shared=True) for name in ("pro", "premium", "free", "extra")}


def taken(account: Account, command: Command) -> list[Claim]:
    """What the events of a command take and give back, in order."""
    before = account.customer
    found: list[Claim] = []
    for event in account.do(command):
        found += CUSTOMER.claims(before, event)
        before = CUSTOMER.evolve(before, event)
    return found


def known(fingerprint: str | None = "f1") -> Account:
    account = Account(FREE, replace(PRO, free_trial=WEEK), PREMIUM, EXTRA)
    if fingerprint is not None:
        account.do(UpdateCustomer({"fingerprint": fingerprint}))
    return account


def test_a_plan_is_in_use_from_the_moment_it_is_attached_or_waits() -> None:
    account = known(None)
    assert taken(account, Attach("premium")) == [ON["premium"]]
    assert taken(account, Attach("free")) == [ON["free"]]
    assert taken(account, AttachMany((Attach("extra"),))) == [ON["extra"]]
    assert taken(account, Revise("premium", anchor_now=True))[0] == ON["premium"]


def test_a_change_that_waits_for_its_payer_holds_its_plans() -> None:
    account = known(None).pays_with("pm_needs_action")
    assert taken(account, Attach("premium")) == [ON["premium"]]


def test_a_trial_is_taken_for_the_fingerprint_that_had_it() -> None:
    trial = Claim(TRIAL, "pro f1", personal=True, shared=True)
    assert taken(known(), Attach("pro")) == [ON["pro"], trial]
    assert taken(known(None), Attach("pro")) == [ON["pro"]]
    assert taken(known(), Attach("pro", free_trial=None)) == [ON["pro"]]
    later = known(None)
    later.attach("pro")
    assert taken(later, UpdateCustomer({"fingerprint": "f1"})) == [trial]
    assert taken(later, UpdateCustomer({"name": "Ann"})) == []


def test_a_lock_and_an_entity_have_their_names_until_they_are_gone() -> None:
    account = Account()
    account.do(GrantBalance("messages", included=units(10)))
    assert taken(account, Reserve("l1", "messages", units(1))) == [Claim(LOCK, "l1")]
    account.entities("e1")
    account.do(Reserve("l2", "messages", units(1)))
    assert set(CUSTOMER.claims(account.customer, CustomerDeleted("ann", START))) == {
        Claim("customer", "ann", held=False),
        Claim("entity", "e1", held=False, per_stream=True),
        Claim(LOCK, "l1", held=False),
        Claim(LOCK, "l2", held=False),
    }
    assert taken(account, FinalizeLock("l1", LockEnd.RELEASED)) == [Claim(LOCK, "l1", held=False)]


def test_usage_takes_no_name() -> None:
    account = Account()
    assert taken(account, Track("messages")) == []


@pytest.mark.parametrize(
    ("command", "plans"),
    [
        (Attach("pro"), ["pro"]),
        (AttachMany((Attach("pro"), Attach("extra"))), ["pro", "extra"]),
        (
            CreateSchedule((Phase((Attach("pro"),)), Phase((Attach("premium"),))), unscheduled=(Attach("extra"),)),
            ["pro", "extra"],
        ),
        (BeginFirst(("free", "pro")), ["free", "pro"]),
        (Revise("pro"), []),
    ],
)
def test_trials_that_a_command_may_begin_are_looked_up(command: Command, plans: list[str]) -> None:
    asked = [Ask(TRIAL, f"{each} f1", personal=True) for each in plans]
    assert list(CUSTOMER.asks(known().customer, command)) == asked
    assert list(CUSTOMER.asks(known(None).customer, command)) == []


def test_a_customer_that_is_made_with_a_plan_asks_by_its_own_fingerprint() -> None:
    command = CreateCustomer("bob", fingerprint="f2", plan_id="pro")
    assert Ask(TRIAL, "pro f2", personal=True) in CUSTOMER.asks(CUSTOMER.initial, command)
    assert all(each.kind != TRIAL for each in CUSTOMER.asks(CUSTOMER.initial, CreateCustomer("bob", fingerprint="f2")))


def test_paying_for_a_change_that_waits_asks_what_the_change_asked() -> None:
    account = known().pays_with("pm_needs_action")
    account.bill(Attach("premium"))
    assert account.customer.held is not None
    pay = PayInvoice(account.customer.held.invoice_id)
    assert list(CUSTOMER.asks(account.customer, pay)) == [Ask(TRIAL, "premium f1", personal=True)]
    assert list(CUSTOMER.asks(account.customer, Track("messages"))) == []
    assert list(CUSTOMER.asks(known().customer, pay)) == []


def test_a_lock_and_a_correction_ask_for_their_own_names() -> None:
    event: Event = UsageRecorded("messages", units(1))
    assert list(Reserve("l1", "messages", units(1)).asks()) == [Ask(LOCK, "l1")]
    assert list(Reverse(7, 3, event).asks()) == [Ask(REVERSED, "7")]


def test_a_customer_happens_at_its_own_standing_clock_or_in_whole_milliseconds() -> None:
    account = Account()
    odd = START + timedelta(days=1, microseconds=1_999)
    assert CUSTOMER.business_now(account.customer, odd) == START + timedelta(days=1, milliseconds=1)
    stands = replace(account.customer, clock=START)
    assert CUSTOMER.business_now(stands, odd) == START
    assert CUSTOMER.due_at(replace(stands, due_at=odd)) is None
    assert CUSTOMER.due_at(replace(account.customer, due_at=odd)) == odd


def test_what_is_sealed_is_equal_by_what_it_holds() -> None:
    first, same, other = Sealed({"a": 1}), Sealed({"a": 1}), Sealed({"a": 2})
    assert first == same
    assert first != other
    assert first != {"a": 1}
    assert len({first, same, other, Sealed(FORGOTTEN)}) == 3
    assert hash(first) != hash(other)


def test_an_invoice_names_its_plans_once_each_and_nothing_is_credited_of_a_closed_one() -> None:
    lines = tuple(Line(LineKind.BASE, 100, plan_id=each) for each in ("b", None, "a", "b"))
    made = Invoice("1.0", Origin.MANUAL, "usd", START, lines)
    assert list(made.plan_ids) == ["b", "a"]
    creditable = {status: replace(made, status=status).creditable_minor for status in InvoiceStatus}
    assert creditable == {
        InvoiceStatus.DRAFT: 0,
        InvoiceStatus.OPEN: 400,
        InvoiceStatus.PAID: 400,
        InvoiceStatus.VOID: 0,
        InvoiceStatus.UNCOLLECTIBLE: 0,
    }
    assert Money(invoices={"1.0": made}).open_invoices() == []

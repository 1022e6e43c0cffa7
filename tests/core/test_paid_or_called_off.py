"""How a change that waits for its payment ends: paid, declined, taken back, credited, or lapsed."""

import msgspec
import pytest

from ledger.core.entity import DeleteEntity
from ledger.core.errors import InvalidRequest
from ledger.core.events import (
    AppliedDiscount,
    ChangeAbandoned,
    CreditTo,
    InvoiceVoided,
    PaymentFailed,
    PaymentNeedsAction,
    PaymentRequested,
)
from ledger.core.invoices.documents import IssueCreditNote, PayInvoice, VoidInvoice, WriteOffInvoice
from ledger.core.invoices.invoice import InvoiceStatus
from ledger.core.period import Every, Interval
from ledger.core.profile import CreateCustomer
from ledger.core.state import Customer
from ledger.core.subscriptions.billing import Billing, DiscountRef
from ledger.core.subscriptions.change import Attach
from ledger.core.terms import BasePrice, Discount
from tests.core.account import Account
from tests.core.offers import MESSAGES, MONTH, included, plan, units
from tests.core.waiting import FREE, PRO, as_it_stands, held_of, nobody, on_pro, pay


def test_a_payment_that_waits_again_leaves_it_waiting() -> None:
    account = nobody().pays_with("pm_needs_action")
    account.attach("pro")
    events = account.do(PayInvoice(held_of(account).invoice_id))
    assert [type(each) for each in events] == [PaymentRequested, PaymentNeedsAction]
    assert account.customer.held is not None
    pay(account)
    assert account.plans() == {"pro": "active"}


def test_a_payment_that_is_declined_calls_it_off() -> None:
    account = on_pro().pays_with("pm_needs_action")
    account.attach("premium")
    before = as_it_stands(account)
    events = account.pays_with("pm_declined").do(PayInvoice(held_of(account).invoice_id))
    assert [type(each) for each in events] == [PaymentRequested, PaymentFailed, InvoiceVoided, ChangeAbandoned]
    given_up = events[-1]
    assert isinstance(given_up, ChangeAbandoned)
    assert (given_up.intent, given_up.plan_ids, given_up.cause) == ("update_plan", ("premium", "pro"), "payment_failed")
    assert account.customer.held is None
    assert as_it_stands(account) == before
    account.pays_with("pm_card").attach("premium")
    assert account.plans() == {"premium": "active"}


def test_an_invoice_that_is_taken_back_calls_it_off_and_gives_back_the_credit() -> None:
    account = on_pro()
    account.do(IssueCreditNote(next(iter(account.customer.account.invoices)), amount_minor=700, to=CreditTo.BALANCE))
    account.pays_with("pm_needs_action")
    account.attach("premium")
    assert account.customer.account.credit_minor == 0
    events = account.do(VoidInvoice(held_of(account).invoice_id))
    assert [type(each) for each in events] == [InvoiceVoided, ChangeAbandoned]
    assert account.customer.account.credit_minor == 700
    assert account.plans() == {"pro": "active"}


def test_an_invoice_that_is_credited_whole_is_as_good_as_paid() -> None:
    account = nobody().pays_with("pm_needs_action")
    account.attach("pro")
    account.do(IssueCreditNote(held_of(account).invoice_id, amount_minor=2000))
    assert account.plans() == {"pro": "active"}


def test_an_invoice_that_a_change_waits_for_is_not_written_off() -> None:
    account = nobody().pays_with("pm_needs_action")
    account.attach("pro")
    with pytest.raises(InvalidRequest, match=r"call it off with invoices\.void"):
        account.do(WriteOffInvoice(held_of(account).invoice_id))


def test_what_is_not_paid_by_the_end_of_a_period_that_it_was_priced_by_lapses() -> None:
    account = on_pro().pays_with("pm_needs_action")
    account.attach("premium")
    ends_at = account.subscription("pro").period_end
    assert held_of(account).lapses_at == ends_at
    account.pays_with("pm_card").wait(40)
    (at, given_up) = next((at, each) for at, each in account.log if isinstance(each, ChangeAbandoned))
    assert (at, given_up.cause) == (ends_at, "lapsed")
    assert account.plans() == {"pro": "active"}
    statuses = [each.status for each in account.customer.account.invoices.values()]
    assert statuses[1:] == [InvoiceStatus.VOID, InvoiceStatus.PAID]


def test_what_is_paid_once_never_lapses() -> None:
    account = Account(plan("pack", 10, included(MESSAGES, 100, None), every=Every(Interval.ONE_OFF)))
    account.pays_with("pm_needs_action").attach("pack")
    account.wait(400)
    pay(account)
    assert account.remaining("messages") == 100


def test_the_catalog_counts_as_it_was_when_it_was_asked_for() -> None:
    off = Discount("spring", "Spring", percent=units(50))
    account = nobody()
    account.catalog = msgspec.structs.replace(account.catalog, discounts={"spring": off})
    account.pays_with("pm_needs_action").bill(Attach("pro", billing=Billing(discounts=(DiscountRef("spring"),))))
    dearer = msgspec.structs.replace(PRO, version=2, base=BasePrice(9900, MONTH), archived=True)
    plans = {**account.catalog.plans, "pro": (PRO, dearer)}
    account.catalog = msgspec.structs.replace(account.catalog, plans=plans, discounts={})
    pay(account)
    pro = account.subscription("pro")
    assert (pro.plan, pro.discounts) == (PRO, (AppliedDiscount("spring", "Spring", units(50)),))


def test_what_cannot_be_made_any_more_is_not_paid_for() -> None:
    account = nobody().entities("e1").pays_with("pm_needs_action")
    account.attach("pro", "e1")
    account.do(DeleteEntity("e1"))
    invoice_id = held_of(account).invoice_id
    account.pays_with("pm_card")
    before = account.customer
    with pytest.raises(InvalidRequest, match=r"cannot be made any more: Entity e1 .* Take it back with invoices\.void"):
        account.do(PayInvoice(invoice_id))
    assert account.customer == before
    account.do(VoidInvoice(invoice_id))
    assert account.customer.held is None


def test_a_new_customer_has_its_first_plans_when_they_are_paid() -> None:
    account = nobody()
    account.customer, account.log = Customer(), []
    default = msgspec.structs.replace(FREE, auto_enable=True, group="tools")
    account.catalog = msgspec.structs.replace(account.catalog, plans={**account.catalog.plans, "free": (default,)})
    account.do(CreateCustomer("ann", metadata={"payment_method": "pm_needs_action"}, plan_id="pro"))
    assert (account.customer.exists, account.plans()) == (True, {})
    pay(account)
    assert account.plans() == {"free": "active", "pro": "active"}

"""Plans that are invoiced and paid later, or that wait to start until they are paid."""

import pytest

from ledger.core.errors import Refusal
from ledger.core.events import PlanActivated
from ledger.core.invoices.documents import PayInvoice, VoidInvoice
from ledger.core.invoices.invoice import InvoiceStatus
from ledger.core.subscriptions.billing import Billing, InvoiceMode, IssueMethod
from ledger.core.subscriptions.cancellation import Cancel, Uncancel, When
from ledger.core.subscriptions.change import Attach
from ledger.core.subscriptions.importing import ImportedPlan, ImportPlans
from tests.core.account import Account
from tests.core.offers import PRO, USERS, included, plan
from tests.core.starting import FEBRUARY, MID, WEEK, on

PAID_FIRST = Billing(invoice_mode=InvoiceMode(IssueMethod.FINALIZE, 14))


# --- invoices -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("issue", "status"),
    [
        (IssueMethod.DRAFT, InvoiceStatus.DRAFT),
        (IssueMethod.FINALIZE, InvoiceStatus.OPEN),
        (IssueMethod.SEND, InvoiceStatus.OPEN),
    ],
)
def test_a_plan_may_be_invoiced_and_paid_later(issue: IssueMethod, status: InvoiceStatus) -> None:
    account = Account(PRO)
    mode = InvoiceMode(issue, 14, enable_plan_immediately=True)
    assert account.bill(Attach("pro", billing=Billing(invoice_mode=mode))) == 2000
    assert account.plans() == {"pro": "active"}
    (invoice,) = account.customer.account.invoices.values()
    assert (invoice.status, invoice.due_minor, invoice.net_terms_days) == (status, 2000, 14)


def test_a_plan_may_wait_for_its_invoice_to_be_paid() -> None:
    account = on("pro").wait_until(MID)
    assert account.bill(Attach("premium", billing=PAID_FIRST)) == 1500
    assert account.plans() == {"pro": "active", "premium": "scheduled"}
    assert account.remaining("messages") == 500
    *_, invoice = account.customer.account.invoices.values()
    account.wait(3)
    account.do(PayInvoice(invoice.invoice_id))
    assert account.plans() == {"premium": "active"}
    assert account.remaining("messages") == 1000
    assert account.subscription("premium").period_end == FEBRUARY
    account.wait_until(FEBRUARY)
    assert account.invoiced() == [2000, 1500, 5000]


def test_seats_in_use_pass_over_to_a_plan_that_waited_for_its_payment() -> None:
    account = Account(plan("small", 20, included(USERS, 3)), plan("large", 50, included(USERS, 9)))
    account.attach("small")
    account.track("users", 2)
    account.bill(Attach("large", billing=PAID_FIRST))
    *_, invoice = account.customer.account.invoices.values()
    account.wait(3)
    events = account.do(PayInvoice(invoice.invoice_id))
    assert account.balance("users") == (7, 2)
    assert [each.started_at for each in events if isinstance(each, PlanActivated)] == [account.now]


def test_a_plan_whose_invoice_is_taken_back_never_starts() -> None:
    account = Account(PRO)
    account.bill(Attach("pro", billing=PAID_FIRST))
    assert account.plans() == {"pro": "scheduled"}
    (invoice,) = account.customer.account.invoices.values()
    account.do(VoidInvoice(invoice.invoice_id))
    assert account.plans() == {}


def test_while_a_plan_waits_for_its_payment_nothing_else_is_attached() -> None:
    account = on("free")
    account.bill(Attach("pro", billing=PAID_FIRST))
    with pytest.raises(Refusal, match="Plan pro waits for its invoice") as refused:
        account.do(Attach("extra"))
    assert refused.value.code == "billing_change_pending"
    for change in (Cancel("free", when=When.NOW), Uncancel("free"), ImportPlans((ImportedPlan("extra"),))):
        with pytest.raises(Refusal, match="Plan pro waits for its invoice"):
            account.do(change)
    account.do(Cancel("pro", when=When.NOW))
    assert [each.status for each in account.customer.account.invoices.values()] == ["void"]
    assert account.attach("extra") == 2000


def test_a_plan_that_costs_nothing_now_has_nothing_to_wait_for() -> None:
    account = Account(PRO)
    account.bill(Attach("pro", free_trial=WEEK, billing=PAID_FIRST))
    assert account.plans() == {"pro": "active"}

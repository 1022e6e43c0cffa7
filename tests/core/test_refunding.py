"""Money that goes back when a plan is cancelled: how much of which payment, and when none can."""

import pytest

from ledger.core.errors import Refusal
from ledger.core.events import PaymentRefunded
from ledger.core.subscriptions.billing import Billing, ProrationBehavior
from ledger.core.subscriptions.cancellation import Cancel, Refund
from ledger.core.subscriptions.quantity import ChangeQuantities
from ledger.core.subscriptions.quote import Planned
from tests.core.account import Account, bought
from tests.core.cancelling import END, NOW, on
from tests.core.offers import EXTRA, MESSAGES, PRO, plan, prepaid


def refund(account: Account, how: Refund) -> Planned:
    command = Cancel("pro", when=NOW, refund=how)
    planned = account.preview(command).planned
    account.do(command)
    return planned


def refunded(account: Account) -> list[int]:
    return [each.refunded_minor for each in account.customer.account.invoices.values()]


def test_the_whole_last_payment_goes_back_in_place_of_a_credit() -> None:
    account = on("pro", PRO).wait(15.5)
    planned = refund(account, Refund.FULL)
    assert (planned.refund_minor, planned.total_minor, planned.lines) == (2000, 0, ())
    assert (account.plans(), account.invoiced(), refunded(account)) == ({}, [2000], [2000])
    assert account.customer.account.credit_minor == 0


def test_what_is_left_of_the_time_goes_back() -> None:
    account = on("pro", PRO).wait(15.5)
    assert refund(account, Refund.PRORATED).refund_minor == 1000
    assert refunded(account) == [1000]
    (invoice_id,) = account.customer.account.invoices
    (went_back,) = (event for _, event in account.log if isinstance(event, PaymentRefunded))
    assert went_back == PaymentRefunded(invoice_id, 1000, "usd", account.now)


def test_what_is_left_may_come_from_several_payments_of_the_period_and_none_before_it() -> None:
    account = on("pro", plan("pro", 20, prepaid(MESSAGES, 0, 1000)), messages=100).wait(31)
    account.bill(ChangeQuantities("pro", quantities=bought(messages=300)))
    account.wait(14)
    assert account.invoiced() == [3000, 3000, 2000]
    assert refund(account, Refund.PRORATED).refund_minor == 2500
    assert refunded(account) == [0, 500, 2000]


def test_what_is_left_never_comes_from_a_payment_of_a_period_that_is_over() -> None:
    account = on("pro", PRO).wait(31 + 14)
    last = list(account.customer.account.invoices)[-1]
    account.happen(PaymentRefunded(last, 1500, "usd", account.now))
    assert refund(account, Refund.PRORATED).refund_minor == 500
    assert refunded(account) == [0, 2000]


def test_the_whole_last_payment_may_be_one_of_a_period_that_is_over() -> None:
    account = on("pro", PRO).pays_with("pm_declined").wait(31 + 14)
    assert refund(account, Refund.FULL).refund_minor == 2000
    assert refunded(account) == [2000, 0]


@pytest.mark.parametrize(("how", "back"), [(Refund.FULL, 1500), (Refund.PRORATED, 1000)])
def test_no_more_goes_back_than_is_left_of_the_payment(how: Refund, back: int) -> None:
    account = on("pro", PRO).wait(15.5)
    (invoice_id,) = account.customer.account.invoices
    account.happen(PaymentRefunded(invoice_id, 500, "usd", account.now))
    assert refund(account, how).refund_minor == back


def test_a_payment_that_went_back_already_is_not_paid_back_again() -> None:
    account = on("pro", PRO)
    (invoice_id,) = account.customer.account.invoices
    account.happen(PaymentRefunded(invoice_id, 2000, "usd", account.now))
    assert refund(account, Refund.FULL).refund_minor == 0
    assert (account.plans(), refunded(account)) == ({}, [2000])
    assert sum(isinstance(event, PaymentRefunded) for _, event in account.log) == 1


def test_only_what_was_paid_for_the_plan_goes_back() -> None:
    account = on("pro", PRO, EXTRA)
    account.attach("extra")
    account.wait(31)
    assert account.invoiced() == [2000, 2000, 4000]
    assert refund(account, Refund.FULL).refund_minor == 2000
    assert refunded(account) == [0, 0, 2000]


@pytest.mark.parametrize(
    ("command", "code", "sentence"),
    [
        (Cancel("pro", when=END, refund=Refund.FULL), "invalid_request", "cancel_immediately"),
        (
            Cancel("pro", when=NOW, refund=Refund.FULL, billing=Billing(ProrationBehavior.NONE)),
            "invalid_inputs",
            "proration_behavior",
        ),
        (
            Cancel("pro", when=NOW, refund=Refund.FULL, billing=Billing(no_billing_changes=True)),
            "invalid_request",
            "no_billing_changes",
        ),
        (Cancel("free", when=NOW, refund=Refund.FULL), "invalid_request", "Nothing was paid"),
    ],
)
def test_a_refund_that_cannot_be_is_refused(command: Cancel, code: str, sentence: str) -> None:
    account = on("pro", PRO, plan("free", 0, group="other"))
    account.attach("free")
    with pytest.raises(Refusal, match=sentence) as refused:
        account.do(command)
    assert refused.value.code == code
    assert account.plans() == {"pro": "active", "free": "active"}

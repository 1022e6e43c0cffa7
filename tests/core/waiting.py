"""Customers whose changes wait to be paid, and what is looked at meanwhile and afterwards."""

import msgspec

from ledger.core.events import ChangeHeld, Event
from ledger.core.invoices.documents import PayInvoice
from ledger.core.invoices.invoice import InvoiceStatus
from tests.core.account import Account
from tests.core.offers import MESSAGES, USERS, WORDS, YEAR, included, metered, plan, prepaid

PRO = plan("pro", 20, metered(MESSAGES, 100, 10), prepaid(WORDS, 0, 1000), metered(USERS, 1, 5000))
PREMIUM = plan("premium", 50, included(MESSAGES, 1000), prepaid(WORDS, 0, 800), metered(USERS, 1, 4000))
YEARLY = plan("yearly", 300, included(MESSAGES, 5000), every=YEAR)
EXTRA = plan("extra", 7, included(WORDS, 30), add_on=True)
FREE = plan("free", 0, included(MESSAGES, 5))


def nobody() -> Account:
    return Account(PRO, PREMIUM, YEARLY, EXTRA, FREE)


def on_pro() -> Account:
    account = nobody()
    account.attach("pro", words=200)
    account.track("messages", 130)
    account.track("users", 1)
    return account.wait(10)


def held_of(account: Account) -> ChangeHeld:
    (found,) = (each for _, each in account.log if isinstance(each, ChangeHeld))
    return found


def waits(account: Account) -> bool:
    return account.customer.held is not None


def pay(account: Account) -> list[Event]:
    """Mend the payment method, and pay what waits."""
    assert account.customer.held is not None
    invoice_id = account.customer.held.invoice_id
    return account.pays_with("pm_card").do(PayInvoice(invoice_id))


def as_it_stands(account: Account) -> object:
    """What a customer has and owes, without the ids and versions that history gave it."""
    customer = account.customer
    nameless = {"subscription_id": "", "replaces": None, "since": 0}
    plans = [msgspec.structs.replace(each, **nameless) for each in customer.subscriptions.values()]
    grants = [
        (each.feature_id, each.level, each.resets_at, each.expires_at, each.terms.entity_id, each.terms.anchor)
        for each in customer.grants.values()
    ]
    invoices = [
        [(line.kind, line.plan_id, line.feature_id, line.amount_minor, line.period_end) for line in each.lines]
        for each in customer.account.invoices.values()
        if each.status is InvoiceStatus.PAID
    ]
    accrued = [(each.line.amount_minor, each.bill_at) for each in customer.account.accrued.values()]
    return plans, grants, invoices, accrued, list(customer.entities), customer.account.credit_minor, customer.currency

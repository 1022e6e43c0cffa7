"""A customer with a team's plan and invoices that are made by hand."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from ledger.core.errors import Refusal
from ledger.core.events import InvoiceCreated
from ledger.core.invoices.documents import CreateInvoice, PayInvoice
from ledger.core.invoices.invoice import Invoice
from ledger.core.settings import Gateway, LedgerSettings
from ledger.core.subscriptions.billing import CustomLine, DiscountRef, IssueMethod
from ledger.core.terms import Discount
from tests.core.account import Account
from tests.core.offers import MESSAGES, USERS, WORDS, included, metered, plan, prepaid, units

TEAM = plan(
    "team",
    30,
    prepaid(MESSAGES, 100, 1_000),
    metered(WORDS, 10, 4),
    metered(USERS, 2, 500),
    included(WORDS, 5),
)
DAYS = timedelta(days=1)


def made(account: Account, command: CreateInvoice) -> InvoiceCreated:
    return next(each for each in account.do(command) if isinstance(each, InvoiceCreated))


def invoice(account: Account) -> Invoice:
    return list(account.customer.account.invoices.values())[-1]


def refused(account: Account, command: Any, code: str, sentence: str) -> None:
    before = account.customer
    with pytest.raises(Refusal, match=sentence) as found:
        account.do(command)
    assert found.value.code == code
    assert account.customer is before


def discounts() -> Account:
    account = Account(TEAM, plan("other", 10))
    found = (
        Discount("tenth", "A tenth", percent=units(10)),
        Discount("five", "Five off", amount_minor=500, currency="usd"),
        Discount("euros", "Five off", amount_minor=500, currency="eur"),
        Discount("other", "Of other", percent=units(50), plan_ids=("other",)),
    )
    account.catalog = replace(account.catalog, discounts={each.discount_id: each for each in found})
    return account


def paid(*amounts: int, discount: bool = False) -> Account:
    """A customer with a paid invoice of these lines, and a tenth off if wanted."""
    account = discounts()
    account.settings = LedgerSettings(gateway=Gateway.SIMULATED)
    lines = tuple(CustomLine(each, "Work") for each in amounts)
    refs = (DiscountRef("tenth"),) if discount else ()
    account.do(CreateInvoice(lines=lines, discounts=refs, issue=IssueMethod.FINALIZE))
    account.do(PayInvoice(invoice(account).invoice_id))
    return account

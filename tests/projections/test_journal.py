"""Given events, then entries: the books without a database, on examples and on any history."""

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.core.errors import Refusal
from ledger.core.invoices.documents import CreateInvoice
from ledger.core.settings import LedgerSettings
from tests.core.account import Account
from tests.core.test_documents import MANUAL, SIMULATED, STEPS, Ask
from tests.projections.booked import booked, check_books
from tests.properties.generator import histories
from tests.properties.life import lived

Step = CreateInvoice | tuple[Ask, int, int]


@settings(max_examples=150, deadline=None)
@given(histories(most=10))
def test_the_books_of_any_life_hold_what_the_core_says(history) -> None:
    life = lived(history)
    check_books(life.customer.account, booked(life.log))


@settings(max_examples=200, deadline=None)
@given(STEPS, st.sampled_from([SIMULATED, MANUAL]), st.booleans())
def test_the_books_of_any_invoices_by_hand_hold_what_the_core_says(
    steps: list[Step], how: LedgerSettings, declines: bool
) -> None:
    account = Account(settings=how)
    if declines:
        account.pays_with("pm_declined")
    for step in steps:
        invoices = list(account.customer.account.invoices)
        try:
            if isinstance(step, CreateInvoice):
                account.do(step)
            elif invoices:
                ask, which, amount = step
                account.do(ask(invoices[which % len(invoices)], amount))
        except Refusal:
            continue
    check_books(account.customer.account, booked(account.log))

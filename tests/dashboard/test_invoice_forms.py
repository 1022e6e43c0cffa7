"""What is done from a customer's page to its invoices: finalized, collected, taken back, given up and credited."""

from decimal import Decimal
from typing import Any

import pytest

from tests.dashboard.acme import Acme, acme, browser, fill, invoiced, send, shop
from tests.dashboard.attaching import assert_beside
from tests.dashboard.conftest import Browser
from tests.dashboard.test_customer_page import plain, section

__all__ = ["acme", "browser", "shop"]


def newest(acme: Acme) -> Any:
    return acme.api.get(f"/v1/customers/{acme.id}/invoices")["list"][0]


def test_a_draft_is_finalized_and_an_open_invoice_collected(browser: Browser, acme: Acme) -> None:
    acme.api("customers.update", customer_id=acme.id, metadata={"payment_method": "pm_declined"})
    path = invoiced(acme, browser, 30, issue_method="draft")
    assert "Draft" in section(browser, "invoices")
    assert fill(browser, f"{path}/finalize", reason="Approved") == 303
    assert newest(acme)["status"] == "open"
    browser.get(acme.path)
    assert "unpaid $30.00" in section(browser, "invoices")
    assert fill(browser, f"{path}/pay") == 402
    assert 'role="alert"' in browser.text
    acme.api("customers.update", customer_id=acme.id, metadata={"payment_method": "pm_card"})
    assert fill(browser, f"{path}/pay") == 303
    assert newest(acme)["status"] == "paid"


@pytest.mark.parametrize(("action", "status"), [("void", "void"), ("write_off", "uncollectible")])
def test_an_open_invoice_is_taken_back_or_given_up(browser: Browser, acme: Acme, action: str, status: str) -> None:
    acme.api("customers.update", customer_id=acme.id, metadata={"payment_method": "pm_declined"})
    path = invoiced(acme, browser, 30, issue_method="finalize")
    browser.get(f"{path}/{action}")
    assert f"Status unpaid {status} Owed $30.00 $0.00" in plain(browser.text)
    assert newest(acme)["status"] == "open"
    assert send(browser, f"{path}/{action}", reason="Agreed with them") == 303
    assert newest(acme)["status"] == status
    browser.get(path)
    assert "Agreed with them" in plain(browser.text)
    assert f"{path}/{action}" not in browser.text
    assert browser.get(f"{path}/{action}").status_code == 400


def test_a_credit_note_is_issued_as_it_was_previewed(browser: Browser, acme: Acme) -> None:
    path = invoiced(acme, browser, 30)
    fields = {"amount": "12.50", "destination": "customer_balance", "cause": "order_change", "memo": "Two days down"}
    assert fill(browser, f"{path}/credit", **fields) == 200
    assert "Now After Owed $30.00 $17.50 Credited $0.00 $12.50 Cancel" in plain(browser.text)
    assert newest(acme)["credited"] == 0
    assert send(browser, f"{path}/credit", **fields, reason="Outage") == 303
    assert newest(acme)["credited"] == Decimal("12.50")
    browser.get(path)
    told = plain(browser.text)
    assert "issued a credit note over 12.50 USD" in told
    assert "Credit notes −$12.50" in told


@pytest.mark.parametrize("amount", ["", "lots", "0", "30.01", "1e9", "0.001"])
def test_a_credit_note_of_no_sensible_amount_is_refused(browser: Browser, acme: Acme, amount: str) -> None:
    path = invoiced(acme, browser, 30)
    assert fill(browser, f"{path}/credit", amount=amount, destination="customer_balance", cause="", memo="") == 400
    assert 'role="alert"' in browser.text
    assert newest(acme)["credited"] == 0


def test_a_credit_note_whose_invoice_changed_meanwhile_is_shown_anew(browser: Browser, acme: Acme) -> None:
    path = invoiced(acme, browser, 30)
    fields = {"amount": "20", "destination": "customer_balance", "cause": "", "memo": ""}
    assert fill(browser, f"{path}/credit", **fields) == 200
    acme.api("invoices.issue_credit_note", invoice_id=path.rsplit("/", 1)[1], amount=5)
    assert send(browser, f"{path}/credit", **fields) == 409
    assert_beside(browser, "Credited", "$0.00", "$5.00")
    assert_beside(browser, "Credited, afterwards", "$20.00", "$25.00")
    assert newest(acme)["credited"] == 5
    assert send(browser, f"{path}/credit", **fields) == 303
    assert newest(acme)["credited"] == 25

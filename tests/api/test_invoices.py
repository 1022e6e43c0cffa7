"""Invoices over HTTP: made, paid, taken back, credited and listed."""

from decimal import Decimal
from typing import Any

import pytest

from ledger.core.offers.catalog import PutDiscount
from ledger.core.terms import Discount
from ledger.store.ledger import CatalogAddress
from tests.api.client import TESTER, Api, Ledgers, Refused, catalog

JANUARY = {"Tallystick-Now": "2024-01-01T00:00:00Z"}
FIRST, HALF, NEXT = 1_704_067_200_000, 1_705_406_400_000, 1_706_745_600_000
"""1 January, 16 January at noon and 1 February 2024."""


@pytest.fixture
def acme(api: Api) -> Api:
    """Acme signed up on 1 January 2024."""
    catalog(api)
    api("customers.get_or_create", JANUARY, customer_id="acme")
    return api


def work(amount: float | str, **fields: Any) -> dict[str, Any]:
    """A request for an invoice of one line."""
    lines = [{"amount": Decimal(str(amount)), "description": "Work"}]
    return {"customer_id": "acme", "custom_line_items": lines, **fields}


def test_an_invoice_of_own_lines_is_open_until_it_is_paid(acme: Api) -> None:
    made = acme("invoices.create", **work("12.34", net_terms_days=10))
    key = made["invoice"]["id"]
    paid = acme("invoices.pay", invoice_id=key)["invoice"]

    assert (made["invoice"]["status"], made["preview"]["amount_due"]) == ("open", Decimal("12.34"))
    assert made["preview"]["due_date"] == FIRST + 10 * 86_400_000
    assert (paid["id"], paid["status"], paid["amount_paid"]) == (key, "paid", Decimal("12.34"))
    assert [(each["description"], each["amount"]) for each in paid["items"]] == [("Work", Decimal("12.34"))]
    with pytest.raises(Refused, match="400 invalid_request: This invoice is paid"):
        acme("invoices.pay", invoice_id=key)


def test_a_preview_of_an_invoice_writes_nothing_and_says_what_is_then_made(acme: Api) -> None:
    before = acme.head()
    wanted: dict[str, Any] = {
        "customer_id": "acme",
        "plans": [
            {
                "plan_id": "pro",
                "feature_quantities": [{"feature_id": "seats", "billing_behavior": "prepaid", "quantity": 2}],
            }
        ],
        "period_start": FIRST,
        "period_end": HALF,
    }
    quote = acme("invoices.create", **wanted, preview=True)
    assert acme.head() == before
    made = acme("invoices.create", **wanted)

    assert quote["invoice"] is None
    assert quote["preview"] == made["preview"]
    lines = [(each["feature_id"], each["amount"], each["prorated"]) for each in quote["preview"]["lines"]]
    assert lines == [(None, 10, True), ("seats", 10, True)]
    assert made["invoice"]["items"][0]["description"] == "Pro (from 1 Jan to 16 Jan 2024)"
    assert acme("customers.get", customer_id="acme")["subscriptions"][0]["plan_id"] == "free"


def test_a_draft_is_finalized_and_voided(acme: Api) -> None:
    draft = acme("invoices.create", **work(5, issue_method="draft"))["invoice"]
    changed = acme("invoices.update", invoice_id=draft["id"], payment_method_types=["card"])["invoice"]
    final = acme("invoices.finalize", invoice_id=draft["id"])["invoice"]
    void = acme("invoices.void", invoice_id=draft["id"])["invoice"]
    assert [each["status"] for each in (draft, changed, final, void)] == ["draft", "draft", "open", "void"]
    with pytest.raises(Refused, match="is void and cannot be finalized"):
        acme("invoices.finalize", invoice_id=draft["id"])


def test_a_draft_gets_other_lines_and_another_day_and_what_is_final_does_not(acme: Api) -> None:
    key = acme("invoices.create", **work(5, issue_method="draft"))["invoice"]["id"]
    lines = [{"amount": 7, "description": "Design"}, {"amount": Decimal("0.5"), "description": "Print"}]
    changed = acme("invoices.update", invoice_id=key, custom_line_items=lines, due_date=HALF)["invoice"]
    acme("invoices.finalize", invoice_id=key)

    assert [each["description"] for each in changed["items"]] == ["Design", "Print"]
    assert changed["total"] == Decimal("7.5")
    assert acme.get(f"/v1/invoices?invoice_id={key}")["list"][0]["due_at"] == HALF
    with pytest.raises(Refused, match="400 invalid_request: This invoice is open and cannot be given other lines"):
        acme("invoices.update", invoice_id=key, custom_line_items=lines)
    with pytest.raises(Refused, match="400 invalid_inputs: payment_method_types was not sent"):
        acme("invoices.update", invoice_id=key)
    with pytest.raises(Refused, match="404 invoice_not_found"):
        acme("invoices.update", invoice_id=f"{key}0", custom_line_items=lines)


def test_an_invoice_that_nobody_will_pay_is_written_off_once(acme: Api) -> None:
    key = acme("invoices.create", **work(5))["invoice"]["id"]
    assert acme("invoices.write_off", invoice_id=key)["invoice"]["status"] == "uncollectible"
    with pytest.raises(Refused, match="400 invalid_request: This invoice is uncollectible and cannot be written off"):
        acme("invoices.write_off", invoice_id=key)
    assert acme("invoices.pay", invoice_id=key)["invoice"]["status"] == "paid"


def test_items_come_after_discounts_and_sum_to_the_total(acme: Api) -> None:
    third = PutDiscount(Discount("third", "A third off", Decimal("33.3")))
    acme.store.ledger(acme.ledger_id).execute(CatalogAddress(), third, by=TESTER)
    lines = [{"amount": Decimal("9.99"), "description": "Design"}, {"amount": 5, "description": "Print"}]
    made = acme("invoices.create", customer_id="acme", custom_line_items=lines, discounts=[{"reward_id": "third"}])[
        "invoice"
    ]
    read = acme.get(f"/v1/invoices?invoice_id={made['id']}&explain=true")["list"][0]

    assert [each["amount"] for each in made["items"]] == [Decimal("6.66"), Decimal("3.33")]
    assert made["total"] == Decimal("9.99")
    assert [each["amount_before_discounts"] for each in read["items"]] == [Decimal("9.99"), 5]
    for item, why in zip(read["items"], read["explain"]["items"], strict=True):
        before, discounts = (sum(part["change"] for part in why[name]) for name in ("amount", "discounts"))
        assert (before, before + discounts) == (item["amount_before_discounts"], item["amount"])


def test_an_invoice_that_is_not_paid_stays_open_and_is_402(acme: Api) -> None:
    key = acme("invoices.create", **work(5))["invoice"]["id"]
    acme("customers.update", customer_id="acme", metadata={"payment_method": "pm_declined"})
    with pytest.raises(Refused, match=r"402 invoice_payment_failed: .*still open"):
        acme("invoices.pay", invoice_id=key)
    acme("customers.update", customer_id="acme", metadata={})
    assert acme("invoices.pay", invoice_id=key)["invoice"]["status"] == "paid"


def test_a_credit_note_takes_lines_back_and_can_be_previewed(acme: Api) -> None:
    paid = acme("billing.attach", customer_id="acme", plan_id="pro")["invoice"]
    shown = acme("invoices.list", customer_id="acme")["list"][0]
    asked = {"invoice_id": shown["id"], "lines": [{"id": shown["items"][0]["id"], "amount": 5}], "memo": "Sorry"}
    before = acme.head()
    quote = acme("invoices.issue_credit_note", **asked, preview=True)["credit_note"]
    assert acme.head() == before
    note = acme("invoices.issue_credit_note", **asked, destination="refund", reason="duplicate")["credit_note"]
    after = acme("invoices.list", invoice_id=shown["id"])["list"][0]

    assert shown["stripe_id"] == paid["stripe_id"]
    assert (quote["id"], quote["total"], quote["credit_amount"]) == (None, 5, 5)
    assert (note["status"], note["refund_amount"], note["post_payment_amount"]) == ("issued", 5, 5)
    assert (note["reason"], note["memo"]) == ("duplicate", "Sorry")
    assert [(each["invoice_line_item_id"], each["amount"]) for each in note["lines"]] == [(asked["lines"][0]["id"], 5)]
    assert (after["refunded_amount"], after["status"]) == (5, "paid")
    with pytest.raises(Refused, match=r"400 invalid_request: .*left"):
        acme("invoices.issue_credit_note", invoice_id=shown["id"], amount=16)


def test_credit_is_used_by_the_next_invoice(acme: Api) -> None:
    acme("invoices.create", **work(-8))
    made = acme("invoices.create", **work(20))
    assert made["preview"]["invoice_credits"] == {"balance": 8, "currency": "usd", "applied": 8}
    assert (made["preview"]["total"], made["preview"]["amount_due"]) == (20, 12)
    assert acme("invoices.pay", invoice_id=made["invoice"]["id"])["invoice"]["amount_paid"] == 12


def test_invoices_of_other_systems_are_kept_all_or_none(acme: Api) -> None:
    row = {"customer_id": "acme", "stripe_id": "in_1", "status": "open", "total": 9, "created_at": FIRST}
    (kept,) = acme("invoices.insert", invoices=[{**row, "plan_ids": ["pro"]}])["invoices"]
    (again,) = acme("invoices.insert", invoices=[{**row, "status": "paid"}])["invoices"]

    assert (kept["stripe_id"], kept["status"], kept["plan_ids"]) == ("in_1", "open", ["pro"])
    assert (again["id"], again["status"], again["amount_paid"]) == (kept["id"], "paid", 9)
    (listed,) = acme("invoices.list", stripe_id="in_1")["list"]
    assert again.items() <= listed.items()
    before = acme.head()
    with pytest.raises(Refused, match="404 customer_not_found"):
        acme("invoices.insert", invoices=[{**row, "stripe_id": "in_2"}, {**row, "customer_id": "nobody"}])
    assert acme.head() == before


def test_invoices_are_listed_newest_first_by_state_and_page_by_page(acme: Api) -> None:
    keys = [acme("invoices.create", **work(number))["invoice"]["id"] for number in (1, 2, 3)]
    acme("invoices.pay", invoice_id=keys[1])
    first = acme("invoices.list", customer_id="acme", limit=2)
    second = acme("invoices.list", customer_id="acme", limit=2, start_cursor=first["next_cursor"])

    assert [each["id"] for each in (*first["list"], *second["list"])] == keys[::-1]
    assert second["next_cursor"] is None
    assert [each["id"] for each in acme("invoices.list", status=["paid"])["list"]] == [keys[1]]
    assert acme("invoices.list", invoice_id="in_else")["list"] == []


def test_currencies_without_and_with_three_places_are_whole_amounts_of_their_own(api: Api) -> None:
    for customer_id, currency in (("tokyo", "jpy"), ("kuwait", "kwd")):
        api("customers.get_or_create", customer_id=customer_id, currency=currency)
    line = {"description": "Work"}
    yen = api("invoices.create", customer_id="tokyo", custom_line_items=[{**line, "amount": 500}])["invoice"]
    dinar = api("invoices.create", customer_id="kuwait", custom_line_items=[{**line, "amount": Decimal("1.234")}])[
        "invoice"
    ]

    assert (yen["total"], yen["currency"]) == (500, "jpy")
    assert (dinar["total"], dinar["currency"]) == (Decimal("1.234"), "kwd")
    with pytest.raises(Refused, match=r"custom_line_items.0.amount was 0.5 and must be a whole amount of jpy"):
        api("invoices.create", customer_id="tokyo", custom_line_items=[{**line, "amount": Decimal("0.5")}])


@pytest.mark.parametrize("operation", ["finalize", "pay", "void", "issue_credit_note", "update"])
@pytest.mark.parametrize("key", ["in_none", f"in_{1:032x}_2_0", f"in_{'a' * 32}_9_0", "in_here"])
def test_an_invoice_that_nobody_has_is_not_found(acme: Api, operation: str, key: str) -> None:
    if key == "in_here":
        key = acme("invoices.create", **work(1))["invoice"]["id"].rpartition("_")[0] + "_9"
    more: dict[str, Any] = {"issue_credit_note": {"amount": 1}, "update": {"payment_method_types": ["card"]}}
    with pytest.raises(Refused, match="404 invoice_not_found"):
        acme(f"invoices.{operation}", invoice_id=key, **more.get(operation, {}))


def test_a_live_ledgers_payment_is_recorded_by_hand(ledgers: Ledgers) -> None:
    live = ledgers.live()
    catalog(live)
    live("customers.get_or_create", customer_id="acme")
    bought = live("billing.attach", customer_id="acme", plan_id="pro")["invoice"]
    paid = live("invoices.pay", invoice_id=bought["stripe_id"])["invoice"]
    assert (bought["status"], paid["status"], paid["amount_paid"]) == ("open", "paid", 20)

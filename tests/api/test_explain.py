"""GET reads of invoices, and every number of an answer explained by the events that made it."""

from decimal import Decimal
from typing import Any

import pytest

from tests.api.client import Api, Refused, catalog


@pytest.fixture
def paying(api: Api) -> Api:
    """A customer `acme` on a plan that costs 20 a month, who used 30 of 500 messages."""
    catalog(api)
    api("customers.get_or_create", customer_id="acme")
    api("billing.attach", customer_id="acme", plan_id="pro")
    api("balances.track", customer_id="acme", feature_id="messages", value=30)
    return api


def change(parts: list[dict[str, Any]]) -> Decimal:
    return sum((Decimal(str(each["change"])) for each in parts), Decimal(0))


def test_get_invoices_has_a_row_for_each_with_its_number_and_what_is_due(paying: Api) -> None:
    (row,) = paying.get("/v1/customers/acme/invoices")["list"]
    assert row["customer_id"] == "acme"
    assert (row["number"], row["status"], row["origin"]) == (1, "paid", "change")
    assert row["amount_paid"] + row["credit_applied"] + row["due"] == row["total"]
    assert sum(each["amount"] for each in row["items"]) == row["total"]
    assert paying.get("/v1/invoices")["list"] == [row]
    for kept in ("customer_id=acme", "status=paid", f"invoice_id={row['id']}", f"stripe_id={row['stripe_id']}"):
        assert paying.get(f"/v1/invoices?{kept}")["list"] == [row]
    for left_out in ("status=open", "invoice_id=in_nobody", "stripe_id=in_nobody", "processor_type=revenuecat"):
        assert paying.get(f"/v1/invoices?{left_out}")["list"] == []
    assert "explain" not in row


def test_pages_of_invoices_follow_each_other(paying: Api) -> None:
    paying("billing.attach", customer_id="acme", plan_id="team")
    both = paying.get("/v1/customers/acme/invoices")["list"]
    assert len(both) == 2
    first = paying.get("/v1/invoices?limit=1")
    second = paying.get(f"/v1/invoices?limit=1&cursor={first['next_cursor']}")
    assert first["list"] + second["list"] == both
    assert second["next_cursor"] is None


def test_every_number_of_a_balance_is_the_sum_of_what_its_events_changed(paying: Api) -> None:
    rows = paying.get("/v1/customers/acme/balances?status=all&explain=true")["list"]
    assert rows
    for row in rows:
        for name in ("included_grant", "prepaid_grant", "remaining", "usage"):
            assert change(row["explain"][name]) == row[name], (row["feature_id"], name)
    used = next(row for row in rows if row["feature_id"] == "messages" and row["status"] == "active")
    last = used["explain"]["remaining"][-1]
    assert (last["type"], last["before"], last["after"], last["change"]) == ("usage.recorded.v2", 500, 470, -30)
    entry = paying.get("/v1/customers/acme/timeline?kind=usage")["list"][0]
    assert (last["position"], last["actor"]) == (entry["position"], entry["actor"])


def test_every_number_of_an_invoice_and_of_its_lines_is_the_sum_of_what_its_events_changed(paying: Api) -> None:
    (row,) = paying.get("/v1/invoices?explain=true")["list"]
    explained = row["explain"]
    for name in ("total", "amount_paid", "credit_applied", "refunded_amount", "credited", "due"):
        assert change(explained[name]) == row[name], name
    assert [each["type"] for each in explained["total"]] == ["invoice.created.v1"]
    assert len(explained["items"]) == len(row["items"])
    for shown, why in zip(row["items"], explained["items"], strict=True):
        assert change(why["amount"]) == shown["amount"]
        assert why["charged_for"]
        assert why["first_position"] <= why["charged_for"][0]["position"] <= why["last_position"]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/customers/nobody/invoices", 404, "customer_not_found"),
        ("/v1/customers/acme/invoices?entity_id=none", 404, "entity_not_found"),
        ("/v1/invoices?entity_id=seat", 400, "invalid_request"),
        ("/v1/invoices?status=sent", 400, "invalid_inputs"),
        ("/v1/invoices?explain=yes", 400, "invalid_inputs"),
        ("/v1/invoices?explain=true&limit=201", 400, "invalid_request"),
        ("/v1/invoices?cursor=x", 400, "invalid_cursor"),
    ],
)
def test_a_read_that_is_wrong_is_refused(paying: Api, path: str, status: int, code: str) -> None:
    with pytest.raises(Refused) as refused:
        paying.get(path)
    assert (refused.value.status, refused.value.code) == (status, code)

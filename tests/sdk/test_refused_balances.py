"""What is refused of balances and uses: status, code, and that nothing was written (reference §1.1 "Errors", §2.10)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.sdk.shop import START, Account, Shop, milliseconds, used

LEFTOVERS = {"max": 5, "duration": "month", "length": 1}
NOW, LATER = milliseconds(START), milliseconds(START + timedelta(days=2))
FIVE = {"included_grant": 5}


@pytest.fixture
def customer(shop: Shop) -> Account:
    """On a plan that sells words by use, with a loose balance of messages and a flag."""
    made = shop.customer()
    made.attach(shop.plan("pro", used("words", 100, 0.1), amount=20))
    made.grant("messages", 10, balance_id="taken")
    made.autumn.balances.create(customer_id=made.customer_id, feature_id="sso")
    return made


@pytest.mark.parametrize(
    ("operation", "sent", "status", "code"),
    [
        ("create", {}, 400, "invalid_inputs"),
        ("create", {"included_grant": -5}, 400, "invalid_inputs"),
        ("create", {**FIVE, "unlimited": True}, 400, "invalid_inputs"),
        ("create", {**FIVE, "expires_at": NOW}, 400, "invalid_request"),
        ("create", {**FIVE, "next_reset_at": LATER}, 400, "invalid_request"),
        ("create", {**FIVE, "reset": {"interval": "month"}, "next_reset_at": NOW}, 400, "invalid_request"),
        ("create", {**FIVE, "rollover": LEFTOVERS}, 400, "invalid_request"),
        ("create", {**FIVE, "rollover": LEFTOVERS, "reset": {"interval": "one_off"}}, 400, "invalid_request"),
        ("create", {**FIVE, "rollover": LEFTOVERS, "feature_id": "users"}, 400, "invalid_request"),
        ("create", {**FIVE, "feature_id": "none"}, 404, "feature_not_found"),
        ("create", {**FIVE, "customer_id": "none"}, 404, "customer_not_found"),
        ("create", {**FIVE, "entity_id": "none"}, 404, "entity_not_found"),
        ("create", {**FIVE, "balance_id": "taken"}, 409, "balance_already_exists"),
        ("create", {"feature_id": "sso"}, 409, "balance_already_exists"),
        ("update", {}, 400, "invalid_inputs"),
        ("update", {"remaining": 5, "add_to_balance": 5}, 400, "invalid_inputs"),
        ("update", {"remaining": 5, "usage": 5}, 400, "invalid_inputs"),
        ("update", {"remaining": -5}, 400, "invalid_inputs"),
        ("update", {"remaining": 5, "expires_at": NOW}, 400, "invalid_request"),
        ("update", {"next_reset_at": NOW}, 400, "invalid_request"),
        ("update", {"next_reset_at": LATER}, 400, "invalid_request"),
        ("update", {"feature_id": "words", "expires_at": LATER}, 400, "invalid_request"),
        ("update", {"remaining": 5, "feature_id": "none"}, 404, "feature_not_found"),
        ("update", {"remaining": 5, "feature_id": "action1"}, 404, "balance_not_found"),
        ("update", {"remaining": 5, "balance_id": "none"}, 404, "balance_not_found"),
        ("update", {"remaining": 5, "interval": "day"}, 404, "balance_not_found"),
        ("update", {"remaining": 5, "customer_id": "none"}, 404, "customer_not_found"),
        ("update", {"remaining": 5, "entity_id": "none"}, 404, "entity_not_found"),
        ("delete", {"feature_id": "none"}, 404, "feature_not_found"),
        ("delete", {"feature_id": "action1"}, 404, "balance_not_found"),
        ("delete", {"balance_id": "none"}, 404, "balance_not_found"),
        ("delete", {"customer_id": "none"}, 404, "customer_not_found"),
        ("delete", {"entity_id": "none"}, 404, "entity_not_found"),
        ("delete", {"feature_id": "words"}, 409, "paid_balance"),
        ("track", {"feature_id": "none"}, 404, "feature_not_found"),
        ("track", {"customer_id": "none"}, 404, "customer_not_found"),
        ("track", {"entity_id": "none"}, 404, "entity_not_found"),
        ("track", {"event_name": "messages.used"}, 400, "invalid_inputs"),
        ("track", {"overage_behavior": "reject"}, 400, "invalid_inputs"),
        ("check", {"feature_id": "none", "required_balance": 0}, 404, "feature_not_found"),
        ("check", {"customer_id": "none"}, 404, "customer_not_found"),
        ("check", {"entity_id": "none"}, 404, "entity_not_found"),
        ("finalize", {}, 400, "invalid_inputs"),
    ],
)
def test_what_is_refused_writes_nothing(
    customer: Account,
    http: httpx.Client,
    head: Callable[[], int],
    operation: str,
    sent: dict[str, Any],
    status: int,
    code: str,
) -> None:
    before = head()
    body = {"customer_id": customer.customer_id, "feature_id": "messages", **sent}
    answer = http.post(f"/v1/balances.{operation}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert head() == before


def test_deleting_a_features_balances_leaves_what_a_plan_gave(customer: Account) -> None:
    customer.grant("words", 50)
    customer.autumn.balances.delete(customer_id=customer.customer_id, feature_id="words")
    assert customer.left("words") == (100, 0)


@pytest.fixture
def declined(shop: Shop) -> Account:
    """Has one included seat, pays 50 for each other one, and its card is declined from now on."""
    made = shop.customer()
    made.attach(shop.plan("seats", used("users", 1, 50), amount=20))
    made.autumn.customers.update(customer_id=made.customer_id, metadata={"payment_method": "pm_declined"})
    return made


def test_a_batch_with_a_seat_that_is_not_paid_for_is_refused_as_a_whole(
    shop: Shop, declined: Account, http: httpx.Client, head: Callable[[], int]
) -> None:
    other = shop.customer()
    other.grant("messages", 10)
    rows = [
        {"customer_id": other.customer_id, "feature_id": "messages", "value": 3},
        {"customer_id": declined.customer_id, "feature_id": "users", "value": 3},
    ]
    before = head()
    for sent, index in ((rows, 1), (rows[1:], 0)):
        answer = http.post("/v1/balances.batch_track", json=sent)
        assert (answer.status_code, answer.json()["code"]) == (402, "invoice_payment_failed")
        (result,) = answer.json()["results"]
        assert (result["index"], result["status"], result["code"]) == (index, 402, "invoice_payment_failed")
    both = http.post("/v1/balances.batch_track", json=[*rows, {"customer_id": "none", "feature_id": "messages"}])
    assert (both.status_code, [each["index"] for each in both.json()["results"]]) == (400, [1, 2])
    assert head() == before
    assert (other.left("messages"), declined.left("users")) == ((10, 0), (1, 0))


def test_a_402_that_is_answered_again_says_so(declined: Account, http: httpx.Client) -> None:
    body = {"customer_id": declined.customer_id, "feature_id": "users", "value": 3}
    key = {"Idempotency-Key": f"seats of {declined.customer_id}"}
    first, again = (http.post("/v1/balances.track", json=body, headers=key) for _ in range(2))
    assert (first.status_code, again.status_code, again.json()) == (402, 402, first.json())
    assert [each.headers.get("Idempotency-Replayed") for each in (first, again)] == [None, "true"]


def test_an_entity_whose_seat_is_not_paid_for_is_not_created(declined: Account, http: httpx.Client) -> None:
    declined.entities("e1")
    body = {"customer_id": declined.customer_id, "entity_id": "e2", "feature_id": "users"}
    answer = http.post("/v1/entities.create", json=body)
    assert (answer.status_code, answer.json()["code"]) == (402, "invoice_payment_failed")
    assert declined.left("users") == (0, 1)

"""What an engineer does on the first day: sell a plan, use it, change it, cancel it and think again."""

import json

import httpx
import pytest

from tests.sdk.client import Client
from tests.sdk.shop import Shop, quantities
from tests.support.serving import Serving


def test_a_first_day_with_the_python_client(autumn: Client, shop: Shop) -> None:
    from autumn_sdk import errors

    plan_id = shop.plan(
        "pro",
        {"feature_id": "messages", "included": 500, "reset": {"interval": "month"}},
        {"feature_id": "users", "included": 1,
         "price": {"amount": 10, "interval": "month", "billing_method": "prepaid"}},
        amount=20,
    )  # fmt: skip
    seats = quantities(users=3)
    customer = autumn.customers.get_or_create(
        customer_id="first-day", name="Acme Ltd", email="books@acme.test", expand=["entities"]
    )
    assert (customer.id, customer.name, customer.email, customer.entities) == (
        "first-day", "Acme Ltd", "books@acme.test", [],
    )  # fmt: skip

    preview = autumn.billing.preview_attach(customer_id="first-day", plan_id=plan_id, feature_quantities=seats)
    assert (preview.total, sorted(line.total for line in preview.line_items)) == (40, [20, 20])
    answer = autumn.billing.attach(customer_id="first-day", plan_id=plan_id, feature_quantities=seats)
    assert (answer.customer_id, answer.payment_url) == ("first-day", None)

    assert autumn.check(customer_id="first-day", feature_id="messages", required_balance=10).allowed
    for _ in range(2):
        tracked = autumn.track(
            customer_id="first-day", feature_id="messages", value=5, async_=False,
            http_headers={"Idempotency-Key": "evt-1"},
        )  # fmt: skip
        assert (tracked.value, tracked.balance.remaining, tracked.balance.usage) == (5, 495, 5)

    autumn.balances.update(customer_id="first-day", feature_id="messages", add_to_balance=100)
    assert autumn.customers.get(customer_id="first-day").balances["messages"].remaining == 595

    autumn.billing.update(customer_id="first-day", plan_id=plan_id, cancel_action="cancel_end_of_cycle")
    (held,) = autumn.customers.get(customer_id="first-day").subscriptions
    assert held.canceled_at is not None
    assert held.expires_at == held.current_period_end
    autumn.billing.update(customer_id="first-day", plan_id=plan_id, cancel_action="uncancel")
    (held,) = autumn.customers.get(customer_id="first-day").subscriptions
    assert (held.canceled_at, held.expires_at, held.status) == (None, None, "active")

    with pytest.raises(errors.AutumnError) as refused:
        autumn.customers.get(customer_id="nope")
    assert refused.value.status_code == 404
    body = json.loads(refused.value.body)
    assert (body["code"], body["env"], "nope" in body["message"]) == ("customer_not_found", "sandbox", True)


def test_an_unknown_key_is_turned_away(server: Serving) -> None:
    from autumn_sdk import Autumn, errors

    with (
        httpx.Client() as transport,
        Autumn(secret_key="am_sk_test_unknown", server_url=server.url, fail_open=False, client=transport) as stranger,
        pytest.raises(errors.AutumnError) as refused,
    ):
        stranger.check(customer_id="first-day", feature_id="messages")
    assert (refused.value.status_code, json.loads(refused.value.body)["code"]) == (401, "invalid_secret_key")

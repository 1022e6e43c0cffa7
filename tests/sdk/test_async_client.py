"""The asynchronous twins of the Python client's methods, many at once on one event loop."""

import asyncio
from typing import Any

from tests.sdk.shop import Shop
from tests.support.serving import SECRET, Serving

AT_ONCE = 50


def test_fifty_checks_that_record_take_what_there_is_and_no_more(server: Serving, shop: Shop) -> None:
    customer = shop.customer()
    customer.grant("messages", 30)

    async def ask() -> list[Any]:
        from autumn_sdk import Autumn

        async with Autumn(secret_key=SECRET, server_url=server.url, fail_open=False, timeout_ms=30_000) as client:
            about = {"customer_id": customer.customer_id, "feature_id": "messages"}
            return await asyncio.gather(*(client.check_async(**about, send_event=True) for _ in range(AT_ONCE)))

    answers = asyncio.run(ask())
    assert sum(each.allowed for each in answers) == 30
    assert customer.left("messages") == (0, 30)


def test_who_acts_for_whom_and_why_is_on_the_timeline(shop: Shop, http: Any) -> None:
    customer = shop.customer()
    told = {"Tallystick-Actor": "support: J. Doe", "Tallystick-Reason": "goodwill after the outage"}
    customer.grant("messages", 30, http_headers=told)
    answer = http.get(f"/v1/customers/{customer.customer_id}/timeline")
    assert answer.status_code == 200, answer.text
    latest = answer.json()["list"][0]
    assert (latest["actor"], latest["on_behalf_of"], latest["reason"]) == (
        "bootstrap", "support: J. Doe", "goodwill after the outage",
    )  # fmt: skip

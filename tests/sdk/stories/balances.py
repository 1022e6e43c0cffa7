"""Balances and what is used of them."""

from datetime import timedelta

from tests.sdk.client import refused
from tests.sdk.shop import START, Shop, included, packs
from tests.sdk.stories.told import story


@story("balances.create")
def grant_a_balance(shop: Shop) -> None:
    customer = shop.customer()
    customer.grant("messages", 5, balance_id="mine")
    with refused(409, "balance_already_exists"):
        customer.grant("messages", 5, balance_id="mine")
    assert customer.left("messages") == (5, 0)


@story("balances.list")
def list_balances(shop: Shop) -> None:
    customer = shop.customer()
    customer.grant("messages", 5, balance_id="mine")
    customer.attach(shop.plan("free", included("messages", 10)))
    found = shop.autumn.balances.list(customer_id=customer.customer_id)
    assert sorted((each.feature_id, each.remaining) for each in found.list) == [("messages", 5), ("messages", 10)]
    loose = shop.autumn.balances.list(customer_id=customer.customer_id, plan_id=None)
    assert [each.id for each in loose.list] == ["mine"]


@story("balances.update")
def update_a_balance(shop: Shop) -> None:
    customer = shop.customer()
    customer.grant("messages", 5, balance_id="first")
    customer.grant("messages", 5, balance_id="second")
    customer.adjust("messages", balance_id="second", add_to_balance=-3)
    assert {each.id: each.remaining for each in customer.now.balances["messages"].breakdown} == {
        "first": 5, "second": 2,
    }  # fmt: skip


@story("balances.delete")
def delete_a_balance(shop: Shop) -> None:
    customer = shop.customer()
    for name in ("first", "second", "third"):
        customer.grant("messages", 5, balance_id=name)
    shop.autumn.balances.delete(customer_id=customer.customer_id, balance_id="second")
    assert customer.left("messages") == (10, 0)
    shop.autumn.balances.delete(customer_id=customer.customer_id, feature_id="messages")
    assert customer.now.balances == {}
    plan_id = shop.plan("pro", packs("messages", 100, 10), amount=20)
    customer.attach(plan_id)
    with refused(409, "paid_balance"):
        shop.autumn.balances.delete(customer_id=customer.customer_id, feature_id="messages")


@story("balances.finalize")
def finalize_a_lock(shop: Shop) -> None:
    customer = shop.customer()
    customer.grant("messages", 10)
    lock = {"lock_id": customer.customer_id}
    assert customer.check("messages", required_balance=8, lock=lock).balance.remaining == 2
    with refused(409, "lock_already_exists"):
        customer.check("messages", required_balance=1, lock=lock)
    assert shop.autumn.balances.finalize(lock_id=customer.customer_id, action="confirm", override_value=3).success
    assert customer.left("messages") == (7, 3)
    with refused(400, "invalid_request"):
        shop.autumn.balances.finalize(lock_id=customer.customer_id, action="release")


@story("events.list")
def list_uses(shop: Shop) -> None:
    customer = shop.customer()
    customer.grant("messages", 10)
    for value in (1, 2.5, 3):
        customer.track("messages", value, properties={"region": "eu"})
    first = shop.autumn.events.list(customer_id=customer.customer_id, limit=2)
    rest = shop.autumn.events.list(customer_id=customer.customer_id, limit=2, start_cursor=first.next_cursor)
    assert [each.value for each in [*first.list, *rest.list]] == [3, 2.5, 1]
    assert (first.list[0].properties, first.list[0].deductions[0].value) == ({"region": "eu"}, 3)


@story("events.aggregate")
def sum_uses(shop: Shop) -> None:
    customer = shop.customer()
    customer.grant("credits", 10)
    for region, value in (("eu", 5), ("us", 2.5), ("eu", 3)):
        customer.track("action1", value, properties={"region": region})
    start = START.replace(hour=0)
    span = {"start": start.timestamp() * 1000, "end": START.timestamp() * 1000}
    asked = {"feature_id": ["action1", "words"], "customer_id": customer.customer_id, "custom_range": span}
    summed = shop.autumn.events.aggregate(
        **asked, group_by="properties.region", max_groups=1, timezone="Asia/Tokyo", filter_by={}, measure="sum",
        aggregate_on="deducted", bin_size="day",
    )  # fmt: skip
    (day,) = summed.list
    assert (day.period, day.values) == ((start - timedelta(hours=9)).timestamp() * 1000, {"action1": 10.5, "words": 0})
    assert day.grouped_values == {"action1": {"eu": 8, "Other": 2.5}, "words": {}}
    assert (summed.total["action1"].count, summed.total["action1"].sum) == (3, 10.5)
    drawn = summed.deductions[0].values["credits"]
    assert (drawn.feature_type, drawn.deducted, drawn.events) == ("credit_system", 2.1, 3)
    assert [(each.plan_id, each.deducted, each.events) for each in drawn.balances] == [(None, 2.1, 3)]
    counted = shop.autumn.events.aggregate(
        feature_id="action1", customer_id=customer.customer_id, range="24h", measure="count", bin_size="hour"
    )
    assert sum(each.values["action1"] for each in counted.list) == 3
    with refused(400, "invalid_inputs"):
        shop.autumn.events.aggregate(**asked, range="7d")


@story("balances.check")
def check_a_balance(shop: Shop) -> None:
    customer = shop.customer()
    assert (customer.check("messages").allowed, customer.check("messages").balance) == (False, None)
    customer.grant("messages", 5)
    answers = [customer.check("messages", required_balance=each) for each in (0, 5, 5.5)]
    assert [(each.allowed, each.required_balance) for each in answers] == [(True, 0), (True, 5), (False, 5.5)]
    with refused(404, "feature_not_found"):
        customer.check("none")


@story("balances.track")
def track_a_use(shop: Shop) -> None:
    customer = shop.customer()
    customer.grant("messages", 5)
    assert customer.track("messages", 2).balance.remaining == 3
    later = customer.track("messages", 2, async_=True)
    assert (later.value, later.balance, customer.left("messages")) == (2, None, (1, 4))
    named = shop.autumn.track(customer_id=customer.customer_id, event_name="messages.used", async_=False)
    assert (named.value, customer.left("messages")) == (1, (0, 5))
    with refused(404, "feature_not_found"):
        shop.autumn.track(customer_id=customer.customer_id, event_name="nobody listens")


@story("balances.batch_track")
def track_many_uses(shop: Shop) -> None:
    customers = [shop.customer() for _ in range(2)]
    for each in customers:
        each.grant("messages", 100)
    rows = [
        {"customer_id": customers[number % 2].customer_id, "feature_id": "messages", "value": 1,
         "idempotency_key": f"row {number}"}
        for number in range(20)
    ]  # fmt: skip
    for _ in range(2):
        assert shop.autumn.batch_track(request=rows).success
    assert [each.left("messages") for each in customers] == [(90, 10), (90, 10)]
    fresh = {"feature_id": "messages", "value": 1}
    with refused(400, "invalid_inputs") as it:
        shop.autumn.batch_track(
            request=[{**fresh, "customer_id": each} for each in (customers[0].customer_id, "nobody")]
        )
    assert "nobody" in it.message
    assert customers[0].left("messages") == (90, 10)

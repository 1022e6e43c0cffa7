"""Lists and GET reads: what the projections show, as of a position."""

from tests.api.client import Api, catalog


def test_a_listed_customer_is_the_same_as_the_one_that_was_just_written(api: Api) -> None:
    catalog(api)
    for customer_id in ("acme", "beta"):
        api("customers.get_or_create", customer_id=customer_id, name=customer_id.title(), metadata={"vip": True})
    api("billing.attach", customer_id="acme", plan_id="pro")
    api("balances.track", customer_id="acme", feature_id="messages", value=3)

    listed = api("customers.list")["list"]

    assert [each["id"] for each in listed] == ["beta", "acme"]
    assert listed[1] == api("customers.get", customer_id="acme")
    assert [each["id"] for each in api("customers.list", plans=[{"id": "pro"}])["list"]] == ["acme"]
    assert [each["id"] for each in api("customers.list", search="BET")["list"]] == ["beta"]


def test_pages_follow_each_other(api: Api) -> None:
    catalog(api)
    names = [f"c{number}" for number in range(5)]
    for customer_id in names:
        api("customers.get_or_create", customer_id=customer_id)

    first = api("customers.list", limit=2, sort_order="asc")
    second = api("customers.list", limit=2, sort_order="asc", start_cursor=first["next_cursor"])
    third = api("customers.list", limit=2, sort_order="asc", start_cursor=second["next_cursor"])

    assert [each["id"] for page in (first, second, third) for each in page["list"]] == names
    assert third["next_cursor"] is None
    assert api.last is not None
    assert api.last.headers["Ledger-Due"]


def test_rows_say_whose_they_are(api: Api) -> None:
    catalog(api)
    api("customers.get_or_create", customer_id="acme")
    api("entities.create", customer_id="acme", entity_id="seat_1", feature_id="seats", name="Team A")
    api("billing.attach", customer_id="acme", plan_id="pro", subscription_id="main")
    api("billing.attach", customer_id="acme", plan_id="extra")

    active = api("subscriptions.list", customer_id="acme")["list"]
    ended = api("subscriptions.list", statuses=["expired"])["list"]
    bought = api("purchases.list")["list"]
    rows = api("balances.list", customer_id="acme", feature_id="messages")["list"]
    entities = api("entities.list", customer_id="acme")["list"]

    assert [(each["id"], each["plan_id"], each["customer_id"]) for each in active] == [("main", "pro", "acme")]
    assert [(each["plan_id"], each["status"]) for each in ended] == [("free", "expired")]
    assert [each["plan_id"] for each in bought] == ["extra"]
    assert sorted(each["plan_id"] for each in rows) == ["extra", "pro"]
    assert entities == [api("entities.get", entity_id="seat_1", customer_id="acme")]

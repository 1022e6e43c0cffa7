"""Customers, their plans and purchases, and their entities."""

from datetime import timedelta

from tests.sdk.client import refused
from tests.sdk.shop import START, Shop, included, milliseconds
from tests.sdk.stories.told import story


@story("customers.get_or_create")
def create_a_customer_once(shop: Shop) -> None:
    made = shop.autumn.customers.get_or_create(customer_id="once", name="Once", metadata={"tier": "gold"})
    again = shop.autumn.customers.get_or_create(customer_id="once", name="Twice")
    assert (again.created_at, again.name, again.metadata) == (made.created_at, "Once", {"tier": "gold"})
    by_email = shop.autumn.customers.get_or_create(customer_id=None, email="later@acme.test")
    assert by_email.id is None
    adopted = shop.autumn.customers.get_or_create(customer_id="later", email="later@acme.test")
    assert (adopted.id, adopted.created_at) == ("later", by_email.created_at)


@story("customers.get")
def read_a_customer(shop: Shop) -> None:
    customer = shop.customer(name="Read")
    customer.entities("e1")
    shown = shop.autumn.customers.get(customer_id=customer.customer_id, expand=["entities"])
    assert (shown.name, shown.created_at, [each.id for each in shown.entities]) == ("Read", milliseconds(START), ["e1"])


@story("customers.list")
def list_customers(shop: Shop) -> None:
    customers = [shop.customer(name=f"Zebra {number}") for number in range(3)]
    found = shop.autumn.customers.list(search="zebra", limit=2)
    rest = shop.autumn.customers.list(search="zebra", limit=2, start_cursor=found.next_cursor)
    assert {each.id for each in [*found.list, *rest.list]} == {each.customer_id for each in customers}
    assert (len(found.list), rest.next_cursor) == (2, None)


@story("customers.update")
def update_a_customer(shop: Shop) -> None:
    customer = shop.customer(name="Old", email="old@acme.test")
    changed = shop.autumn.customers.update(customer_id=customer.customer_id, name="New", metadata={"seen": True})
    assert (changed.name, changed.email, changed.metadata) == ("New", "old@acme.test", {"seen": True})
    limits = {"usage_limits": [{"feature_id": "messages", "limit": 5, "interval": "month"}]}
    limited = shop.autumn.customers.update(customer_id=customer.customer_id, billing_controls=limits)
    assert [(each.limit, each.usage, each.source) for each in limited.billing_controls.usage_limits] == [
        (5, 0, "customer")
    ]
    renamed = shop.autumn.customers.update(customer_id=customer.customer_id, new_customer_id="renamed")
    assert renamed.id == shop.autumn.customers.get(customer_id="renamed").id == "renamed"
    with refused(404, "customer_not_found"):
        shop.autumn.customers.get(customer_id=customer.customer_id)


@story("customers.delete")
def delete_a_customer(shop: Shop) -> None:
    customer = shop.customer()
    assert shop.autumn.customers.delete(customer_id=customer.customer_id).success
    with refused(404, "customer_not_found"):
        customer.track("messages", 1)


@story("customers.advance_test_clock")
def move_a_clock(shop: Shop) -> None:
    customer = shop.customer()
    customer.attach(shop.plan("free", included("messages", 10)))
    customer.track("messages", 4)
    to = milliseconds(START + timedelta(days=40))
    moved = shop.autumn.customers.advance_test_clock(customer_id=customer.customer_id, frozen_time=to)
    assert (moved.frozen_time, moved.status) == (to, "ready")
    assert customer.left("messages") == (10, 0)


@story("subscriptions.list")
def list_subscriptions(shop: Shop) -> None:
    customer, plan_id = shop.customer(), shop.plan("pro", included("messages", 10), amount=20)
    customer.attach(plan_id)
    found = shop.autumn.customers.list_subscriptions(customer_id=customer.customer_id)
    assert [(each.plan_id, each.status, each.customer_id) for each in found.list] == [
        (plan_id, "active", customer.customer_id)
    ]


@story("purchases.list")
def list_purchases(shop: Shop) -> None:
    customer, plan_id = shop.customer(), shop.plan("credits", amount=20, interval="one_off")
    customer.attach(plan_id)
    found = shop.autumn.customers.list_purchases(customer_id=customer.customer_id)
    assert [(each.plan_id, each.customer_id) for each in found.list] == [(plan_id, customer.customer_id)]


@story("entities.create")
def create_an_entity(shop: Shop) -> None:
    customer = shop.customer()
    customer.grant("users", 2)
    customer.entities("e1")
    assert customer.left("users") == (1, 1)
    with refused(409, "entity_already_exists"):
        customer.entities("e1")
    with refused(400, "invalid_inputs"):
        customer.entities("e2", feature_id="messages")
    made = shop.autumn.entities.create(
        customer_id="made with it", entity_id="e1", feature_id="users", name="Desk", customer_data={"name": "Both"}
    )
    assert (made.name, made.customer_id) == ("Desk", "made with it")
    assert shop.autumn.customers.get(customer_id="made with it").name == "Both"


@story("entities.get")
def read_an_entity(shop: Shop) -> None:
    customer = shop.customer()
    customer.entities("e1")
    shown = customer.entity("e1")
    assert (shown.id, shown.customer_id, shown.feature_id) == ("e1", customer.customer_id, "users")
    with refused(404, "entity_not_found"):
        customer.entity("e2")


@story("entities.list")
def list_entities(shop: Shop) -> None:
    customer = shop.customer()
    customer.entities("e1", "e2")
    found = shop.autumn.entities.list(customer_id=customer.customer_id)
    assert {(each.id, each.customer_id) for each in found.list} == {
        (each, customer.customer_id) for each in ("e1", "e2")
    }


@story("entities.update")
def update_an_entity(shop: Shop) -> None:
    customer = shop.customer()
    customer.entities("e1")
    assert shop.autumn.entities.update(customer_id=customer.customer_id, entity_id="e1").id == "e1"
    limits = {"spend_limits": [{"feature_id": "messages", "enabled": True, "overage_limit": 5}]}
    limited = shop.autumn.entities.update(customer_id=customer.customer_id, entity_id="e1", billing_controls=limits)
    assert [each.overage_limit for each in limited.billing_controls.spend_limits] == [5]


@story("entities.delete")
def delete_an_entity(shop: Shop) -> None:
    customer = shop.customer()
    customer.grant("users", 2)
    customer.entities("e1")
    assert shop.autumn.entities.delete(customer_id=customer.customer_id, entity_id="e1").success
    assert customer.left("users") == (2, 0)

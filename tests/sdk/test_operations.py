"""Every operation that is served, driven once through the official client: one small story each."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from api.app import SERVED
from tests.sdk.client import refused
from tests.sdk.shop import START, Shop, included, milliseconds, packs, quantities, rolling, switched_on

Story = Callable[[Shop], None]
STORIES: dict[str, Story] = {}


def story(name: str) -> Callable[[Story], Story]:
    def keep(function: Story) -> Story:
        STORIES[name] = function
        return function

    return keep


@pytest.mark.parametrize("name", [operation.name for operation in SERVED if not operation.ours])
def test_the_client_drives(shop: Shop, name: str) -> None:
    STORIES[name](shop)


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


@story("features.create")
def create_a_feature(shop: Shop) -> None:
    made = shop.autumn.features.create(
        feature_id="exports", name="Exports", type_="metered", consumable=True, event_names=["export.done"],
        display={"singular": "export", "plural": "exports"},
    )  # fmt: skip
    assert (made.id, made.type, made.consumable, made.event_names) == ("exports", "metered", True, ["export.done"])
    with refused(409, "duplicate_feature_id"):
        shop.autumn.features.create(feature_id="exports", name="Exports", type_="boolean")
    costs = [{"metered_feature_id": "exports", "credit_cost": 0.2}]
    credit = shop.autumn.features.create(
        feature_id="export credits", name="Credits", type_="credit_system", credit_schema=costs
    )
    assert (credit.type, credit.credit_schema[0].credit_cost) == ("credit_system", 0.2)


@story("features.get")
def read_a_feature(shop: Shop) -> None:
    assert shop.autumn.features.get(feature_id="users").consumable is False
    with refused(404, "feature_not_found"):
        shop.autumn.features.get(feature_id="none")


@story("features.list")
def list_features(shop: Shop) -> None:
    assert {"messages", "words", "users", "workflows", "sso"} <= {e.id for e in shop.autumn.features.list().list}


@story("features.update")
def update_a_feature(shop: Shop) -> None:
    shop.autumn.features.create(feature_id="renamed", name="Old", type_="boolean")
    assert shop.autumn.features.update(feature_id="renamed", name="New").name == "New"


@story("features.delete")
def delete_a_feature(shop: Shop) -> None:
    shop.autumn.features.create(feature_id="unused", name="Unused", type_="boolean")
    assert shop.autumn.features.delete(feature_id="unused").success
    with refused(400, "invalid_request"):
        shop.plan("pro", switched_on("sso"))
        shop.autumn.features.delete(feature_id="sso")


@story("plans.create")
def create_a_plan(shop: Shop) -> None:
    made = shop.autumn.plans.create(
        plan_id="made", name="Made", group="teams", add_on=True, price={"amount": 12.5, "interval": "year"},
        items=[{"feature_id": "messages", "included": 5, "reset": {"interval": "day"}}],
    )  # fmt: skip
    assert (made.id, made.version, made.group, made.add_on, made.price.amount) == ("made", 1, "teams", True, 12.5)
    assert (made.items[0].feature_id, made.items[0].included, made.items[0].price) == ("messages", 5, None)
    trial = {"duration_length": 7, "duration_type": "day"}
    tried = shop.autumn.plans.create(
        plan_id="tried", name="Tried", free_trial=trial, items=[rolling("messages", 10, max=5)],
        price={"amount": 10, "interval": "month", "additional_currencies": [{"currency": "eur", "amount": 9}]},
    )  # fmt: skip
    assert (tried.free_trial.duration_length, tried.free_trial.on_end) == (7, "bill")
    assert (tried.items[0].rollover.max, tried.price.additional_currencies[0].amount) == (5, 9)
    with refused(400, "product_already_exists"):
        shop.autumn.plans.create(plan_id="made", name="Again")
    with refused(404, "feature_not_found"):
        shop.plan("odd", included("none", 1))


@story("plans.get")
def read_a_plan(shop: Shop) -> None:
    plan_id = shop.plan("pro", packs("messages", 100, 10), amount=20)
    shown = shop.autumn.plans.get(plan_id=plan_id)
    assert (shown.price.interval, shown.items[0].price.billing_units) == ("month", 100)
    with refused(404, "product_not_found"):
        shop.autumn.plans.get(plan_id="none")


@story("plans.list")
def list_plans(shop: Shop) -> None:
    cheap, dear = shop.plan("cheap", amount=20), shop.plan("dear", amount=50)
    customer = shop.customer()
    customer.attach(cheap)
    found = {each.id: each for each in shop.autumn.plans.list(request={"customer_id": customer.customer_id}).list}
    assert found[dear].customer_eligibility.attach_action == "upgrade"
    assert found[cheap].customer_eligibility.attach_action == "none"


@story("plans.update")
def update_a_plan(shop: Shop) -> None:
    plan_id = shop.plan("pro", included("messages", 10), amount=20)
    customer = shop.customer()
    customer.attach(plan_id)
    changed = shop.autumn.plans.update(
        plan_id=plan_id, items=[{"feature_id": "messages", "included": 99, "reset": {"interval": "month"}}]
    )
    assert (changed.version, changed.items[0].included) == (2, 99)
    assert customer.left("messages") == (10, 0)
    assert shop.autumn.plans.get(plan_id=plan_id, version=1).items[0].included == 10


@story("plans.delete")
def delete_a_plan(shop: Shop) -> None:
    plan_id = shop.plan("unused")
    assert shop.autumn.plans.delete(plan_id=plan_id).success
    with refused(404, "product_not_found"):
        shop.autumn.plans.get(plan_id=plan_id)


@story("billing.attach")
def attach_a_plan(shop: Shop) -> None:
    customer = shop.customer()
    with refused(404, "product_not_found"):
        customer.attach("none")
    with refused(404, "entity_not_found"):
        customer.attach(shop.plan("pro"), entity_id="none")
    assert customer.attach(shop.plan("pro", amount=20), subscription_id="mine").payment_url is None
    assert [each.id for each in customer.now.subscriptions] == ["mine"]


@story("billing.preview_attach")
def preview_a_plan(shop: Shop) -> None:
    customer, plan_id = shop.customer(), shop.plan("pro", included("messages", 10), amount=20)
    preview = customer.preview(plan_id)
    assert (preview.currency, preview.redirect_to_checkout, [each.plan_id for each in preview.incoming]) == (
        "usd", False, [plan_id],
    )  # fmt: skip
    assert customer.plans() == {}


@story("billing.update")
def update_a_held_plan(shop: Shop) -> None:
    customer, plan_id = shop.customer(), shop.plan("pro", packs("messages", 0, 10), amount=20)
    with refused(404, "customer_product_not_found"):
        customer.update(plan_id, cancel_action="cancel_immediately")
    customer.attach(plan_id, feature_quantities=quantities(messages=100))
    customer.update(plan_id, feature_quantities=quantities(messages=300))
    assert customer.left("messages") == (300, 0)


@story("billing.preview_update")
def preview_an_update(shop: Shop) -> None:
    customer, plan_id = shop.customer(), shop.plan("pro", amount=20)
    customer.attach(plan_id)
    preview = customer.preview_update(plan_id, cancel_action="cancel_end_of_cycle")
    assert (preview.intent, preview.total) == ("cancel_end_of_cycle", 0)
    assert customer.preview_update(plan_id, cancel_action="uncancel").intent == "none"
    assert customer.plans() == {"pro": "active"}


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


@story("billing.multi_attach")
def attach_several_plans(shop: Shop) -> None:
    pro, extra = shop.plan("pro", amount=20), shop.plan("extra", amount=5, interval="one_off", add_on=True)
    customer = shop.customer()
    made = shop.autumn.billing.multi_attach(
        customer_id=customer.customer_id, plans=[{"plan_id": pro}, {"plan_id": extra}]
    )
    assert (made.invoice.status, made.invoice.total) == ("paid", 25)
    assert customer.plans() == {"pro": "active"}


@story("billing.preview_multi_attach")
def preview_several_plans(shop: Shop) -> None:
    pro, extra = shop.plan("pro", amount=20), shop.plan("extra", amount=5, interval="one_off", add_on=True)
    customer = shop.customer()
    quote = shop.autumn.billing.preview_multi_attach(
        customer_id=customer.customer_id, plans=[{"plan_id": pro}, {"plan_id": extra}]
    )
    assert (quote.total, [each.plan_id for each in quote.incoming]) == (25, [pro, extra])
    assert customer.plans() == {}


@story("billing.create_schedule")
def schedule_phases(shop: Shop) -> None:
    pro, premium = shop.plan("pro", amount=20), shop.plan("premium", amount=50)
    customer = shop.customer()
    later = {"plans": [{"plan_id": premium}], "starting_after": {"duration_type": "month", "duration_count": 1}}
    made = shop.autumn.billing.create_schedule(
        customer_id=customer.customer_id, phases=[{"plans": [{"plan_id": pro}], "starts_at": "now"}, later]
    )
    assert (made.status, made.invoice.total, len(made.phases)) == ("created", 20, 2)
    assert customer.plans() == {"pro": "active", "premium": "scheduled"}


@story("billing.import")
def bring_a_customer_over(shop: Shop) -> None:
    pro = shop.plan("pro", included("messages", 100), amount=20)
    customer = shop.customer()
    made = shop.autumn.billing.import_(
        customer_id=customer.customer_id,
        billables=[{"plan": {"plan_id": pro, "balances": [{"feature_id": "messages", "usage": 30}]}}],
    )
    assert [(each.plan_id, each.status, each.skipped) for each in made.flashed] == [(pro, "active", False)]
    assert customer.left("messages") == (70, 30)


@story("invoices.create")
def make_an_invoice(shop: Shop) -> None:
    customer, pro = shop.customer(), shop.plan("pro", packs("messages", 0, 10), amount=20)
    bought = {"feature_id": "messages", "billing_behavior": "prepaid", "quantity": 200}
    wanted = {"customer_id": customer.customer_id, "plans": [{"plan_id": pro, "feature_quantities": [bought]}]}
    quote = shop.autumn.invoices.create(**wanted, preview=True)
    made = shop.autumn.invoices.create(**wanted)
    assert (quote.invoice, quote.preview.total) == (None, 40)
    assert (made.invoice.status, made.invoice.total, made.preview) == ("open", 40, quote.preview)


def owed(shop: Shop, amount: float, **fields: str) -> str:
    """The id of an invoice of one line."""
    line = {"amount": amount, "description": "Work"}
    made = shop.autumn.invoices.create(customer_id=shop.customer().customer_id, custom_line_items=[line], **fields)
    return str(made.invoice.id)


@story("invoices.insert")
def keep_an_invoice_from_elsewhere(shop: Shop) -> None:
    row = {"customer_id": shop.customer().customer_id, "stripe_id": "in_9", "status": "paid", "total": 9.5}
    (kept,) = shop.autumn.invoices.insert(invoices=[{**row, "created_at": milliseconds(START)}]).invoices
    assert (kept.stripe_id, kept.status, kept.amount_paid) == ("in_9", "paid", 9.5)


@story("invoices.finalize")
def make_a_draft_final(shop: Shop) -> None:
    assert shop.autumn.invoices.finalize(invoice_id=owed(shop, 5, issue_method="draft")).invoice.status == "open"


@story("invoices.pay")
def pay_an_invoice(shop: Shop) -> None:
    paid = shop.autumn.invoices.pay(invoice_id=owed(shop, 5)).invoice
    assert (paid.status, paid.amount_paid) == ("paid", 5)


@story("invoices.void")
def take_an_invoice_back(shop: Shop) -> None:
    assert shop.autumn.invoices.void(invoice_id=owed(shop, 5)).invoice.status == "void"


@story("invoices.update")
def say_how_an_invoice_may_be_paid(shop: Shop) -> None:
    key = owed(shop, 5)
    assert shop.autumn.invoices.update(invoice_id=key, payment_method_types=["card"]).invoice.id == key


@story("invoices.issue_credit_note")
def credit_part_of_an_invoice(shop: Shop) -> None:
    key = owed(shop, 5)
    note = shop.autumn.invoices.issue_credit_note(invoice_id=key, amount=2).credit_note
    assert (note.total, note.pre_payment_amount, note.invoice_id) == (2, 2, key)
    with refused(400, "invalid_request"):
        shop.autumn.invoices.issue_credit_note(invoice_id=key, amount=4)


@story("invoices.list")
def list_invoices(shop: Shop) -> None:
    key = owed(shop, 5)
    (found,) = shop.autumn.invoices.list(invoice_id=key).list
    assert (found.status, [each.amount for each in found.items]) == ("open", [5])

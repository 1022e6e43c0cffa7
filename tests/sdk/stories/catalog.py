"""Features and plans."""

from tests.sdk.client import refused
from tests.sdk.shop import Shop, included, packs, rolling, switched_on
from tests.sdk.stories.told import story


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

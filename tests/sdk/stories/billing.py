"""Plans that are attached, changed, scheduled and brought over."""

from tests.sdk.client import refused
from tests.sdk.shop import Shop, included, packs, quantities
from tests.sdk.stories.told import story


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

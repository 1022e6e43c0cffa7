"""Several plans at once, schedules of phases, and customers who come from elsewhere, through the official client."""

from datetime import timedelta

from tests.sdk.client import refused
from tests.sdk.shop import START, Shop, a_month_after_start, included, milliseconds, packs, quantities


def test_several_plans_are_attached_with_one_invoice(shop: Shop) -> None:
    pro = shop.plan("pro", packs("messages", 0, 10), amount=20)
    extra = shop.plan("extra", included("words", 5), amount=7, add_on=True)
    customer = shop.customer()
    plans = [{"plan_id": pro, "feature_quantities": quantities(messages=200)}, {"plan_id": extra}]
    asked = {"customer_id": customer.customer_id, "plans": plans}
    assert customer.autumn.billing.preview_multi_attach(**asked).total == 20 + 20 + 7
    customer.autumn.billing.multi_attach(**asked)
    assert customer.plans() == {"pro": "active", "extra": "active"}
    assert customer.invoiced == (1, 47)


def test_several_plans_are_attached_all_or_none(shop: Shop) -> None:
    pro, customer = shop.plan("pro", included("messages", 5), amount=20), shop.customer()
    with refused(409, "plan_already_attached"):
        customer.autumn.billing.multi_attach(
            customer_id=customer.customer_id, plans=[{"plan_id": pro}, {"plan_id": pro}]
        )
    assert customer.plans() == {}
    assert customer.invoices == []


def test_phases_follow_each_other(shop: Shop) -> None:
    pro = shop.plan("pro", included("messages", 500), amount=20)
    premium = shop.plan("premium", included("messages", 1000), amount=50)
    free = shop.plan("free", included("messages", 100))
    customer = shop.customer()
    customer.autumn.billing.create_schedule(
        customer_id=customer.customer_id,
        phases=[
            {"starts_at": "now", "plans": [{"plan_id": pro}]},
            {"starts_at": milliseconds(a_month_after_start()), "plans": [{"plan_id": premium}]},
            {"starts_at": milliseconds(a_month_after_start(2)), "plans": [{"plan_id": free}]},
        ],
    )
    assert customer.plans() == {"pro": "active", "premium": "scheduled", "free": "scheduled"}
    assert customer.invoiced == (1, 20)
    customer.move_to(a_month_after_start())
    assert customer.plans() == {"premium": "active", "free": "scheduled"}
    assert customer.invoiced == (2, 50)
    customer.move_to(a_month_after_start(2) + timedelta(hours=1))
    assert customer.plans() == {"free": "active"}
    assert customer.left("messages") == (100, 0)
    assert customer.invoiced == (2, 50)


def test_a_customer_comes_from_elsewhere_as_it_stood(shop: Shop) -> None:
    pro, customer = shop.plan("pro", included("messages", 500), amount=20), shop.customer()
    customer.move_days(10)
    plan = {
        "plan_id": pro,
        "started_at": milliseconds(START),
        "balances": [{"feature_id": "messages", "usage": 120}],
    }
    customer.autumn.billing.import_(customer_id=customer.customer_id, billables=[{"plan": plan}])
    assert customer.plans() == {"pro": "active"}
    assert customer.left("messages") == (380, 120)
    assert customer.invoices == []
    customer.move_to(a_month_after_start())
    assert customer.invoiced == (1, 20)
    assert customer.left("messages") == (500, 0)


def test_a_plan_starts_when_its_invoice_is_paid(shop: Shop) -> None:
    pro, customer = shop.plan("pro", included("messages", 500), amount=20), shop.customer()
    answer = customer.attach(pro, invoice_mode={"enabled": True, "issue_method": "finalize"})
    assert customer.plans() == {"pro": "scheduled"}
    with refused(409, "billing_change_pending"):
        customer.attach(shop.plan("extra", amount=5, add_on=True))
    customer.autumn.invoices.pay(invoice_id=answer.invoice.stripe_id)
    assert customer.plans() == {"pro": "active"}
    assert customer.left("messages") == (500, 0)
    assert customer.invoiced == (1, 20)

"""Acceptance cases, changing quantities of a held plan."""

import pytest

from tests.sdk.client import refused
from tests.sdk.shop import Shop, packs, quantities, tiered


@pytest.mark.parametrize(
    ("old", "new", "total"),
    [
        pytest.param(120, 240, 80, id="100 ten packs more"),
        pytest.param(240, 60, -120, id="101 fifteen packs fewer"),
    ],
)
def test_packs_are_charged_or_credited_and_the_balance_follows(shop: Shop, old: int, new: int, total: float) -> None:
    plan, customer = shop.plan("pro", packs("messages", 0, 8, 12)), shop.customer()
    customer.attach(plan, feature_quantities=quantities(messages=old))
    preview = customer.preview_update(plan, feature_quantities=quantities(messages=new))
    assert (preview.total, preview.intent) == (total, "update_quantity")
    customer.update(plan, feature_quantities=quantities(messages=new))
    assert customer.left("messages") == (new, 0)
    assert customer.invoiced == (2, total)


def test_103_what_is_not_named_stays_as_it_is(shop: Shop) -> None:
    plan = shop.plan("pro", packs("messages", 0, 5, 10), packs("words", 0, 7, 10))
    customer = shop.customer()
    customer.attach(plan, feature_quantities=quantities(messages=100, words=200))
    preview = customer.preview_update(plan, feature_quantities=quantities(messages=150))
    assert preview.total == 25
    customer.update(plan, feature_quantities=quantities(messages=150))
    assert customer.invoiced == (2, 25)
    assert [customer.left(each)[0] for each in ("messages", "words")] == [150, 200]


@pytest.mark.parametrize(
    ("old", "new", "total"), [(300, 500, 20), (300, 800, 10), (600, 1000, 20), (500, 300, -20), (800, 300, -10)]
)
def test_107_by_volume_the_whole_quantity_has_the_price_of_its_tier(
    shop: Shop, old: int, new: int, total: float
) -> None:
    plan = shop.plan("pro", tiered("messages", 0, [(500, 10), ("inf", 5)], "volume"))
    customer = shop.customer()
    customer.attach(plan, feature_quantities=quantities(messages=old))
    assert customer.preview_update(plan, feature_quantities=quantities(messages=new)).total == total
    customer.update(plan, feature_quantities=quantities(messages=new))
    assert customer.left("messages") == (new, 0)
    assert customer.invoiced == (2, total)


def test_a_quantity_of_nothing_buys_nothing_and_gives_everything_back(shop: Shop) -> None:
    plan, customer = shop.plan("pro", packs("messages", 40, 5, 10), amount=2), shop.customer()
    assert customer.buy(plan, feature_quantities=quantities(messages=0)) == 2
    for total in (41, 0):
        customer.update(plan, feature_quantities=quantities(messages=total))
    assert (customer.invoices, customer.left("messages")) == ([-5, 5, 2], (40, 0))


def test_a_quantity_below_zero_is_refused(shop: Shop) -> None:
    quantity, plan, customer = -100, shop.plan("pro", packs("messages", 0, 10)), shop.customer()
    with refused(400, "invalid_inputs") as it:
        customer.attach(plan, feature_quantities=quantities(messages=quantity))
    assert "feature_quantities" in it.message
    customer.attach(plan, feature_quantities=quantities(messages=100))
    with refused(400, "invalid_inputs"):
        customer.update(plan, feature_quantities=quantities(messages=quantity))
    assert customer.left("messages") == (100, 0)

"""Discounts of the catalog, by id and by code: what they take off the first invoice and those after it."""

from pathlib import Path

import pytest

from tests.sdk.client import refused
from tests.sdk.shop import Account, Shop, a_month_after_start, included, used
from tests.support.serving import Serving, command_line

DISCOUNTS = """
features: []
plans: []
discounts:
  - reward_id: five-off
    name: Five off
    type: fixed_discount
    discount_value: 5
    duration_type: forever
  - reward_id: half-price
    name: Half price
    type: percentage_discount
    discount_value: 50
    duration_type: one_off
    promotion_codes: [HALF]
"""


@pytest.fixture(scope="module")
def discounts(server: Serving, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The discounts of these tests, offered by the file that people edit."""
    file: Path = tmp_path_factory.mktemp("catalog") / "discounts.yaml"
    file.write_text(DISCOUNTS)
    command_line(server.data_dir, "catalog", "push", "--ledger", "main", str(file))


@pytest.fixture
def on_pro(shop: Shop, discounts: None) -> tuple[Account, str]:
    """A customer on pro at 20, and premium at 50."""
    customer, pro = shop.customer(), shop.plan("pro", included("messages", 100), amount=20)
    customer.attach(pro)
    return customer, shop.plan("premium", used("messages", 100, 0.10), amount=50)


def test_055_a_discount_counts_on_lines_of_the_callers_own(on_pro: tuple[Account, str]) -> None:
    customer, premium = on_pro
    lines = [{"amount": amount, "description": f"For {amount}"} for amount in (15, 5)]
    assert customer.buy(premium, custom_line_items=lines, discounts=[{"reward_id": "five-off"}]) == 15
    assert customer.invoiced == (2, 15)


def test_a_discount_for_good_counts_on_every_invoice(on_pro: tuple[Account, str]) -> None:
    customer, premium = on_pro
    assert customer.buy(premium, discounts=[{"reward_id": "five-off"}]) == 50 - 5 - 20
    customer.move_to(a_month_after_start())
    assert customer.invoiced == (3, 45)
    customer.track("messages", 150)
    customer.move_to(a_month_after_start(2))
    assert customer.invoiced == (4, 50)


def test_a_discount_for_once_counts_on_the_first_invoice(on_pro: tuple[Account, str]) -> None:
    customer, premium = on_pro
    preview = customer.preview(premium, discounts=[{"promotion_code": "half"}])
    assert (preview.subtotal, preview.total) == (30, 5)
    assert [discount.amount_off for line in preview.line_items for discount in line.discounts or []] == [25]
    assert customer.buy(premium, discounts=[{"promotion_code": "HALF"}]) == 5
    customer.move_to(a_month_after_start())
    assert customer.invoiced == (3, 50)


def test_a_discount_is_left_behind(on_pro: tuple[Account, str], shop: Shop) -> None:
    customer, premium = on_pro
    customer.attach(premium, discounts=[{"reward_id": "five-off"}])
    ultra = shop.plan("ultra", amount=200)
    assert customer.buy(ultra, remove_discounts=[{"reward_id": "five-off"}]) == 200 - 45


def test_a_discount_must_be_named_and_known(on_pro: tuple[Account, str]) -> None:
    customer, premium = on_pro
    with refused(400, "invalid_inputs"):
        customer.attach(premium, discounts=[{}])
    with refused(404, "reward_not_found"):
        customer.attach(premium, discounts=[{"reward_id": "no-such"}])
    assert customer.invoiced == (1, 20)

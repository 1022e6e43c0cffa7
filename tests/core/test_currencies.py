"""The currency a customer is billed in (reference §2.2, `currency`)."""

import pytest
from msgspec.structs import replace

from ledger.core.errors import Refusal
from ledger.core.events import CurrencySet
from ledger.core.subscriptions.billing import Billing
from ledger.core.subscriptions.change import Attach
from ledger.core.subscriptions.customising import Customize
from ledger.core.terms import BasePrice, Plan, Tier
from tests.core.account import Account
from tests.core.offers import FREE, MESSAGES, MONTH, PRO, WORDS, metered, plan, tiered, units

EUR, USD = Billing(currency="eur"), Billing(currency="usd")


def both(offered: Plan, eur_minor: int) -> Plan:
    """The plan with a base price in euros too."""
    assert offered.base is not None
    return replace(offered, base=replace(offered.base, currencies={"eur": eur_minor}))


def test_the_first_plan_in_a_currency_fixes_it() -> None:
    account = Account(both(PRO, 1800))
    quote = account.preview(Attach("pro", billing=EUR))
    assert (quote.planned.currency, quote.planned.total_minor) == ("eur", 1800)
    first, *_ = account.do(Attach("pro", billing=EUR))
    assert first == CurrencySet(None, "eur")
    assert account.customer.currency == "eur"
    (invoice,) = account.customer.account.invoices.values()
    assert (invoice.currency, invoice.total_minor) == ("eur", 1800)
    assert account.subscription("pro").plan.base == BasePrice(1800, MONTH)


def test_later_plans_are_in_it_without_a_word() -> None:
    extra = both(plan("extra", 10, add_on=True), 900)
    account = Account(both(PRO, 1800), extra)
    account.do(Attach("pro", billing=EUR))
    assert account.attach("extra") == 900
    assert account.do(Attach("extra", billing=EUR))


def test_a_customer_is_not_billed_in_two_currencies() -> None:
    account = Account(both(PRO, 1800), both(plan("extra", 10, add_on=True), 900))
    account.attach("pro")
    with pytest.raises(Refusal, match="billed in usd") as refused:
        account.do(Attach("extra", billing=EUR))
    assert refused.value.code == "currency_mismatch"


def test_a_plan_without_a_price_in_the_currency_is_refused() -> None:
    account = Account(PRO)
    with pytest.raises(Refusal, match="Plan pro has no price in eur") as refused:
        account.do(Attach("pro", billing=EUR))
    assert refused.value.code == "currency_mismatch"
    assert account.customer.currency is None


def test_prices_of_units_and_tiers_change_with_it() -> None:
    used = metered(WORDS, 0, 5)
    assert used.price is not None
    bands = tiered(MESSAGES, 0, [(100, 1000), (None, 500)])
    assert bands.price is not None
    tiers = tuple(replace(each, currencies={"eur": (units(900), units(7))}) for each in bands.price.tiers)
    offered = plan(
        "pro",
        0,
        replace(used, price=replace(used.price, currencies={"eur": units(4)})),
        replace(bands, price=replace(bands.price, tiers=tiers)),
    )
    account = Account(offered)
    account.do(Attach("pro", billing=EUR))
    first, second = account.subscription("pro").plan.items
    assert first.price is not None
    assert second.price is not None
    assert first.price.unit_price_minor == 4
    assert second.price.tiers == (Tier(units(100), units(900), units(7)), Tier(None, units(900), units(7)))


@pytest.mark.parametrize("item", [metered(WORDS, 0, 5), tiered(MESSAGES, 0, [(None, 500)])])
def test_units_without_a_price_in_the_currency_are_refused(item: object) -> None:
    account = Account(plan("pro", 0, item))  # type: ignore[arg-type]  # an item, as parametrised above
    with pytest.raises(Refusal, match="has no price in eur"):
        account.do(Attach("pro", billing=EUR))


def test_prices_of_ones_own_are_in_the_currency_already() -> None:
    account = Account(PRO)
    assert account.bill(Attach("pro", customize=Customize(price=BasePrice(1700, MONTH)), billing=EUR)) == 1700
    assert account.subscription("pro").plan.currency == "eur"


def test_a_free_plan_fixes_no_currency() -> None:
    account = Account(FREE)
    account.do(Attach("free", billing=EUR))
    assert account.customer.currency is None


def test_the_ledgers_own_currency_may_be_said() -> None:
    account = Account(PRO)
    assert account.bill(Attach("pro", billing=USD)) == 2000
    assert account.customer.currency == "usd"

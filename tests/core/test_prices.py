"""What units cost by the band they reach, and where exactly the rules for a price, an item and a discount begin."""

from fractions import Fraction

import pytest
from msgspec.structs import replace

from ledger.core.decider import Ask
from ledger.core.errors import Refusal
from ledger.core.invoices.pricing import cost, monthly_price, only_consumption
from ledger.core.offers.catalog import PLAN_IN_USE, CreatePlan, DeletePlan, PutDiscount, UpdatePlan
from ledger.core.offers.offer import check_plan
from ledger.core.offers.tariff import check_base, check_currency, check_every, check_price, rising
from ledger.core.period import Every, Interval
from ledger.core.terms import (
    BasePrice,
    Discount,
    ItemPrice,
    Method,
    Plan,
    PlanItem,
    Rollover,
    Tier,
    TierBehavior,
)
from tests.core.offers import (
    MESSAGES,
    MONTH,
    ONCE,
    SSO,
    START,
    USERS,
    WORDS,
    YEAR,
    included,
    metered,
    plan,
    prepaid,
    units,
)
from tests.core.test_catalog import Offers
from tests.core.test_offering import offering

BANDS = (
    Tier(units(10), units(100)),
    Tier(units(30), units(50), units(700)),
    Tier(units(100), units(20)),
    Tier(None, units(1), units(900)),
)


def banded(behavior: TierBehavior, pack: int = 1) -> ItemPrice:
    return ItemPrice(MONTH, Method.PREPAID, None, BANDS, behavior, units(pack))


@pytest.mark.parametrize(
    ("bought", "graduated", "volume"),
    [
        (0, 0, 0),
        (1, 100, 100),
        (10, 1_000, 1_000),
        (11, 1_000 + 50, 11 * 50 + 700),
        (30, 1_000 + 20 * 50, 30 * 50 + 700),
        (31, 1_000 + 20 * 50 + 20, 31 * 20),
        (100, 1_000 + 20 * 50 + 70 * 20, 100 * 20),
        (101, 1_000 + 20 * 50 + 70 * 20 + 1, 101 + 900),
        (500, 1_000 + 20 * 50 + 70 * 20 + 400, 500 + 900),
    ],
)
def test_each_band_has_its_own_price_or_the_band_of_all_units_has(bought: int, graduated: int, volume: int) -> None:
    assert cost(banded(TierBehavior.GRADUATED), units(0), units(bought)) == graduated
    assert cost(banded(TierBehavior.VOLUME), units(0), units(bought)) == volume
    assert cost(banded(TierBehavior.GRADUATED), units(7), units(bought + 7)) == graduated


@pytest.mark.parametrize(("bought", "minor"), [(0, 0), (1, 300), (2, 300), (3, 600), (4, 600), (5, 900)])
def test_a_started_pack_is_a_whole_one_even_a_pack_of_two(bought: int, minor: int) -> None:
    price = ItemPrice(MONTH, Method.PREPAID, units(300), billing_units=units(2))
    assert cost(price, units(0), units(bought)) == minor


def test_bands_are_counted_in_whole_packs() -> None:
    bands = (Tier(units(4), units(300)), Tier(None, units(100)))
    price = ItemPrice(MONTH, Method.PREPAID, None, bands, billing_units=units(2))
    assert [cost(price, units(0), units(each)) for each in (1, 3, 4, 5, 7)] == [300, 600, 600, 700, 800]


@pytest.mark.parametrize(
    ("offered", "monthly"),
    [
        (plan("a", 0), 0),
        (plan("a", 30), 3_000),
        (plan("a", 30, every=replace(MONTH, count=3)), 1_000),
        (plan("a", 365, every=YEAR), Fraction(36_500, 12)),
        (plan("a", 365, every=replace(YEAR, count=2)), Fraction(36_500, 24)),
        (plan("a", 12, every=Every(Interval.QUARTER)), 400),
        (plan("a", 12, every=Every(Interval.QUARTER, 2)), 200),
        (plan("a", 12, every=ONCE), 0),
        (plan("a", 30, prepaid(MESSAGES, 0, 500)), 3_500),
        (plan("a", 30, prepaid(MESSAGES, 0, 500, every=YEAR), metered(USERS, 1, 200)), 3_200 + Fraction(500, 12)),
        (plan("a", 30, metered(MESSAGES, 0, 500)), 3_000),
    ],
)
def test_a_plan_is_compared_by_what_it_costs_a_month_apart_from_use(offered: Plan, monthly: Fraction) -> None:
    assert monthly_price(offered) == monthly


@pytest.mark.parametrize(
    ("items", "dollars", "alone"),
    [
        ((metered(MESSAGES, 0, 5),), 0, True),
        ((metered(MESSAGES, 0, 5), included(WORDS, 5)), 0, True),
        ((metered(MESSAGES, 0, 5), metered(WORDS, 0, 5)), 0, True),
        ((metered(MESSAGES, 0, 5), prepaid(WORDS, 0, 5)), 0, False),
        ((metered(USERS, 0, 5),), 0, False),
        ((metered(MESSAGES, 0, 5),), 1, False),
        ((included(MESSAGES, 5),), 0, False),
        ((), 0, False),
    ],
)
def test_a_plan_that_costs_only_what_is_used_up_is_told_apart(
    items: tuple[PlanItem, ...], dollars: int, alone: bool
) -> None:
    assert only_consumption(plan("a", dollars, *items)) is alone


# --- where the rules begin ------------------------------------------------------------------------------------


def refused(offered: Plan) -> str | None:
    try:
        check_plan((), offered)
    except Refusal as refusal:
        return str(refusal)
    return None


def item(**changes: object) -> PlanItem:
    return replace(prepaid(MESSAGES, 0, 500, 1), **changes)


def priced(**changes: object) -> PlanItem:
    sold = prepaid(MESSAGES, 0, 500, 1)
    assert sold.price is not None
    return replace(sold, price=replace(sold.price, **changes))


@pytest.mark.parametrize(
    ("good", "bad", "sentence"),
    [
        (item(included=units(0)), item(included=units(-1)), "included must not be negative"),
        (priced(max_purchase=units(0)), priced(max_purchase=units(-1)), "max_purchase must not be negative"),
        (priced(unit_price_minor=units(0)), priced(unit_price_minor=units(-1)), "a price must not be negative"),
        (priced(billing_units=units("0.1")), priced(billing_units=units(0)), "billing_units must be above zero"),
        (
            replace(included(MESSAGES, 9), rollover=Rollover(units(0))),
            replace(included(MESSAGES, 9), rollover=Rollover(units(-1))),
            "rollover.max must not be negative",
        ),
        (
            replace(included(MESSAGES, 9), rollover=Rollover(percentage=units(0))),
            replace(included(MESSAGES, 9), rollover=Rollover(percentage=units(-1))),
            "must be from 0 to 100",
        ),
        (
            replace(included(MESSAGES, 9), rollover=Rollover(percentage=units(100))),
            replace(included(MESSAGES, 9), rollover=Rollover(percentage=units(101))),
            "must be from 0 to 100",
        ),
        (
            replace(included(MESSAGES, 9), rollover=Rollover(months=1)),
            replace(included(MESSAGES, 9), rollover=Rollover(months=0)),
            "expiry_duration_length must be at least 1",
        ),
        (
            replace(included(MESSAGES, 9, Every(Interval.DAY)), rollover=Rollover()),
            replace(included(MESSAGES, 9, Every(Interval.HOUR)), rollover=Rollover()),
            "rollover goes with a reset each day or less often",
        ),
        (
            item(reset=replace(MONTH, count=1)),
            item(reset=replace(MONTH, count=0)),
            r"reset.interval must count at least 1",
        ),
    ],
)
def test_a_rule_of_an_item_begins_exactly_where_it_says_and_names_the_item(
    good: PlanItem, bad: PlanItem, sentence: str
) -> None:
    assert refused(plan("a", 5, good)) is None
    said = refused(plan("a", 5, bad))
    assert said is not None
    assert "item of feature messages: " in said
    with pytest.raises(Refusal, match=sentence):
        check_plan((), plan("a", 5, bad))


@pytest.mark.parametrize(
    "bad", [{"included": units(1)}, {"reset": MONTH}, {"price": ItemPrice(MONTH, Method.PREPAID, units(5))}]
)
def test_what_is_there_or_not_has_no_units_no_reset_and_no_price(bad: dict[str, object]) -> None:
    switch = PlanItem("sso", SSO.kind)
    assert refused(plan("a", 5, switch)) is None
    assert "item of feature sso: a boolean feature is there or not" in str(
        refused(plan("a", 5, replace(switch, **bad)))
    )


@pytest.mark.parametrize(
    ("bounds", "rise"),
    [
        ([None], True),
        ([1, None], True),
        ([1, 2, None], True),
        ([1, 2, 3, None], True),
        ([0, None], False),
        ([1, 1, None], False),
        ([1, 2, 2, None], False),
        ([2, 1, None], False),
        ([1, 3, 2, None], False),
        ([1], False),
        ([1, 2], False),
        ([1, None, None], False),
        ([None, None], False),
    ],
)
def test_bands_rise_from_above_zero_to_one_without_end(bounds: list[int | None], rise: bool) -> None:
    assert rising([None if each is None else units(each) for each in bounds]) is rise


def test_an_interval_is_one_of_those_offered_and_the_refusal_lists_them() -> None:
    check_every("here", Every(Interval.WEEK), (Interval.WEEK, Interval.DAY))
    with pytest.raises(Refusal, match=r"here was month and must be one of day, week$"):
        check_every("here", MONTH, (Interval.WEEK, Interval.DAY))


@pytest.mark.parametrize("currency", ["EUR", "eu", "euro", "e1r", "été", "   "])
def test_a_currency_is_three_small_letters_and_the_refusal_says_where_it_was_not(currency: str) -> None:
    check_currency("here", "eur")
    tier = Tier(None, units(5), currencies={currency: (units(1), units(1))})
    with pytest.raises(Refusal, match=r"^price: "):
        check_base(BasePrice(5, MONTH, {currency: 5}), "usd")
    with pytest.raises(Refusal, match=r"^there: "):
        check_price("there", ItemPrice(MONTH, Method.PREPAID, units(5), currencies={currency: units(5)}), "usd")
    with pytest.raises(Refusal, match=r"^there: "):
        check_price("there", ItemPrice(MONTH, Method.PREPAID, None, (tier,)), "usd")


def test_the_plans_own_currency_is_no_additional_one() -> None:
    tier = Tier(None, units(5), currencies={"gbp": (units(1), units(1))})
    for offered in (
        plan("a", 5, replace(prepaid(MESSAGES, 0, 5), price=ItemPrice(MONTH, Method.PREPAID, None, (tier,)))),
        plan("a", 5, priced(currencies={"gbp": units(1)})),
        replace(plan("a", 0), base=BasePrice(5, MONTH, {"gbp": 4})),
    ):
        assert refused(offered) is None
        assert "gbp is the plan's own currency" in str(refused(replace(offered, currency="gbp")))


def test_every_band_has_the_same_currencies_as_the_first() -> None:
    def bands(*currencies: str) -> ItemPrice:
        tops = [units(number) for number in range(1, len(currencies))]
        amounts = (units(1), units(1))
        return ItemPrice(
            MONTH,
            Method.PREPAID,
            None,
            tuple(
                Tier(to, units(5), currencies=dict.fromkeys(each.split(), amounts))
                for to, each in zip([*tops, None], currencies, strict=True)
            ),
        )

    check_price("here", bands("eur"), "usd")
    check_price("here", bands("eur gbp", "gbp eur", "eur gbp"), "usd")
    for wrong in (bands("eur", "gbp", "gbp"), bands("eur", "eur", ""), bands("", "eur")):
        with pytest.raises(Refusal, match="here: every tier must have its price in the same currencies"):
            check_price("here", wrong, "usd")


@pytest.mark.parametrize(
    ("good", "bad", "sentence"),
    [
        ({"percent": units(100)}, {"percent": units("100.1")}, "discount d"),
        ({"percent": units("0.1")}, {"percent": units(0)}, "discount d"),
        (
            {"percent": None, "amount_minor": 1, "currency": "usd"},
            {"percent": None, "amount_minor": 0, "currency": "usd"},
            "discount d",
        ),
        ({"months": 1}, {"months": 0}, "discount d"),
        (
            {"percent": None, "amount_minor": 1, "currency": "eur"},
            {"percent": None, "amount_minor": 1, "currency": "EUR"},
            "discount d: 'EUR' is not the code",
        ),
    ],
)
def test_a_rule_of_a_discount_begins_exactly_where_it_says(
    good: dict[str, object], bad: dict[str, object], sentence: str
) -> None:
    tenth = Discount("d", "D", percent=units(10))
    offers = offering()
    assert offers.do(PutDiscount(replace(tenth, **good)))
    with pytest.raises(Refusal, match=sentence):
        offering().do(PutDiscount(replace(tenth, **bad)))


def test_before_a_plan_changes_or_goes_it_is_asked_who_is_on_it() -> None:
    for command in (UpdatePlan("pro", {}), DeletePlan("pro")):
        assert command.asks() == [Ask(PLAN_IN_USE, "pro")]


def test_a_plan_of_a_currency_is_checked_in_it() -> None:
    eur = Plan("x", 1, "X", START, currency="eur", base=BasePrice(5, MONTH, {"eur": 5}))
    with pytest.raises(Refusal, match="eur is the plan's own currency"):
        Offers(CreatePlan(replace(eur, base=BasePrice(5, MONTH)))).do(CreatePlan(replace(eur, plan_id="y")))

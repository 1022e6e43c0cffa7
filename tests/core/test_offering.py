"""What a catalog may hold: credit systems, versions of plans, discounts, and the rules a plan keeps."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from msgspec.structs import replace

from ledger.core.errors import Refusal
from ledger.core.events import (
    DiscountCreated,
    DiscountDeleted,
    DiscountUpdated,
    PlanCreated,
    PlanDeleted,
    PlanUpdated,
    PlanVersionCreated,
)
from ledger.core.offers.catalog import (
    CreateFeature,
    CreatePlan,
    DeleteDiscount,
    DeleteFeature,
    DeletePlan,
    PutDiscount,
    UpdateFeature,
    UpdatePlan,
)
from ledger.core.period import Every, Interval
from ledger.core.terms import (
    BasePrice,
    Controls,
    CreditCost,
    CreditTier,
    Discount,
    Feature,
    FeatureKind,
    FreeTrial,
    ItemPrice,
    Method,
    PlanItem,
    Proration,
    Rollover,
    SpendLimit,
    Tier,
)
from tests.core.offers import DAY, MESSAGES, MONTH, ONCE, PRO, SSO, USERS, WORDS, YEAR, included, units
from tests.core.test_catalog import IN_USE, Offers

CREDITS = Feature(
    "credits",
    "Credits",
    FeatureKind.CONSUMABLE,
    credits=(CreditCost("messages", units("0.2")), CreditCost("words", units(3))),
)
TENTH = Discount("tenth", "A tenth off", percent=units(10), promotion_codes=("SPRING", "TEN"))


def offering() -> Offers:
    """A catalog with features and one plan."""
    return Offers(*(CreateFeature(each) for each in (MESSAGES, WORDS, USERS, SSO)), CreatePlan(PRO))


# --- credit systems ---------------------------------------------------------------------------------------


def test_a_credit_system_counts_features_that_are_used_up() -> None:
    offers = offering()
    offers.do(CreateFeature(CREDITS))
    assert offers.catalog.systems == {"messages": ("credits",), "words": ("credits",)}
    offers.do(UpdateFeature("credits", credits=CREDITS.credits[:1]))
    assert offers.catalog.systems == {"messages": ("credits",)}
    offers.refuses(DeleteFeature("messages"), "invalid_request", "used by pro, credits")
    offers.refuses(UpdateFeature("messages", kind=FeatureKind.ALLOCATED), "invalid_request", "used by pro, credits")
    assert offers.do(DeleteFeature("credits"))
    assert offers.catalog.systems == {}


def rising(*bounds: float | None) -> tuple[CreditTier, ...]:
    return tuple(CreditTier(None if each is None else units(each), units(1)) for each in bounds)


@pytest.mark.parametrize(
    ("costs", "code", "sentence"),
    [
        ([CreditCost("nothing", units(1))], "feature_not_found", "nothing"),
        ([CreditCost("users", units(1))], "invalid_inputs", "it is allocated and not used up"),
        ([CreditCost("sso", units(1))], "invalid_inputs", "it is boolean and not used up"),
        ([CreditCost("credits", units(1))], "invalid_inputs", "cannot draw on credits"),
        ([CreditCost("more", units(1))], "invalid_inputs", "cannot draw on credits"),
        ([CreditCost("words", units(1)), CreditCost("words", units(2))], "invalid_inputs", "named twice"),
        ([CreditCost("words")], "invalid_inputs", "either credit_cost or tiers"),
        ([CreditCost("words", units(1), tiers=rising(None))], "invalid_inputs", "either credit_cost or tiers"),
        ([CreditCost("words", units(-1))], "invalid_inputs", "must not be negative"),
        ([CreditCost("words", units(1), units(0))], "invalid_inputs", "billing_units must be above zero"),
        ([CreditCost("words", tiers=rising(100))], "invalid_inputs", "tiers must rise"),
        ([CreditCost("words", tiers=rising(100, 50, None))], "invalid_inputs", "tiers must rise"),
    ],
)
def test_costs_that_contradict_themselves_are_refused(costs: Sequence[CreditCost], code: str, sentence: str) -> None:
    offers = offering()
    offers.do(CreateFeature(CREDITS))
    offers.do(CreateFeature(replace(CREDITS, feature_id="more")))
    offers.refuses(UpdateFeature("credits", credits=tuple(costs)), code, sentence)
    assert offers.catalog.feature("credits") == CREDITS


def test_a_feature_that_is_held_cannot_be_a_credit_system() -> None:
    held = replace(CREDITS, kind=FeatureKind.ALLOCATED)
    offering().refuses(CreateFeature(held), "invalid_inputs", "must be consumable")


def test_tiers_of_a_cost_may_start_free() -> None:
    tiers = (CreditTier(units(100), units(0)), CreditTier(None, units("0.5")))
    assert offering().do(CreateFeature(replace(CREDITS, credits=(CreditCost("words", tiers=tiers),))))


def test_what_a_plan_grants_does_not_become_a_credit_system() -> None:
    offers = offering()
    costs = (CreditCost("words", units(1)),)
    offers.refuses(UpdateFeature("messages", credits=costs), "invalid_request", "used by pro")


# --- versions ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [{"free_trial": FreeTrial(DAY)}, {"controls": Controls(spend_limits=(SpendLimit("messages"),))}, {"items": ()}],
)
def test_what_a_customer_was_promised_changes_in_a_next_version(changes: dict[str, object]) -> None:
    offers = offering()
    offers.claims = IN_USE
    (created,) = offers.do(UpdatePlan("pro", changes))
    assert isinstance(created, PlanVersionCreated)
    assert created.plan.version == 2
    assert offers.catalog.plan("pro", 1) == offers.catalog.plans["pro"][0]
    assert offers.do(UpdatePlan("pro", changes)) == []


def test_all_versions_change_in_place_together() -> None:
    offers = offering()
    offers.claims = IN_USE
    offers.do(UpdatePlan("pro", {"base": BasePrice(2500, MONTH)}))
    changed = offers.do(UpdatePlan("pro", {"name": "Professional"}, all_versions=True))
    assert [type(each) for each in changed] == [PlanUpdated, PlanUpdated]
    assert [(each.name, each.version) for each in offers.catalog.plans["pro"]] == [
        ("Professional", 1),
        ("Professional", 2),
    ]
    amounts = [each.base and each.base.amount_minor for each in offers.catalog.plans["pro"]]
    assert amounts == [2000, 2500]


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (UpdatePlan("pro", {}, force_version=True, disable_version=True), "send one of them"),
        (UpdatePlan("pro", {}, 1, all_versions=True), "leave out version"),
        (UpdatePlan("pro", {}, force_version=True, all_versions=True), "leave out version and force_version"),
        (UpdatePlan("pro", {}, force_version=True, new_plan_id="max"), "send one of them"),
    ],
)
def test_contradictory_ways_to_change_a_plan_are_refused(command: UpdatePlan, sentence: str) -> None:
    offering().refuses(command, "invalid_inputs", sentence)


def test_a_plan_that_nobody_had_gets_another_id_with_all_its_versions() -> None:
    offers = offering()
    offers.do(UpdatePlan("pro", {}, force_version=True))
    renamed = offers.do(UpdatePlan("pro", {"name": "Max"}, new_plan_id="max"))
    assert [type(each) for each in renamed] == [PlanCreated, PlanVersionCreated, PlanDeleted, PlanDeleted]
    assert [(each.plan_id, each.version, each.name) for each in offers.catalog.plans["max"]] == [
        ("max", 1, "Pro"),
        ("max", 2, "Max"),
    ]
    assert list(offers.catalog.plans) == ["max"]
    assert offers.do(UpdatePlan("max", {}, new_plan_id="max")) == []


def test_an_id_that_is_taken_or_in_use_stays() -> None:
    offers = offering()
    offers.do(CreatePlan(replace(PRO, plan_id="max")))
    offers.refuses(UpdatePlan("pro", {}, new_plan_id="max"), "product_already_exists", "max")
    offers.claims = IN_USE
    offers.refuses(UpdatePlan("pro", {}, new_plan_id="other"), "invalid_request", "has or had customers: its id stays")


def test_a_plan_from_before_a_rule_can_still_be_named_and_archived() -> None:
    offers = offering()
    twice = replace(PRO, items=(included(MESSAGES, 5), included(MESSAGES, 5)))
    offers.catalog = replace(offers.catalog, plans={"pro": (twice,)})
    assert offers.do(UpdatePlan("pro", {"name": "Former", "archived": True}))
    offers.refuses(UpdatePlan("pro", {"base": None}), "invalid_request", "cannot be told apart")


# --- discounts --------------------------------------------------------------------------------------------


def test_a_discount_is_offered_changed_and_taken_back() -> None:
    offers = offering()
    assert offers.do(PutDiscount(TENTH)) == [DiscountCreated(TENTH)]
    assert offers.do(PutDiscount(TENTH)) == []
    fifth = replace(TENTH, name="A fifth off", percent=units(20))
    assert offers.do(PutDiscount(fifth)) == [DiscountUpdated(TENTH, fifth)]
    assert offers.catalog.discounts == {"tenth": fifth}
    assert offers.catalog.codes == {"spring": "tenth", "ten": "tenth"}
    assert offers.do(DeleteDiscount("tenth")) == [DiscountDeleted("tenth")]
    assert (offers.catalog.discounts, offers.catalog.codes) == ({}, {})
    offers.refuses(DeleteDiscount("tenth"), "reward_not_found", "tenth")


def test_a_promotion_code_names_one_discount() -> None:
    offers = offering()
    offers.do(PutDiscount(TENTH))
    other = replace(TENTH, discount_id="other", promotion_codes=("spring",))
    offers.refuses(PutDiscount(other), "invalid_request", "is one of discount tenth")
    twice = replace(TENTH, promotion_codes=("A", "a"))
    offers.refuses(PutDiscount(twice), "invalid_inputs", "sent twice")
    offers.do(PutDiscount(replace(TENTH, promotion_codes=())))
    assert offers.do(PutDiscount(other))


@pytest.mark.parametrize(
    ("changes", "code", "sentence"),
    [
        ({"percent": None}, "invalid_inputs", "either a percentage or an amount"),
        ({"amount_minor": 5, "currency": "eur"}, "invalid_inputs", "either a percentage or an amount"),
        ({"percent": Decimal(0)}, "invalid_inputs", "above 0 and at most 100"),
        ({"percent": Decimal(101)}, "invalid_inputs", "above 0 and at most 100"),
        ({"percent": None, "amount_minor": 0, "currency": "eur"}, "invalid_inputs", "must be above 0"),
        ({"percent": None, "amount_minor": 5}, "invalid_inputs", "an amount has a currency"),
        ({"currency": "eur"}, "invalid_inputs", "an amount has a currency"),
        ({"percent": None, "amount_minor": 5, "currency": "EURO"}, "invalid_inputs", "not the code of a currency"),
        ({"once": True, "months": 3}, "invalid_inputs", "once or for months"),
        ({"months": 0}, "invalid_inputs", "at least 1"),
        ({"plan_ids": ("pro", "nothing")}, "product_not_found", "nothing"),
    ],
)
def test_a_discount_that_contradicts_itself_is_refused(changes: dict[str, object], code: str, sentence: str) -> None:
    offering().refuses(PutDiscount(replace(TENTH, **changes)), code, sentence)


def test_a_plan_that_a_discount_is_for_stays() -> None:
    offers = offering()
    offers.do(PutDiscount(replace(TENTH, plan_ids=("pro",))))
    offers.refuses(DeletePlan("pro"), "invalid_request", "used by discount tenth")


# --- what a plan may look like ----------------------------------------------------------------------------

LASTING = Rollover(months=1)
AHEAD = ItemPrice(MONTH, Method.PREPAID, units(100))
AFTERWARDS = ItemPrice(MONTH, Method.USAGE_BASED, units(1))
ONCE_AHEAD = replace(AHEAD, every=ONCE)


def item(**fields: object) -> PlanItem:
    return replace(included(MESSAGES, 100), **fields)


@pytest.mark.parametrize(
    "items",
    [
        (item(rollover=LASTING),),
        (item(rollover=Rollover(most=units(50))), item(price=AHEAD), item(price=AFTERWARDS, included=units(0))),
        (item(included=units(1)), item(included=units(2))),
        (item(price=ONCE_AHEAD, reset=None, expiry=Every(Interval.MONTH, 3)),),
        (item(price=AHEAD), item(price=AFTERWARDS)),
        (item(price=AHEAD, proration=Proration()),),
        (replace(included(USERS, 3), price=AFTERWARDS, proration=Proration()),),
    ],
)
def test_several_items_of_one_feature_and_all_their_options_are_offered(items: tuple[PlanItem, ...]) -> None:
    assert offering().do(UpdatePlan("pro", {"items": items}))


@pytest.mark.parametrize(
    ("items", "sentence"),
    [
        ((item(), item()), "cannot be told apart"),
        ((item(price=AHEAD), item(price=AHEAD, included=units(5))), "cannot be told apart"),
        ((item(price=AHEAD), item(price=ONCE_AHEAD)), "cannot be told apart"),
        ((item(reset=None, rollover=LASTING),), "a reset that never comes"),
        ((item(reset=ONCE, rollover=LASTING),), "a reset that never comes"),
        ((item(included=units(0), unlimited=True, rollover=LASTING),), "nothing is left over"),
        ((replace(included(USERS, 3), rollover=LASTING),), "nothing is left over"),
        ((item(rollover=Rollover(units(1), units(1))),), "one of rollover.max and"),
        ((item(reset=Every(Interval.HOUR), rollover=LASTING),), "each day or less often"),
        ((item(reset=Every(Interval.MINUTE, 90), rollover=LASTING),), "each day or less often"),
        ((item(rollover=Rollover(units(-1))),), "rollover.max must not be negative"),
        ((item(rollover=Rollover(percentage=units(101))),), "from 0 to 100"),
        ((item(rollover=Rollover(months=0)),), "at least 1"),
        ((item(proration=Proration()),), "leave out proration"),
        ((item(price=AFTERWARDS, proration=Proration()),), "leave out proration"),
        ((item(price=AHEAD, expiry=MONTH),), "leave out expiry"),
        ((item(price=replace(AFTERWARDS, every=ONCE), expiry=MONTH),), "leave out expiry"),
        ((item(price=ONCE_AHEAD, expiry=Every(Interval.HOUR)),), "expiry.duration was hour"),
        ((item(reset=Every(Interval.DAY, 0)),), "at least 1 interval"),
        ((item(price=replace(AHEAD, every=DAY)),), "price.interval was day"),
        ((item(price=replace(AHEAD, currencies={"eur": units(1)})),), "the plan's own currency"),
        ((item(price=replace(AHEAD, currencies={"EUR": units(1)})),), "not the code of a currency"),
        ((item(price=replace(AHEAD, currencies={"usd": units(-1)})),), "must not be negative"),
    ],
)
def test_items_that_contradict_themselves_are_refused(items: tuple[PlanItem, ...], sentence: str) -> None:
    offers = offering()
    with pytest.raises(Refusal, match=sentence) as refused:
        offers.do(UpdatePlan("pro", {"items": items}))
    assert refused.value.code in ("invalid_inputs", "invalid_request")


def test_a_base_price_is_billed_each_day_or_less_often() -> None:
    hourly = UpdatePlan("pro", {"base": BasePrice(100, Every(Interval.HOUR))})
    offering().refuses(hourly, "invalid_inputs", r"price\.interval")


def test_every_tier_has_its_price_in_the_same_currencies() -> None:
    here = {"usd": (units(1), units(0))}
    tiers = (Tier(units(10), units(5), currencies=here), Tier(None, units(3)))
    offers = offering()
    price = replace(AHEAD, unit_price_minor=None, tiers=tiers)
    offers.refuses(UpdatePlan("pro", {"items": (item(price=price),)}), "invalid_inputs", "the same currencies")
    even = replace(price, tiers=(tiers[0], replace(tiers[1], currencies=here)))
    assert offers.do(UpdatePlan("pro", {"items": (item(price=even),)}))
    own = tuple(replace(each, currencies={"eur": (units(1), units(0))}) for each in tiers)
    itself = UpdatePlan("pro", {"items": (item(price=replace(price, tiers=own)),)})
    offers.refuses(itself, "invalid_inputs", "the plan's own currency")
    outside = replace(even, currencies={"usd": units(1)})
    offers.refuses(UpdatePlan("pro", {"items": (item(price=outside),)}), "invalid_inputs", "inside each tier")


def test_a_trial_is_counted_in_days_months_or_years_and_not_for_purchases() -> None:
    offers = offering()
    assert offers.do(UpdatePlan("pro", {"free_trial": FreeTrial(Every(Interval.DAY, 14))}))
    assert offers.do(UpdatePlan("pro", {"free_trial": FreeTrial(YEAR)}))
    weekly = FreeTrial(Every(Interval.WEEK))
    offers.refuses(UpdatePlan("pro", {"free_trial": weekly}), "invalid_inputs", "duration_type was week")
    bought = {"base": BasePrice(500, ONCE), "items": ()}
    offers.refuses(UpdatePlan("pro", bought), "invalid_request", "cannot be tried")


def test_a_plan_limits_features_that_there_are() -> None:
    limits = Controls(spend_limits=(SpendLimit("nothing", units(5), enabled=True),))
    offering().refuses(UpdatePlan("pro", {"controls": limits}), "feature_not_found", "nothing")
    offers = offering()
    offers.do(UpdatePlan("pro", {"controls": Controls(spend_limits=(SpendLimit("words", units(5), enabled=True),))}))
    offers.refuses(DeleteFeature("words"), "invalid_request", "used by pro")

"""What a ledger offers: features, plans and their versions."""

from collections.abc import Mapping
from datetime import timedelta
from functools import reduce
from uuid import UUID

import pytest
from msgspec.structs import replace

from ledger.core.decider import CATALOG_STREAM, Command, Context
from ledger.core.errors import Refusal
from ledger.core.events import (
    Event,
    FeatureCreated,
    FeatureDeleted,
    FeatureUpdated,
    PlanCreated,
    PlanDeleted,
    PlanUpdated,
    PlanVersionCreated,
)
from ledger.core.offers.catalog import (
    CATALOG,
    MAX_FEATURES,
    Catalog,
    CreateFeature,
    CreatePlan,
    DeleteFeature,
    DeletePlan,
    UpdateFeature,
    UpdatePlan,
)
from ledger.core.offers.plans import MAX_PLAN_VERSIONS
from ledger.core.period import Every
from ledger.core.settings import LedgerSettings
from ledger.core.terms import BasePrice, CreditCost, FeatureKind, ItemPrice, Method, Plan, PlanItem, Tier
from tests.core.offers import (
    DAY,
    FREE,
    MESSAGES,
    MONTH,
    ONCE,
    PRO,
    SSO,
    START,
    USERS,
    WORDS,
    consumable,
    included,
    plan,
    switched_on,
    units,
)

LATER = START + timedelta(days=9)
IN_USE = {("plan", "pro"): UUID(int=7)}


class Offers:
    """A catalog that things happen to."""

    def __init__(self, *commands: Command) -> None:
        self.catalog: Catalog = CATALOG.initial
        self.claims: Mapping[tuple[str, str], UUID] = {}
        for command in commands:
            self.do(command)

    def do(self, command: Command, moved: bool = False) -> list[Event]:
        moved_to = LATER if moved else None
        settings = LedgerSettings(currency="eur")
        context = Context(LATER, self.catalog, settings, CATALOG_STREAM, self.claims, moved_to)
        CATALOG.admit(self.catalog, command, context)
        assert CATALOG.advance(self.catalog, context) is None
        events = list(CATALOG.decide(self.catalog, command, context))
        self.catalog = reduce(CATALOG.evolve, events, self.catalog)
        assert all(CATALOG.claims(self.catalog, event) == () for event in events)
        return events

    def refuses(self, command: Command, code: str, sentence: str) -> None:
        with pytest.raises(Refusal, match=sentence) as refused:
            self.do(command)
        assert refused.value.code == code


def with_pro() -> Offers:
    return Offers(CreateFeature(MESSAGES), CreateFeature(WORDS), CreatePlan(PRO))


def test_a_feature_is_created_changed_and_deleted() -> None:
    offers = Offers()
    assert offers.do(CreateFeature(MESSAGES)) == [FeatureCreated(MESSAGES)]
    after = replace(MESSAGES, name="Chat messages", event_names=("sent", "received"))
    assert offers.do(UpdateFeature("messages", "Chat messages", None, ("sent", "received"))) == [
        FeatureUpdated(MESSAGES, after)
    ]
    assert offers.do(UpdateFeature("messages", "Chat messages")) == []
    assert [each.feature_id for each in offers.catalog.listening("received")] == ["messages"]
    assert offers.do(DeleteFeature("messages")) == [FeatureDeleted("messages")]
    assert offers.catalog.version == 3
    for gone in (DeleteFeature("messages"), UpdateFeature("messages", "x")):
        offers.refuses(gone, "feature_not_found", "messages")


def test_a_feature_id_is_unique() -> None:
    Offers(CreateFeature(MESSAGES)).refuses(CreateFeature(MESSAGES), "duplicate_feature_id", "messages is taken")


def test_there_are_at_most_so_many_features() -> None:
    offers = Offers()
    offers.catalog = replace(offers.catalog, features={str(n): consumable(str(n)) for n in range(MAX_FEATURES)})
    offers.refuses(CreateFeature(MESSAGES), "invalid_request", "at most 1000 features")


def test_a_feature_that_a_plan_grants_keeps_its_kind_and_stays() -> None:
    offers = with_pro()
    offers.refuses(UpdateFeature("messages", kind=FeatureKind.ALLOCATED), "invalid_request", "used by pro")
    offers.refuses(DeleteFeature("messages"), "invalid_request", "used by pro")
    assert offers.do(UpdateFeature("words", kind=FeatureKind.ALLOCATED))
    assert offers.do(UpdateFeature("messages", archived=True))


def test_a_plan_is_created_in_the_ledgers_currency_with_the_kinds_of_its_features() -> None:
    offers = Offers(CreateFeature(MESSAGES), CreateFeature(USERS))
    unaware = replace(PRO, version=9, items=(replace(included(USERS, 3), kind=FeatureKind.CONSUMABLE),))
    (created,) = offers.do(CreatePlan(unaware))
    assert isinstance(created, PlanCreated)
    plan = created.plan
    assert [plan.version, plan.created_at, plan.currency] == [1, LATER, "eur"]
    assert plan.items[0].kind is FeatureKind.ALLOCATED
    offers.refuses(CreatePlan(PRO), "product_already_exists", "pro is taken")


def test_units_billed_by_the_period_reset_with_it_and_held_units_never() -> None:
    by_use = ItemPrice(MONTH, Method.USAGE_BASED, units(10))
    once = replace(by_use, every=ONCE)
    items = (
        PlanItem("messages", FeatureKind.CONSUMABLE, price=by_use),
        PlanItem("messages", FeatureKind.CONSUMABLE, reset=DAY, price=by_use),
        PlanItem("messages", FeatureKind.CONSUMABLE, price=once),
        PlanItem("messages", FeatureKind.CONSUMABLE),
        PlanItem("users", FeatureKind.CONSUMABLE, reset=MONTH, price=by_use),
    )
    offers = Offers(CreateFeature(MESSAGES), CreateFeature(USERS))
    (created,) = offers.do(CreatePlan(replace(PRO, items=items)))
    assert isinstance(created, PlanCreated)
    assert [item.reset for item in created.plan.items] == [MONTH, DAY, None, None, None]


def test_a_plan_of_an_unknown_feature_is_refused() -> None:
    Offers().refuses(CreatePlan(PRO), "feature_not_found", "messages")


def test_a_plan_that_nobody_had_changes_in_place() -> None:
    offers = with_pro()
    (updated,) = offers.do(UpdatePlan("pro", {"name": "Professional", "base": BasePrice(2500, MONTH)}))
    assert isinstance(updated, PlanUpdated)
    assert [updated.before.name, updated.after.name, updated.after.version] == ["Pro", "Professional", 1]
    assert offers.do(UpdatePlan("pro", {"name": "Professional"})) == []
    assert offers.catalog.plan("pro").base == BasePrice(2500, MONTH)


def test_a_plan_that_somebody_had_gets_a_next_version() -> None:
    offers = with_pro()
    offers.claims = IN_USE
    (created,) = offers.do(UpdatePlan("pro", {"base": BasePrice(2500, MONTH)}))
    assert isinstance(created, PlanVersionCreated)
    assert [each.version for each in offers.catalog.plans["pro"]] == [1, 2]
    assert offers.catalog.plan("pro", 1).base == BasePrice(2000, MONTH)
    assert offers.catalog.newest() == [created.plan]
    (labels,) = offers.do(UpdatePlan("pro", {"name": "Professional"}))
    assert isinstance(labels, PlanUpdated)
    (in_place,) = offers.do(UpdatePlan("pro", {"base": BasePrice(1, MONTH)}, disable_version=True))
    assert isinstance(in_place, PlanUpdated)
    (forced,) = offers.do(UpdatePlan("pro", {}, force_version=True))
    assert isinstance(forced, PlanVersionCreated)
    assert UpdatePlan("pro", {}).asks()[0].value == "pro"


def test_a_plan_is_deleted_only_while_nobody_had_it() -> None:
    offers = with_pro()
    offers.do(UpdatePlan("pro", {}, force_version=True))
    assert offers.do(DeletePlan("pro")) == [PlanDeleted("pro", 2)]
    offers.claims = IN_USE
    offers.refuses(DeletePlan("pro"), "invalid_request", "archive it")
    offers.claims = {}
    offers.do(UpdatePlan("pro", {}, force_version=True))
    assert offers.do(DeletePlan("pro", all_versions=True)) == [PlanDeleted("pro", 1), PlanDeleted("pro", 2)]
    offers.refuses(DeletePlan("pro"), "product_not_found", "pro")
    assert DeletePlan("pro").asks()[0].kind == "plan"


def test_there_is_one_default_of_a_group() -> None:
    default = replace(FREE, auto_enable=True)
    offers = Offers(CreateFeature(MESSAGES), CreatePlan(default))
    offers.refuses(CreatePlan(replace(default, plan_id="other")), "invalid_request", "free is the default")
    offers.do(CreatePlan(replace(default, plan_id="elsewhere", group="g")))
    offers.do(CreatePlan(replace(default, plan_id="extra", add_on=True)))
    assert [each.plan_id for each in offers.catalog.defaults()] == ["free", "elsewhere", "extra"]
    offers.refuses(CreatePlan(replace(PRO, auto_enable=True)), "invalid_request", "costs money")
    offers.do(UpdatePlan("free", {"archived": True}))
    assert [each.plan_id for each in offers.catalog.defaults()] == ["elsewhere", "extra"]


def test_a_default_may_be_renamed_and_another_one_of_its_group_is_refused_until_it_is_archived() -> None:
    default = replace(FREE, auto_enable=True)
    offers = Offers(CreateFeature(MESSAGES), CreatePlan(default), CreatePlan(replace(FREE, plan_id="other")))
    assert [type(each) for each in offers.do(UpdatePlan("free", {"name": "Gratis"}))] == [PlanUpdated]
    offers.refuses(UpdatePlan("other", {"auto_enable": True}), "invalid_request", "free is the default")
    offers.do(UpdatePlan("other", {"auto_enable": True, "archived": True}))
    assert [each.plan_id for each in offers.catalog.defaults()] == ["free"]


def test_there_are_at_most_so_many_plan_versions() -> None:
    offers = Offers(CreateFeature(MESSAGES))
    last = replace(PRO, plan_id="last")
    many = {"pro": tuple(replace(PRO, version=number) for number in range(1, MAX_PLAN_VERSIONS))}
    offers.catalog = replace(offers.catalog, plans=many)
    offers.do(CreatePlan(last))
    offers.refuses(CreatePlan(replace(last, plan_id="one_more")), "invalid_request", "at most")


def priced(**fields: object) -> PlanItem:
    price = replace(ItemPrice(MONTH, Method.PREPAID, units(100)), **fields)
    return PlanItem("messages", FeatureKind.CONSUMABLE, reset=MONTH, price=price)


RISING = (Tier(units(100), units(5)), Tier(None, units(3)))


@pytest.mark.parametrize(
    ("offered", "sentence"),
    [
        (replace(PRO, base=BasePrice(-1, MONTH)), "price.amount must not be negative"),
        (replace(PRO, items=(replace(switched_on(SSO), included=units(1)),)), "a boolean feature is there or not"),
        (replace(PRO, items=(included(MESSAGES, -1),)), "included must not be negative"),
        (replace(PRO, items=(replace(priced(), unlimited=True),)), "unlimited units have no price"),
        (replace(PRO, items=(priced(unit_price_minor=None),)), "either price.amount or price.tiers"),
        (replace(PRO, items=(priced(tiers=RISING),)), "either price.amount or price.tiers"),
        (replace(PRO, items=(priced(billing_units=units(0)),)), "billing_units must be above zero"),
        (replace(PRO, items=(priced(max_purchase=units(-1)),)), "max_purchase must not be negative"),
        (replace(PRO, items=(priced(unit_price_minor=units(-1)),)), "a price must not be negative"),
        (replace(PRO, items=(priced(unit_price_minor=None, tiers=RISING[:1]),)), "tiers must rise"),
        (replace(PRO, items=(priced(unit_price_minor=None, tiers=RISING[::-1]),)), "tiers must rise"),
    ],
)
def test_a_plan_that_contradicts_itself_is_refused(offered: Plan, sentence: str) -> None:
    offers = Offers(CreateFeature(MESSAGES), CreateFeature(SSO))
    offers.refuses(CreatePlan(offered), "invalid_inputs" if "default" not in sentence else "invalid_request", sentence)
    assert not offers.catalog.plans


def test_a_plan_with_rising_tiers_is_taken() -> None:
    assert Offers(CreateFeature(MESSAGES)).do(
        CreatePlan(replace(PRO, items=(priced(unit_price_minor=None, tiers=RISING),)))
    )


def test_the_catalog_is_always_on_real_time() -> None:
    with pytest.raises(Refusal, match="real time"):
        Offers().do(CreateFeature(MESSAGES), moved=True)
    assert CATALOG.due_at(Catalog()) is None
    assert CATALOG.business_now(Catalog(), START + timedelta(microseconds=1)) == START


def test_the_cycle_of_a_plan_is_its_longest_interval() -> None:
    assert PRO.cycle == MONTH
    assert FREE.cycle is None
    assert plan("a", 5, priced(every=Every("year"))).cycle == Every("year")  # type: ignore[arg-type]  # an Interval is text


def test_an_event_of_another_stream_is_our_mistake() -> None:
    with pytest.raises(AssertionError, match="does not belong to the catalog"):
        CATALOG.evolve(Catalog(), Event())
    with pytest.raises(AssertionError, match="not a command of the catalog"):
        Offers().do(Command())


def test_all_features_that_listen_to_a_name_and_all_systems_that_a_feature_draws_on_are_known() -> None:
    sent = [consumable(each, "sent") for each in ("mails", "texts")]
    systems = [replace(consumable(each), credits=(CreditCost("mails", units(1)),)) for each in ("gold", "silver")]
    offers = Offers(*map(CreateFeature, (*sent, *systems)))
    assert [each.feature_id for each in offers.catalog.listening("sent")] == ["mails", "texts"]
    assert offers.catalog.systems == {"mails": ("gold", "silver")}

"""A first plan, add-ons, purchases, and plans of entities: what they grant and what they cost at once."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from ledger.core.errors import Refusal
from ledger.core.events import Quantity
from ledger.core.settings import LedgerSettings
from ledger.core.subscriptions.change import Attach, Schedule
from ledger.core.terms import TierBehavior
from tests.core.account import Account, bought
from tests.core.offers import (
    EXTRA,
    FREE,
    MESSAGES,
    ONCE,
    PREMIUM,
    PRO,
    SSO,
    USERS,
    WORDS,
    YEAR,
    included,
    metered,
    plan,
    prepaid,
    switched_on,
    tiered,
    units,
    unlimited,
)


def test_a_plan_of_every_kind_of_item_costs_its_base_and_what_is_bought_ahead() -> None:
    account = Account(
        plan("pro", 20, metered(WORDS, 50, 5), prepaid(MESSAGES, 0, 1000), metered(USERS, 3, 1000)),
    )
    assert account.attach("pro", messages=100) == 3000
    assert [account.remaining(each) for each in ("words", "messages", "users")] == [50, 100, 3]


def test_seats_that_entities_hold_already_are_paid_beyond_the_included_ones() -> None:
    account = Account(plan("pro", 20, metered(USERS, 3, 1000))).entities("e1", "e2", "e3", "e4", "e5")
    assert account.attach("pro") == 4000
    (grant,) = account.standing("users").grants
    assert [grant.balance, grant.used] == [-2, 5]


def test_a_purchase_stands_beside_the_plan() -> None:
    account = Account(
        plan("pro", 20),
        plan("once", 10, prepaid(WORDS, 0, 500, 50, every=ONCE), every=ONCE, add_on=True),
    )
    account.attach("pro")
    assert account.attach("once", words=50) == 1500
    assert account.remaining("words") == 50
    assert account.plans() == {"pro": "active", "once": "active"}


def test_an_add_on_joins_the_running_cycle() -> None:
    account = Account(PRO, EXTRA)
    account.attach("pro")
    quote = account.preview(Attach("extra"))
    assert quote.planned.total_minor == 2000
    assert quote.next_cycle is not None
    assert quote.next_cycle.total_minor == 4000
    account.attach("extra")
    assert account.subscription("extra").period_end == account.subscription("pro").period_end


def test_an_add_on_in_mid_cycle_pays_for_the_rest_of_it() -> None:
    account = Account(PRO, EXTRA)
    account.attach("pro")
    account.wait(15.5)
    assert account.attach("extra") == 1000
    assert account.subscription("extra").period_end == account.subscription("pro").period_end


def test_an_add_on_attached_twice_adds_up() -> None:
    account = Account(PRO, EXTRA)
    account.attach("pro")
    assert [account.attach("extra"), account.attach("extra")] == [2000, 2000]
    standing = account.standing("words")
    assert [standing.granted, standing.remaining] == [400, 400]


def test_what_is_sold_ahead_may_be_left_unbought() -> None:
    account = Account(plan("pro", 20, prepaid(MESSAGES, 100, 1000), included(WORDS, 50)))
    assert account.attach("pro") == 2000
    assert [account.remaining(each) for each in ("messages", "words")] == [100, 50]


def test_graduated_tiers_start_after_the_included_units() -> None:
    account = Account(plan("pro", 20, tiered(MESSAGES, 100, [(500, 1000), (None, 500)])))
    assert account.attach("pro", messages=300) == 4000
    assert account.remaining("messages") == 300


def test_graduated_tiers_charge_each_band_at_its_own_price() -> None:
    account = Account(plan("pro", 0, tiered(MESSAGES, 0, [(500, 1000), (None, 500)])))
    assert account.attach("pro", messages=800) == 5000 + 1500


def test_volume_tiers_charge_the_included_units_too_once_past_them() -> None:
    offer = tiered(MESSAGES, 100, [(500, 1000), (None, 500)], behavior=TierBehavior.VOLUME)
    assert Account(plan("pro", 0, offer)).attach("pro", messages=600) == 6000
    assert Account(plan("pro", 0, offer)).attach("pro", messages=601) == 3500
    assert Account(plan("pro", 0, offer)).attach("pro", messages=100) == 0
    assert Account(plan("pro", 0, offer)).attach("pro", messages=101) == 2000


def test_a_line_says_how_many_units_it_is_for_and_what_one_of_them_costs() -> None:
    account = Account(plan("pro", 20, prepaid(MESSAGES, 100, 1000)))
    account.attach("pro", messages=300)
    (invoice,) = account.customer.account.invoices.values()
    assert [(line.feature_id, line.quantity, line.unit_price_minor, line.amount_minor) for line in invoice.lines] == [
        (None, units(1), units(2000), 2000),
        ("messages", units(300), units(1000), 2000),
    ]


def test_an_invoice_is_an_entitys_when_all_its_lines_are() -> None:
    account = Account(PRO, plan("seat", 5)).entities("e1", "e2")
    account.attach("pro", "e1")
    account.wait_until(datetime(2026, 1, 11, tzinfo=UTC))
    account.attach("seat", "e2")
    account.wait_until(datetime(2026, 3, 1, tzinfo=UTC))
    invoices = account.customer.account.invoices.values()
    assert [(each.entity_id, each.total_minor) for each in invoices][:2] == [("e1", 2000), ("e2", 339)]
    assert {each.entity_id for each in invoices if each.total_minor == 2500} == {None}


def test_one_time_purchases_add_up() -> None:
    account = Account(plan("once", 10, prepaid(MESSAGES, 0, 1000, every=ONCE), every=ONCE))
    assert [account.attach("once", messages=100), account.attach("once", messages=100)] == [2000, 2000]
    assert account.remaining("messages") == 200


def test_a_one_time_add_on_adds_to_the_plan() -> None:
    account = Account(
        plan("pro", 20, included(MESSAGES, 100)),
        plan("once", 10, prepaid(MESSAGES, 0, 500, 50, every=ONCE), every=ONCE, add_on=True),
    )
    account.attach("pro")
    assert account.attach("once", messages=50) == 1500
    assert account.remaining("messages") == 150


def test_several_packs_can_be_bought_at_once() -> None:
    account = Account(plan("once", 10, prepaid(MESSAGES, 0, 1000, every=ONCE), every=ONCE))
    assert account.attach("once", messages=200) == 3000
    assert account.remaining("messages") == 200


def test_as_many_units_may_be_bought_as_the_plan_sells_and_no_more() -> None:
    offered = plan("pro", 0, prepaid(MESSAGES, 50, 1000, most=300))
    assert Account(offered).attach("pro", messages=350) == 3000
    with pytest.raises(Refusal, match="300"):
        Account(offered).attach("pro", messages=351)


def test_a_started_pack_is_a_whole_one() -> None:
    account = Account(plan("pro", 0, prepaid(MESSAGES, 50, 1000)))
    assert account.attach("pro", messages=151) == 2000
    assert account.remaining("messages") == 250


def test_two_entities_hold_the_same_plan_each_with_its_own_balance() -> None:
    account = Account(plan("pro", 20, included(MESSAGES, 100))).entities("e1", "e2")
    assert [account.attach("pro", "e1"), account.attach("pro", "e2")] == [2000, 2000]
    assert [account.remaining("messages", each) for each in ("e1", "e2")] == [100, 100]
    account.track("messages", 30, "e1")
    assert [account.remaining("messages", each) for each in ("e1", "e2", None)] == [70, 100, 170]


def test_a_second_entity_two_weeks_later_joins_the_shared_cycle() -> None:
    account = Account(plan("pro", 20, included(MESSAGES, 100))).entities("e1", "e2")
    account.attach("pro", "e1")
    account.wait(14)
    assert account.attach("pro", "e2") == round(2000 * 17 / 31)
    assert account.subscription("pro", "e2").period_end == account.subscription("pro", "e1").period_end


def test_a_plan_of_the_customer_leaves_the_plans_of_its_entities_alone() -> None:
    account = Account(PRO, plan("annual", 500, included(MESSAGES, 9000), every=YEAR)).entities("e1")
    account.attach("pro", "e1")
    account.wait(45)
    assert account.attach("annual") == 50000
    assert account.plans("e1") == {"pro": "active"}
    assert account.plans() == {"annual": "active"}


def test_plans_of_different_groups_stand_side_by_side() -> None:
    account = Account(PRO, plan("storage", 5, included(WORDS, 10), group="storage"))
    account.attach("pro")
    account.attach("storage")
    assert account.plans() == {"pro": "active", "storage": "active"}


def test_boolean_and_unlimited_items_are_granted() -> None:
    account = Account(plan("pro", 20, switched_on(SSO), unlimited(MESSAGES)))
    account.attach("pro")
    assert account.standing("sso").boolean
    assert account.standing("messages").unlimited


def test_several_items_of_a_feature_add_up() -> None:
    account = Account(plan("pro", 20, included(MESSAGES, 10), prepaid(MESSAGES, 0, 500), metered(MESSAGES, 0, 10)))
    account.attach("pro", messages=100)
    standing = account.standing("messages")
    assert [standing.granted, standing.overage_allowed] == [110, True]
    account.track("messages", 115)
    assert [grant.balance for grant in account.standing("messages").grants] == [0, 0, -5]


@pytest.mark.parametrize("entity_id", [None, "e1"])
def test_the_plan_that_is_held_cannot_be_attached_again(entity_id: str | None) -> None:
    account = Account(PRO, PREMIUM).entities("e1")
    account.attach("pro", entity_id)
    with pytest.raises(Refusal, match="pro is attached here already") as refused:
        account.attach("pro", entity_id)
    assert refused.value.code == "plan_already_attached"


def test_the_plan_that_is_held_cannot_be_attached_again_even_while_it_is_cancelling() -> None:
    account = Account(FREE, PRO, PREMIUM)
    account.attach("premium")
    account.attach("pro")
    for held in ("premium", "pro"):
        with pytest.raises(Refusal, match="attached here already"):
            account.attach(held)


@pytest.mark.parametrize(
    ("command", "code", "sentence"),
    [
        (Attach("gold"), "product_not_found", "Plan gold does not exist"),
        (Attach("pro", 7), "product_not_found", "Plan pro version 7"),
        (Attach("pro", None, "e9"), "entity_not_found", "Entity e9"),
        (Attach("pro", quantities=bought(words=5)), "invalid_inputs", "sells no prepaid words"),
        (Attach("pro", quantities=bought(messages=-100)), "invalid_inputs", "must not be negative"),
        (Attach("pro", quantities=bought(messages=1100)), "invalid_request", "At most 1000"),
    ],
)
def test_an_attach_that_cannot_be_is_refused(command: Attach, code: str, sentence: str) -> None:
    account = Account(plan("pro", 20, prepaid(MESSAGES, 0, 1000, most=1000)))
    with pytest.raises(Refusal, match=sentence) as refused:
        account.do(command)
    assert refused.value.code == code
    assert not account.plans()


def test_a_version_can_be_chosen_and_the_newest_is_the_default() -> None:
    account = Account(PRO, plan("pro", 25, included(MESSAGES, 700), version=2))
    assert account.preview(Attach("pro")).planned.total_minor == 2500
    assert account.bill(Attach("pro", 1)) == 2000
    assert account.subscription("pro").plan.version == 1


def test_a_callers_own_subscription_id_is_unique_in_its_customer() -> None:
    account = Account(PRO, EXTRA)
    account.bill(Attach("pro", external_id="sub-1"))
    with pytest.raises(Refusal, match="sub-1 is in use"):
        account.bill(Attach("extra", external_id="sub-1"))


def test_a_plan_without_a_cycle_cannot_be_left_at_the_end_of_one() -> None:
    account = Account(FREE, PRO)
    account.attach("free")
    with pytest.raises(Refusal, match="no billing cycle"):
        account.bill(Attach("pro", schedule=Schedule.END_OF_CYCLE))


def test_a_plan_may_be_anchored_to_the_month_of_the_ledgers_time_zone() -> None:
    anchored = replace(PRO, anchor_to_month_start=True)
    account = Account(
        anchored, settings=LedgerSettings(timezone="Europe/Berlin"), now=datetime(2026, 6, 16, tzinfo=UTC)
    )
    assert account.attach("pro") == round(2000 * (14 * 24 + 22) / (30 * 24))
    period_end = account.subscription("pro").period_end
    assert period_end == datetime(2026, 6, 30, 22, tzinfo=UTC)
    assert account.standing("messages").next_reset_at == period_end


def test_an_archived_plan_takes_no_new_customers() -> None:
    with pytest.raises(Refusal, match="pro is archived") as refused:
        Account(replace(PRO, archived=True)).attach("pro")
    assert refused.value.code == "invalid_request"


def test_quantities_are_totals_with_the_included_units() -> None:
    account = Account(plan("pro", 0, prepaid(MESSAGES, 100, 1000)))
    assert account.bill(Attach("pro", quantities=(Quantity("messages", units(300)),))) == 2000
    (grant,) = account.standing("messages").grants
    assert [grant.included, grant.prepaid] == [100, 200]

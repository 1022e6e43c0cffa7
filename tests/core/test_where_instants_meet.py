"""Where instants meet: what waits for its payer, what one instant puts on one invoice, and what is offered then."""

from datetime import datetime
from decimal import Decimal

from msgspec.structs import replace

from ledger.core.balances.adjustment import UpdateBalance
from ledger.core.events import DiscountCreated, Ended, PlanExpired, PlanUpdated
from ledger.core.invoices.documents import PayInvoice
from ledger.core.offers.catalog import CreateFeature, CreatePlan, PutDiscount, UpdatePlan
from ledger.core.offers.discounts import MAX_DISCOUNTS
from ledger.core.period import Every, Interval
from ledger.core.settings import LedgerSettings
from ledger.core.subscriptions.billing import Billing, CustomLine
from ledger.core.subscriptions.cancellation import Cancel
from ledger.core.subscriptions.change import Attach
from ledger.core.subscriptions.phases import CreateSchedule, Phase
from ledger.core.subscriptions.quantity import ChangeQuantities
from ledger.core.subscriptions.several import AttachMany
from ledger.core.terms import BasePrice, Discount, FreeTrial, OnDecrease, Proration
from tests.core.account import Account, bought
from tests.core.meeting import DAYS, FEBRUARY, MARCH
from tests.core.offers import MESSAGES, MONTH, PRO, START, USERS, WORDS, YEAR, included, metered, plan, prepaid, units
from tests.core.owing import corrected, shop
from tests.core.test_catalog import Offers

# --- what waits for its payer ---------------------------------------------------------------------------------


def lapses_at(account: Account, command: Attach) -> datetime | None:
    """When a change that waits for its payer lapses."""
    account.pays_with("pm_needs_action").do(command)
    assert account.customer.held is not None
    return account.customer.held.lapses_at


def test_a_first_plan_that_is_not_paid_lapses_by_itself() -> None:
    account = shop()
    assert lapses_at(account, Attach("pro")) == FEBRUARY
    account.wait_until(FEBRUARY)
    assert account.customer.held is None
    assert account.plans() == {}


def test_a_change_lapses_with_the_first_thing_that_it_was_priced_by_and_touches() -> None:
    week, days = (FreeTrial(Every(Interval.DAY, number)) for number in (7, 4))
    tried = replace(plan("tried", 30), free_trial=week)
    side = replace(plan("side", 5, group="side"), free_trial=days)
    account = shop(tried, side)
    account.attach("side")
    account.attach("tried")
    own = CustomLine(100, "own", START, START + 2 * DAYS)
    assert lapses_at(account, Attach("premium", billing=Billing(add_lines=(own,)))) == START + 7 * DAYS


def test_a_charge_falls_due_though_a_change_waits_for_longer() -> None:
    account = corrected(plan("year", 100, every=YEAR, group="other"))
    lapse = lapses_at(account, Attach("year"))
    assert lapse is not None
    assert lapse > MARCH
    account.wait_until(MARCH)
    assert account.invoiced()[-1] == 30


def test_a_change_lapses_with_the_end_that_a_plan_is_given() -> None:
    assert lapses_at(shop(), Attach("pro", ends_at=START + 9 * DAYS)) == START + 9 * DAYS


def test_what_was_used_while_a_change_waited_is_billed_to_the_cent() -> None:
    account = shop().pays_with("pm_card")
    account.attach("used")
    account.pays_with("pm_needs_action").bill(Attach("premium"))
    account.track("messages", 7)
    held = account.customer.held
    assert held is not None
    account.pays_with("pm_card").do(PayInvoice(held.invoice_id))
    assert [each.line.amount_minor for each in account.customer.account.accrued.values()] == [70]


def test_a_change_that_was_reasoned_when_it_was_asked_for_needs_no_reason_when_it_is_paid() -> None:
    account = Account(plan("seats", 20, metered(USERS, 1, 900)), settings=LedgerSettings(require_reason=True))
    account.attach("seats")
    account.pays_with("pm_needs_action").do(UpdateBalance("users", usage=units(3)))
    held = account.customer.held
    assert held is not None
    account.pays_with("pm_card")
    account.reasoned = False
    account.do(PayInvoice(held.invoice_id))
    assert account.balance("users") == (0, 3)


def test_a_change_is_made_with_every_version_that_it_names() -> None:
    account = Account(PRO, replace(PRO, version=2, base=BasePrice(9_000, MONTH))).entities("e1")
    account.pays_with("pm_needs_action").do(AttachMany((Attach("pro", 1), Attach("pro", 2, "e1"))))
    held = account.customer.held
    assert held is not None
    account.pays_with("pm_card").do(PayInvoice(held.invoice_id))
    assert [account.subscription("pro", owner).plan.version for owner in (None, "e1")] == [1, 2]


# --- what happens at one instant ------------------------------------------------------------------------------


def test_plans_of_two_scopes_that_end_at_one_instant_are_followed_by_their_own() -> None:
    for first, second in ((None, "e1"), ("e1", None)):
        account = shop(plan("side", 5, group="side")).entities("e1")
        for owner in (first, second):
            account.attach("premium", owner)
        account.attach("side")
        account.attach("pro", None)
        account.bill(Cancel("premium", None, "e1"))
        account.bill(Cancel("side"))
        account.wait_until(FEBRUARY)
        assert account.plans() == {"pro": "active"}
        assert account.plans("e1") == {}
        assert account.invoiced()[-1] == 2000


def test_why_a_plan_ended_is_said_as_it_was() -> None:
    account = shop(plan("side", 5, group="side"))
    account.attach("side")
    account.bill(CreateSchedule((Phase((Attach("pro"),)), Phase((Attach("premium"),), FEBRUARY))))
    account.bill(Cancel("side"))
    account.bill(Attach("extra", ends_at=FEBRUARY))
    account.wait_until(FEBRUARY)
    causes = {each.subscription_id: each.cause for _, each in account.log if isinstance(each, PlanExpired)}
    assert sorted(causes.values()) == sorted([Ended.CANCELED, Ended.REPLACED, Ended.ENDED])


def test_between_two_phases_no_default_comes_in() -> None:
    default = plan("starter", 0, included(MESSAGES, 10), auto_enable=True)
    account = shop(default)
    phases = (
        Phase((Attach("pro"), Attach("extra"))),
        Phase((Attach("extra"),), FEBRUARY),
        Phase((Attach("premium"),), MARCH),
    )
    account.bill(CreateSchedule(phases))
    account.wait_until(FEBRUARY + DAYS)
    assert account.plans() == {"extra": "active", "premium": "scheduled"}
    account.wait_until(MARCH)
    assert account.plans() == {"premium": "active"}


def test_a_quantity_that_waits_counts_from_its_renewal_whatever_else_the_plan_has() -> None:
    later = replace(prepaid(WORDS, 0, 100, 1), proration=Proration(on_decrease=OnDecrease.NONE))
    account = Account(plan("packs", 20, included(MESSAGES, 10), metered(USERS, 1, 90, every=YEAR), later))
    account.attach("packs", words=30)
    account.bill(ChangeQuantities("packs", quantities=bought(words=20)))
    account.wait_until(FEBRUARY)
    assert account.balance("words") == (20, 0)


# --- what is offered ------------------------------------------------------------------------------------------


def test_a_ledger_has_room_for_so_many_discounts_and_no_more() -> None:
    offers = Offers()
    tenth = Discount("tenth", "A tenth", percent=Decimal(10))
    many = {str(number): replace(tenth, discount_id=str(number)) for number in range(MAX_DISCOUNTS - 1)}
    offers.catalog = replace(offers.catalog, discounts=many)
    assert offers.do(PutDiscount(tenth)) == [DiscountCreated(tenth)]
    offers.refuses(PutDiscount(replace(tenth, discount_id="more")), "invalid_request", "at most")


def test_the_items_of_a_plan_that_changes_reset_with_their_price_as_those_of_a_new_one_do() -> None:
    offers = catalog()
    offers.do(UpdatePlan("pro", {"items": (replace(metered(MESSAGES, 5, 7), reset=None),)}))
    assert [each.reset for each in offers.catalog.plan("pro").items] == [MONTH]


def test_every_version_that_changes_says_what_it_was() -> None:
    offers = catalog()
    offers.do(UpdatePlan("pro", {"group": "side"}, force_version=True))
    before = offers.catalog.plans["pro"]
    changed = offers.do(UpdatePlan("pro", {"name": "Professional"}, all_versions=True))
    assert [each.before for each in changed if isinstance(each, PlanUpdated)] == list(before)


def test_a_change_that_comes_with_a_new_id_is_of_the_version_that_is_named() -> None:
    offers = catalog()
    offers.do(UpdatePlan("pro", {"group": "side"}, force_version=True))
    offers.do(UpdatePlan("pro", {"name": "First"}, version=1, new_plan_id="renamed"))
    assert [each.name for each in offers.catalog.plans["renamed"]] == ["First", "Pro"]


def catalog() -> Offers:
    return Offers(CreateFeature(MESSAGES), CreatePlan(PRO))

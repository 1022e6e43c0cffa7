"""Plans brought over from elsewhere."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from ledger.core.errors import Refusal
from ledger.core.invoices.documents import InsertInvoice, PayInvoice
from ledger.core.invoices.invoice import InvoiceStatus
from ledger.core.period import Interval
from ledger.core.settings import LedgerSettings
from ledger.core.subscriptions.change import Attach
from ledger.core.subscriptions.importing import ImportedBalance, ImportedPlan, ImportPlans
from tests.core.account import Account, bought
from tests.core.extras import APRIL, EXTRA, FEBRUARY, MARCH, MID, OTHER, shop
from tests.core.offers import (
    FREE,
    MESSAGES,
    PREMIUM,
    PRO,
    START,
    USERS,
    WORDS,
    included,
    metered,
    plan,
    prepaid,
    units,
)


def imported(*plans: ImportedPlan) -> Account:
    pack = plan("pack", 20, prepaid(MESSAGES, 0, 1000), metered(WORDS, 10, 5))
    account = Account(FREE, PRO, PREMIUM, pack, EXTRA)
    account.wait_until(MID)
    assert account.bill(ImportPlans(plans)) == 0
    return account


def test_a_plan_from_elsewhere_stands_as_it_stood_and_bills_from_its_next_cycle() -> None:
    used = ImportedBalance("messages", usage=units(120))
    account = imported(ImportedPlan("pro", started_at=START, balances=(used,), external_id="sub-9"))
    assert account.balance("messages") == (380, 120)
    assert account.subscription("pro").external_id == "sub-9"
    assert account.invoiced() == []
    account.wait_until(FEBRUARY)
    assert account.invoiced() == [2000]
    assert account.balance("messages") == (500, 0)


def test_what_remains_may_be_said_instead_and_which_balance_is_meant() -> None:
    balances = (
        ImportedBalance("messages", remaining=units(50), method="prepaid", interval=Interval.MONTH),
        ImportedBalance("words", remaining=units(-4), next_reset_at=FEBRUARY),
    )
    account = imported(ImportedPlan("pack", anchor=START, quantities=bought(messages=300), balances=balances))
    assert account.balance("messages") == (50, 250)
    assert account.standing("words").usage == 14
    account.wait_until(FEBRUARY)
    assert account.invoiced() == [2000 + 3000 + 20]


def test_a_plan_that_was_brought_over_is_left_as_it_is() -> None:
    account = imported(ImportedPlan("pro"))
    assert account.do(ImportPlans((ImportedPlan("pro"),))) == []


@pytest.mark.parametrize(
    ("status", "then"),
    [
        ("active", {"pro": "active"}),
        ("canceled", {"pro": "canceling"}),
        ("expired", {}),
        ("past_due", {"pro": "active"}),
    ],
)
def test_a_plan_has_the_status_it_had(status: str, then: dict[str, str]) -> None:
    account = imported(ImportedPlan("pro", status=status))
    assert account.plans() == then
    assert bool(then) == any(each.plan.plan_id == "pro" for each in account.customer.subscriptions.values())
    if status == "past_due":
        assert account.subscription("pro").past_due is not None


def test_what_is_owed_elsewhere_stays_so_until_an_invoice_of_it_is_closed_here() -> None:
    account = imported(ImportedPlan("pro", status="past_due"))
    for status, number in ((InvoiceStatus.OPEN, "in_2"), (InvoiceStatus.PAID, "in_1")):
        account.do(InsertInvoice(number, status, 2000, START, ("pro",)))
        assert account.subscription("pro").past_due is not None
    (owed,) = account.customer.account.open_invoices()
    account.do(PayInvoice(owed.invoice_id))
    assert account.subscription("pro").past_due is None


def test_a_trial_goes_on_to_its_end() -> None:
    account = imported(ImportedPlan("pro", status="trialing", anchor=FEBRUARY))
    assert account.subscription("pro").trial_ends_at == FEBRUARY
    account.wait_until(FEBRUARY)
    assert account.invoiced() == [2000]


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        (ImportedPlan("pro", status="paused"), "must be one of active"),
        (ImportedPlan("pro", started_at=APRIL), "must not be in the future"),
        (ImportedPlan("pro", status="trialing"), "needs its billing anchor"),
        (ImportedPlan("free", status="canceled"), "is held or expired"),
        (ImportedPlan("pro", balances=(ImportedBalance("words", usage=units(1)),)), "grants no words"),
        (ImportedPlan("pro", balances=(ImportedBalance("messages", units(1), units(1)),)), "one of usage and balance"),
        (
            ImportedPlan("pro", balances=(ImportedBalance("messages", next_reset_at=START),)),
            "next_reset_at must be in the future",
        ),
    ],
)
def test_an_import_that_cannot_be_is_refused(wanted: ImportedPlan, sentence: str) -> None:
    account = Account(FREE, PRO)
    account.wait_until(MID)
    with pytest.raises(Refusal, match=sentence):
        account.do(ImportPlans((wanted,)))


def test_two_main_plans_of_a_group_are_not_brought_over() -> None:
    account = imported(ImportedPlan("pro"))
    with pytest.raises(Refusal, match="plan pro is held in group"):
        account.do(ImportPlans((ImportedPlan("premium"),)))


def test_an_imported_plan_takes_the_place_of_the_free_default_and_gives_it_back() -> None:
    default = plan("starter", 0, included(MESSAGES, 10), included(USERS, 5, None), auto_enable=True)
    pro = plan("pro", 20, included(MESSAGES, 500), included(USERS, 9, None))
    account = Account(default, pro)
    account.track("users", 3)
    assert account.bill(ImportPlans((ImportedPlan("pro", status="canceled"),))) == 0
    assert account.plans() == {"pro": "canceling", "starter": "scheduled"}
    assert account.balance("users") == (6, 3)
    account.wait_until(FEBRUARY)
    assert account.plans() == {"starter": "active"}
    assert account.invoiced() == []


def test_a_plan_from_elsewhere_is_on_the_record_as_it_stood() -> None:
    account = imported(
        ImportedPlan("pack", started_at=START, anchor=FEBRUARY, external_id="s1", quantities=bought(messages=300))
    )
    held = account.subscription("pack")
    assert (held.started_at, held.anchor, held.period_start, held.period_end) == (START, FEBRUARY, START, FEBRUARY)
    assert (held.external_id, held.quantities, held.replaces) == ("s1", bought(messages=300), None)
    assert account.remaining("messages") == 300
    assert imported(ImportedPlan("pro")).subscription("pro").started_at == MID


def test_a_plan_from_elsewhere_may_be_of_an_older_version_and_follows_the_ledgers_time_zone() -> None:
    zone = LedgerSettings(timezone="America/New_York")
    account = Account(PRO, replace(PRO, version=2), settings=zone).wait_until(datetime(2026, 3, 20, tzinfo=UTC))
    used = ImportedBalance("messages", usage=units(7))
    account.bill(ImportPlans((ImportedPlan("pro", 1, started_at=START, anchor=START, balances=(used,)),)))
    held = account.subscription("pro")
    assert held.plan.version == 1
    assert (held.period_start, held.period_end) == (MARCH, datetime(2026, 3, 31, 23, tzinfo=UTC))
    (grant,) = account.customer.grants.values()
    assert (grant.period_start, grant.period_end) == (MARCH, datetime(2026, 3, 31, 23, tzinfo=UTC))


def test_an_add_on_is_brought_over_once_for_each_of_its_ids() -> None:
    account = imported(ImportedPlan("extra", external_id="a"), ImportedPlan("extra", external_id="b"))
    assert len(account.customer.subscriptions) == 2
    for known in ("a", "b", None):
        assert account.do(ImportPlans((ImportedPlan("extra", external_id=known),))) == []
    assert account.do(ImportPlans((ImportedPlan("extra", external_id="c"),)))


def test_a_main_plan_is_brought_over_once_whatever_its_id() -> None:
    account = imported(ImportedPlan("pro", external_id="a"))
    assert account.do(ImportPlans((ImportedPlan("pro", external_id="b"),))) == []


def test_what_an_entity_holds_does_not_keep_a_plan_from_being_brought_over() -> None:
    account = shop().entities("e1")
    account.attach("pro", "e1")
    assert account.do(ImportPlans((ImportedPlan("pro"),)))
    assert account.plans() == {"pro": "active"}


def test_only_a_default_that_costs_nothing_gives_way_to_a_plan_from_elsewhere() -> None:
    starter = plan("starter", 0, included(MESSAGES, 10), auto_enable=True)
    paid = plan("starter", 5, included(MESSAGES, 10), auto_enable=True)
    for default, gives_way in ((starter, True), (paid, False), (replace(starter, auto_enable=False), False)):
        account = Account(default, PRO)
        if not account.plans():
            account.attach("starter")
        if gives_way:
            account.bill(ImportPlans((ImportedPlan("pro"),)))
            assert account.subscription("pro").replaces == "2.0"
            continue
        with pytest.raises(Refusal, match=r"plans\.0: plan starter is held in group ''"):
            account.do(ImportPlans((ImportedPlan("pro"),)))
    beside = Account(starter, EXTRA, OTHER)
    beside.bill(ImportPlans((ImportedPlan("extra"), ImportedPlan("other"))))
    assert beside.plans() == {"starter": "active", "extra": "active", "other": "active"}


def test_a_plan_that_waits_in_its_group_keeps_one_from_elsewhere_out() -> None:
    account = shop()
    account.bill(Attach("premium", starts_at=MARCH))
    with pytest.raises(Refusal, match=r"plans\.0: plan premium is held"):
        account.do(ImportPlans((ImportedPlan("pro"),)))
    account.bill(ImportPlans((ImportedPlan("other"),)))
    assert account.plans()["other"] == "active"


def test_what_ended_elsewhere_and_was_cancelled_there_is_followed_by_the_default() -> None:
    starter = plan("starter", 0, included(MESSAGES, 10), auto_enable=True)
    account = Account(starter, PRO)
    account.bill(ImportPlans((ImportedPlan("pro", status="canceled"),)))
    waiting = account.subscription("starter")
    assert (waiting.default, waiting.replaces) == (True, account.subscription("pro").subscription_id)
    assert waiting.started_at == FEBRUARY


def test_where_a_balance_stands_may_be_said_in_any_of_its_words() -> None:
    words = {"interval": Interval.MONTH, "method": "usage_based"}
    for said, fits in (
        ({}, True),
        ({"interval": Interval.MONTH}, True),
        ({"method": "usage_based"}, True),
        (words, True),
        ({**words, "interval": Interval.YEAR}, False),
        ({**words, "method": "prepaid"}, False),
    ):
        balance = replace(ImportedBalance("words", usage=units(4)), **said)
        if fits:
            account = imported(ImportedPlan("pack", started_at=START, anchor=START, balances=(balance,)))
            assert account.balance("words") == (6, 4)
        else:
            with pytest.raises(Refusal, match=r"plans\.0\.balances\.0: the plan grants no words"):
                imported(ImportedPlan("pack", balances=(balance,)))


def test_a_balance_from_elsewhere_resets_when_it_was_to_reset_there() -> None:
    balance = ImportedBalance("messages", usage=units(120), next_reset_at=FEBRUARY - timedelta(days=5))
    account = imported(ImportedPlan("pro", started_at=START, balances=(balance,)))
    assert account.standing("messages").next_reset_at == FEBRUARY - timedelta(days=5)
    account.wait_until(FEBRUARY - timedelta(days=5))
    assert account.balance("messages") == (500, 0)
    assert account.standing("messages").next_reset_at == MARCH - timedelta(days=2)


def test_units_that_never_reset_stand_as_was_said_and_have_no_next_reset() -> None:
    seats = plan("seats", 20, included(USERS, 5), included(MESSAGES, 10, None))
    account = Account(seats)
    used = (ImportedBalance("users", usage=units(2)), ImportedBalance("messages", remaining=units(3)))
    account.bill(ImportPlans((ImportedPlan("seats", balances=used),)))
    assert (account.balance("users"), account.balance("messages")) == ((3, 2), (3, 7))
    for feature_id in ("users", "messages"):
        wrong = ImportedBalance(feature_id, next_reset_at=MARCH)
        with pytest.raises(Refusal, match=r"balances\.0\.next_reset_at: this balance never resets"):
            Account(seats).do(ImportPlans((ImportedPlan("seats", balances=(wrong,)),)))


@pytest.mark.parametrize("at", [MID, MID - timedelta(days=1)])
def test_a_trial_and_a_reset_from_elsewhere_end_in_the_future(at: datetime) -> None:
    with pytest.raises(Refusal, match=r"plans\.0: a plan that is trialing needs its billing anchor"):
        imported(ImportedPlan("pro", status="trialing", anchor=at))
    with pytest.raises(Refusal, match=r"plans\.0\.balances\.0\.next_reset_at must be in the future"):
        imported(ImportedPlan("pro", balances=(ImportedBalance("messages", next_reset_at=at),)))


def test_a_preview_of_an_import_says_that_plans_are_updated_and_in_which_currency() -> None:
    account = shop()
    planned = account.preview(ImportPlans((ImportedPlan("free"),))).planned
    assert (planned.intent, planned.currency, planned.total_minor) == ("update_plan", "usd", 0)

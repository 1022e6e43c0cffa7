"""A ledger's time zone moves all of a life and changes nothing else about it (architecture.md, "Time").

India is half past five ahead of UTC all the year. A life that is lived there by its own calendar is the life that is
lived by UTC's calendar, every instant five and a half hours earlier.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from ledger.core.balances.adjustment import GrantBalance, UpdateBalance
from ledger.core.balances.correction import Reverse
from ledger.core.balances.limiting import NewControls
from ledger.core.balances.locking import Reserve
from ledger.core.balances.recalculating import RecalculateBalance
from ledger.core.balances.usage import Track
from ledger.core.events import Event, UsageRecorded
from ledger.core.invoices.documents import CreateInvoice, InvoicedPlan
from ledger.core.period import Every, Interval
from ledger.core.profile import UpdateCustomer
from ledger.core.settings import LedgerSettings
from ledger.core.subscriptions.billing import Billing, Carry, DiscountRef, ProrationBehavior
from ledger.core.subscriptions.cancellation import Cancel, When
from ledger.core.subscriptions.change import Attach, Schedule
from ledger.core.subscriptions.customising import Customize
from ledger.core.subscriptions.importing import ImportedBalance, ImportedPlan, ImportPlans
from ledger.core.subscriptions.phases import CreateSchedule, Phase
from ledger.core.subscriptions.quantity import ChangeQuantities
from ledger.core.subscriptions.revision import Revise
from ledger.core.terms import (
    AutoTopup,
    BasePrice,
    Discount,
    FreeTrial,
    OnDecrease,
    OnTrialEnd,
    Proration,
    PurchaseLimit,
    Rollover,
    UsageLimit,
)
from tests.core.account import Account, bought
from tests.core.offers import MESSAGES, MONTH, ONCE, USERS, WORDS, YEAR, included, metered, plan, prepaid, units

AHEAD = timedelta(hours=5, minutes=30)
MONTH_END = datetime(2026, 1, 31, tzinfo=UTC)
TRIED = FreeTrial(Every(Interval.MONTH))
Life = Callable[[Account], object]

PLANS = (
    plan("free", 0, included(MESSAGES, 10)),
    plan("pro", 20, metered(MESSAGES, 100, 7), prepaid(WORDS, 0, 500, 10), metered(USERS, 1, 900)),
    plan("premium", 50, metered(MESSAGES, 500, 5), metered(USERS, 1, 900)),
    plan("yearly", 300, metered(MESSAGES, 500, 5), every=YEAR),
    replace(plan("tried", 30, included(MESSAGES, 100)), free_trial=TRIED),
    replace(plan("back", 30, included(MESSAGES, 100)), free_trial=replace(TRIED, on_end=OnTrialEnd.REVERT)),
    replace(plan("calendar", 30, included(MESSAGES, 100)), anchor_to_month_start=True),
    plan("packs", 0, replace(prepaid(WORDS, 0, 700, every=ONCE), expiry=MONTH), add_on=True),
    plan("rolls", 5, replace(included(WORDS, 100), rollover=Rollover(months=1)), add_on=True),
    plan(
        "each",
        9,
        included(USERS, 5, None),
        replace(included(MESSAGES, 10), entity_feature_id="users", rollover=Rollover()),
        replace(prepaid(WORDS, 0, 500, 10), proration=Proration(on_decrease=OnDecrease.NONE)),
        group="each",
    ),
)
FIRSTS = tuple(datetime(2026, month, 1, tzinfo=UTC) for month in range(3, 13))


def switches(account: Account) -> None:
    account.attach("pro", None, words=20)
    account.track("messages", 130)
    account.track("users", 3)
    account.wait(17).attach("premium")
    account.wait(20).bill(
        Attach("pro", quantities=bought(words=30), billing=Billing(ProrationBehavior.BILL_DIFFERENCE))
    )
    account.wait(40).bill(Attach("yearly", schedule=Schedule.END_OF_CYCLE))
    account.wait(400)


def trials(account: Account) -> None:
    account.attach("free")
    account.attach("back")
    account.wait(10).track("messages", 5)
    account.wait(40).attach("tried")
    account.track("messages", 15)
    account.wait(70).bill(Revise("tried", free_trial=TRIED))
    account.wait(31).bill(Cancel("tried"))
    account.wait(40)


def revisions(account: Account) -> None:
    account.attach("pro", None, words=20)
    account.track("messages", 130)
    account.wait(12).bill(Revise("pro", customize=Customize(price=BasePrice(9_900, YEAR))))
    account.wait(40).bill(Revise("pro", anchor_now=True))
    account.wait(20).bill(Revise("pro", customize=Customize(price=BasePrice(1_900, MONTH))))
    account.wait(20).bill(Revise("pro", anchor_at=account.now + timedelta(days=15)))
    account.wait(60).bill(Cancel("pro", when=When.NOW))


def beginnings(account: Account) -> None:
    account.bill(Attach("calendar", starts_at=None))
    account.wait(45).bill(Cancel("calendar", when=When.NOW))
    account.bill(Attach("pro", starts_at=account.now - timedelta(days=100)))
    account.wait(40).bill(Attach("premium", carry_usages=Carry()))
    account.wait(40).bill(Attach("yearly", schedule=Schedule.IMMEDIATE, carry_balances=Carry()))
    account.wait(40)


def schedules(account: Account) -> None:
    two = replace(MONTH, count=2)
    phases = (Phase((Attach("pro"),)), Phase((Attach("premium"),), starting_after=two))
    account.bill(CreateSchedule(phases))
    account.wait(100).track("messages", 600)
    account.wait(40)


def imports(account: Account) -> None:
    account.wait(75)
    used = ImportedBalance("messages", usage=units(130))
    account.bill(ImportPlans((ImportedPlan("pro", started_at=account.now - timedelta(days=75), balances=(used,)),)))
    account.wait(50)


def balances(account: Account) -> None:
    account.attach("rolls")
    account.do(GrantBalance("messages", included=units(50), reset=MONTH, rollover=Rollover(months=2)))
    account.do(GrantBalance("messages", included=units(20), reset=YEAR))
    account.track("messages", 5)
    used, version = account.log[-1][1], account.customer.version
    account.wait(70).track("words", 30)
    account.do(UpdateBalance("messages", interval=Interval.MONTH, usage=units(60)))
    account.do(RecalculateBalance("messages"))
    account.do(Reserve("l1", "messages", units(1)))
    account.wait(40).track("messages", 3)
    assert isinstance(used, UsageRecorded)
    account.do(Reverse(version, version, account.log[-1][1], account.now))


def limits(account: Account) -> None:
    account.attach("pro", None, words=10)
    limit = UsageLimit("messages", units(40), Interval.MONTH)
    account.do(UpdateCustomer({}, controls=NewControls(usage_limits=(limit,))))
    for _ in range(5):
        account.wait(12).track("messages", 25)


def purchases(account: Account) -> None:
    account.attach("packs")
    wanted = AutoTopup("words", units(50), units(100), enabled=True, purchase_limit=PurchaseLimit(MONTH, 1))
    account.do(UpdateCustomer({}, controls=NewControls(auto_topups=(wanted,))))
    account.do(GrantBalance("words", included=units(30)))
    for _ in range(6):
        account.wait(11).track("words", 40)
    account.wait(40)


def corrections(account: Account) -> None:
    account.attach("pro")
    account.track("messages", 120)
    account.wait(70)
    used_at = account.now - timedelta(days=50)
    account.do(Track("messages", None, units(30), used_at=used_at, backdate=True))
    account.wait(40)


def discounted(account: Account) -> None:
    tenth = Discount("tenth", "A tenth", percent=units(10), months=1)
    account.catalog = replace(account.catalog, discounts={"tenth": tenth})
    account.bill(Attach("pro", billing=Billing(discounts=(DiscountRef("tenth"),))))
    account.wait(45)


def by_hand(account: Account) -> None:
    span = (account.now, account.now + timedelta(days=14))
    wanted = tuple(InvoicedPlan(each, period_start=span[0], period_end=span[1]) for each in ("pro", "yearly"))
    account.do(CreateInvoice(wanted, discounts=()))


def until(account: Account, month: int) -> Account:
    """Wait for the first day of a month, by the calendar that is lived by: there months and days go different ways."""
    ahead = account.settings.zone.utcoffset(account.now) or timedelta()
    return account.wait_until(FIRSTS[month - 3] - ahead)


def months_that_begin(account: Account) -> None:
    account.attach("pro", None, words=20)
    until(account, 3).bill(Revise("pro", anchor_now=True))
    until(account, 4).bill(Revise("pro", customize=Customize(add_items=(included(WORDS, 5, MONTH),))))
    account.track("messages", 130)
    account.bill(Revise("pro", customize=Customize(items=(metered(MESSAGES, 200, 7), included(WORDS, 7)))))
    until(account, 5).bill(Cancel("pro", when=When.NOW))
    ahead = account.settings.zone.utcoffset(account.now) or timedelta()
    account.bill(Attach("pro", starts_at=MONTH_END - ahead))
    account.wait(40)


def trials_that_begin_with_a_month(account: Account) -> None:
    until(account, 3).attach("tried")
    account.wait(40)
    account.bill(Revise("tried", free_trial=TRIED))
    until(account, 6).bill(Cancel("tried", when=When.NOW))
    account.bill(Attach("pro", free_trial=TRIED))
    account.wait(70)


def differences_at_month_ends(account: Account) -> None:
    account.attach("pro", None, words=20)
    account.wait(75).bill(Attach("premium", billing=Billing(ProrationBehavior.BILL_DIFFERENCE)))
    account.wait(40)


def entities_of_a_month(account: Account) -> None:
    account.entities("u0")
    ahead = account.settings.zone.utcoffset(account.now) or timedelta()
    account.bill(Attach("each", starts_at=FIRSTS[0] - ahead, quantities=bought(words=30)))
    until(account, 3).entities("u1")
    account.bill(ChangeQuantities("each", quantities=bought(words=10)))
    account.wait(3).entities("u2")
    account.track("messages", 4, "u2")
    account.wait(60).bill(Attach("each", entity_id="u1", starts_at=account.now + timedelta(days=10)))
    account.wait(60)


def a_month_that_is_set_right(account: Account) -> None:
    until(account, 3)
    account.do(GrantBalance("words", included=units(50), reset=MONTH))
    at, granted, version = account.now, account.log[-1][1], account.customer.version
    account.do(GrantBalance("messages", included=units(50), reset=MONTH))
    account.do(GrantBalance("messages", included=units(20), reset=YEAR))
    account.wait(12).do(UpdateBalance("messages", interval=Interval.YEAR, usage=units(60)))
    account.wait(3).do(RecalculateBalance("messages"))
    account.wait(14).do(Reverse(version, version, granted, at))
    account.wait(40)


def a_month_from_elsewhere(account: Account) -> None:
    until(account, 3).wait(20)
    ahead = account.settings.zone.utcoffset(account.now) or timedelta()
    account.bill(ImportPlans((ImportedPlan("rolls", started_at=FIRSTS[0] - ahead),)))
    account.wait(60)


def a_month_that_is_corrected(account: Account) -> None:
    until(account, 3).attach("pro")
    account.wait(70)
    account.do(Track("messages", None, units(130), used_at=account.now - timedelta(days=30), backdate=True))
    account.wait(40)


def purchases_of_a_month(account: Account) -> None:
    until(account, 3).attach("packs")
    wanted = AutoTopup("words", units(50), units(100), enabled=True, purchase_limit=PurchaseLimit(MONTH, 1))
    account.do(UpdateCustomer({}, controls=NewControls(auto_topups=(wanted,))))
    account.do(GrantBalance("words", included=units(30)))
    for _ in range(8):
        account.track("words", 40)
        account.wait(4)


LIVES = (
    months_that_begin,
    trials_that_begin_with_a_month,
    differences_at_month_ends,
    entities_of_a_month,
    a_month_that_is_set_right,
    a_month_from_elsewhere,
    a_month_that_is_corrected,
    purchases_of_a_month,
    switches,
    trials,
    revisions,
    beginnings,
    schedules,
    imports,
    balances,
    limits,
    purchases,
    corrections,
    discounted,
    by_hand,
)


def lived(life: Life, zone: str, start: datetime) -> list[tuple[datetime, Event]]:
    account = Account(*PLANS, settings=LedgerSettings(timezone=zone), now=start)
    life(account)
    return account.log


def earlier(value: Any) -> Any:
    """The same with every instant in it as much earlier as India is ahead."""
    if isinstance(value, datetime):
        return value - AHEAD
    if isinstance(value, dict):
        return {key: earlier(each) for key, each in value.items() if key != "created_at" or not value.get("version")}
    return [earlier(each) for each in value] if isinstance(value, list | tuple) else value


def plain(log: list[tuple[datetime, Event]]) -> list[Any]:
    return [msgspec.to_builtins(each, builtin_types=(datetime,), enc_hook=repr) for each in log]


@pytest.mark.parametrize("life", LIVES, ids=lambda each: each.__name__)
def test_a_life_by_another_calendar_is_the_same_life_at_other_instants(life: Life) -> None:
    by_utc = lived(life, "UTC", MONTH_END)
    by_india = lived(life, "Asia/Kolkata", MONTH_END - AHEAD)
    assert earlier(plain(by_utc)) == [_without_making(each) for each in plain(by_india)]
    assert len(by_utc) > 1


def _without_making(value: Any) -> Any:
    """Leaves out when a plan was made in the catalog, which is no part of the life."""
    if isinstance(value, dict):
        found = value.items()
        return {key: _without_making(each) for key, each in found if key != "created_at" or not value.get("version")}
    return [_without_making(each) for each in value] if isinstance(value, list | tuple) else value

"""What a product used: which balances it comes from, how far down, and how it is given back."""

from datetime import timedelta

import pytest

from ledger.core.balances.adjustment import GrantBalance
from ledger.core.balances.deduction import Overage
from ledger.core.balances.usage import Consume, Track, deducted
from ledger.core.errors import Refusal
from ledger.core.events import Allocation, UsageRecorded, Window
from ledger.core.sealed import Sealed
from ledger.core.settings import LedgerSettings
from tests.core.account import Account
from tests.core.offers import (
    DAY,
    FREE,
    MESSAGES,
    MONTH,
    PRO,
    SSO,
    START,
    USERS,
    WORDS,
    YEAR,
    included,
    metered,
    plan,
    prepaid,
    switched_on,
    units,
    unlimited,
)


def with_plan(*items: object, settings: LedgerSettings | None = None) -> Account:
    account = Account(plan("pro", 0, *items), settings=settings)  # type: ignore[arg-type]  # items are plan items
    account.attach("pro")
    return account


def balances(account: Account, feature_id: str = "messages", entity_id: str | None = None) -> dict[str, float]:
    """What remains of each balance, by the id or the plan it has."""
    return {
        grant.terms.balance_id or f"{grant.terms.plan_id}": float(grant.balance)
        for grant in account.standing(feature_id, entity_id).grants
    }


def usage(account: Account, value: float, **kwargs: object) -> UsageRecorded:
    (event,) = account.track("messages", value, **kwargs)  # type: ignore[arg-type]  # passed on as it came
    assert isinstance(event, UsageRecorded)
    return event


def test_usage_names_the_balance_it_came_from_and_the_period_that_it_opened() -> None:
    account = with_plan(included(MESSAGES, 100))
    account.wait(40)
    (first,) = account.do(Track("messages", None, units(30), properties={"model": "large"}))
    window = Window("2.0", START + timedelta(days=31), START + timedelta(days=59))
    assert first == UsageRecorded(
        "messages",
        units(30),
        (Allocation("2.0", units(30)),),
        opened=(window,),
        properties=Sealed({"model": "large"}),
    )
    assert usage(account, 5) == UsageRecorded("messages", units(5), (Allocation("2.0", units(5)),))
    assert account.balance("messages") == (65, 35)


def test_usage_beyond_what_there_is_is_dropped() -> None:
    account = with_plan(included(MESSAGES, 100))
    event = usage(account, 130)
    assert [event.allocations, event.dropped] == [(Allocation("2.0", units(100)),), 30]
    assert usage(account, 1) == UsageRecorded("messages", units(1), dropped=units(1))


def test_usage_without_any_balance_is_kept_and_dropped() -> None:
    assert usage(Account(), 3) == UsageRecorded("messages", units(3), dropped=units(3))


def test_usage_may_overflow_into_a_debt() -> None:
    account = with_plan(included(MESSAGES, 100))
    assert usage(account, 130, overage=Overage.OVERFLOW).dropped == 0
    assert balances(account) == {"pro": -30}
    assert account.balance("messages") == (0, 130)


def test_usage_that_must_fit_is_refused_when_it_does_not() -> None:
    account = with_plan(included(MESSAGES, 100))
    with pytest.raises(Refusal, match="messages has 100 available, and 101 was asked") as refused:
        usage(account, 101, overage=Overage.REJECT)
    assert refused.value.code == "insufficient_balance"
    assert usage(account, 100, overage=Overage.REJECT).dropped == 0


def test_usage_of_a_boolean_feature_and_of_nothing_is_no_event() -> None:
    account = with_plan(switched_on(SSO), included(MESSAGES, 100))
    assert account.track("sso") == []
    assert account.track("messages", 0) == []


def test_unlimited_usage_is_counted_and_never_ends() -> None:
    account = with_plan(unlimited(MESSAGES))
    assert usage(account, 1).dropped == 0
    assert account.balance("messages") == (0, 1)


def test_unlimited_units_are_used_first() -> None:
    account = with_plan(included(MESSAGES, 100), unlimited(MESSAGES))
    usage(account, 7)
    assert [grant.used for grant in account.standing("messages").grants] == [7, 0]


def test_what_expires_sooner_is_used_first() -> None:
    account = Account()
    for name, days in (("later", 365), ("sooner", 30)):
        expires_at = START + timedelta(days=days)
        account.do(GrantBalance("messages", included=units(100), expires_at=expires_at, balance_id=name))
    usage(account, 60)
    assert balances(account) == {"sooner": 40, "later": 100}


def test_the_deduction_order_that_was_observed() -> None:
    account = Account()
    grants = (("day", 10, DAY, None), ("month", 100, MONTH, None), ("soon", 50, None, 3), ("lifetime", 200, None, None))
    for name, number, reset, days in reversed(grants):
        expires_at = START + timedelta(days=days) if days else None
        account.do(GrantBalance("messages", None, units(number), False, reset, expires_at, None, name))
    assert account.remaining("messages") == 360
    expected = {"day": 10.0, "month": 100.0, "soon": 50.0, "lifetime": 200.0}
    for value, moved in (
        (5, {"day": 5}),
        (100, {"day": 0, "month": 5}),
        (30, {"month": 0, "soon": 25}),
        (-20, {"month": 20}),
        (-100, {"month": 100, "soon": 45}),
    ):
        usage(account, value)
        expected |= moved
        assert balances(account) == expected
    usage(account, -15)
    assert balances(account) == {"day": 10, "month": 100, "soon": 50, "lifetime": 200}


def test_the_order_goes_from_short_to_long_intervals_unless_the_ledger_says_otherwise() -> None:
    for reverse, emptied in ((False, "day"), (True, "year")):
        account = Account(settings=LedgerSettings(reverse_deduction_order=reverse))
        for name, reset in (("year", YEAR), ("month", MONTH), ("day", DAY)):
            account.do(GrantBalance("messages", included=units(10), reset=reset, balance_id=name))
        usage(account, 10)
        assert balances(account)[emptied] == 0


def test_a_main_plan_is_used_before_an_add_on_and_units_bought_ahead_before_others() -> None:
    main = plan("main", 0, included(MESSAGES, 10), prepaid(MESSAGES, 0, 100, 10))
    account = Account(plan("extra", 0, included(MESSAGES, 10), add_on=True), main)
    account.attach("extra")
    account.attach("main", messages=10)
    usage(account, 5)
    assert [(g.terms.plan_id, g.terms.price is None) for g in account.standing("messages").grants if not g.idle] == [
        ("main", False)
    ]
    usage(account, 10)
    assert [float(g.balance) for g in account.standing("messages").grants] == [0, 5, 10]


def test_an_entity_uses_its_own_balance_before_its_customers() -> None:
    account = Account().entities("e1", "e2")
    account.do(GrantBalance("messages", "e1", units(30), balance_id="own"))
    account.do(GrantBalance("messages", "e2", units(30), balance_id="other"))
    account.do(GrantBalance("messages", None, units(100), balance_id="shared"))
    usage(account, 40, entity_id="e1")
    assert balances(account) == {"shared": 90, "own": 0, "other": 30}
    usage(account, 95)
    assert balances(account) == {"shared": 0, "own": 0, "other": 25}
    assert balances(account, entity_id="e1") == {"own": 0, "shared": 0}


def test_usage_sold_by_use_goes_below_zero_down_to_what_may_be_bought() -> None:
    account = with_plan(metered(MESSAGES, 5, 100, most=5))
    assert usage(account, 7).dropped == 0
    assert balances(account) == {"pro": -2}
    assert account.balance("messages") == (0, 7)
    assert usage(account, 7).dropped == 4
    assert balances(account) == {"pro": -5}


def test_what_may_be_bought_is_the_sum_of_what_is_sold_and_nothing_bounds_it_where_one_has_no_end() -> None:
    bounded = (metered(MESSAGES, 5, 100, most=5), prepaid(MESSAGES, 0, 10, most=7), included(MESSAGES, 9))
    assert with_plan(*bounded).standing("messages").max_purchase == 12
    assert with_plan(*bounded, metered(MESSAGES, 0, 90)).standing("messages").max_purchase is None
    assert with_plan(included(MESSAGES, 9)).standing("messages").max_purchase is None


def test_everything_granted_is_used_before_anything_is_bought() -> None:
    account = with_plan(metered(MESSAGES, 10, 5), prepaid(MESSAGES, 20, 5))
    usage(account, 35)
    assert sorted(float(grant.balance) for grant in account.standing("messages").grants) == [-5, 0]


def test_free_seats_may_be_exceeded() -> None:
    account = with_plan(included(USERS, 3))
    account.track("users", 5)
    assert account.balance("users") == (0, 5)


def test_seats_are_given_back_to_what_was_included() -> None:
    account = with_plan(metered(USERS, 5, 1000))
    account.track("users", 8)
    account.track("users", -2)
    assert [account.standing("users").usage, account.standing("users").grants[0].balance] == [6, -1]
    account.track("users", -20)
    assert account.balance("users") == (5, 0)


def test_nothing_is_given_back_beyond_the_grant() -> None:
    account = with_plan(included(MESSAGES, 100))
    assert usage(account, -5) == UsageRecorded("messages", units(-5), dropped=units(-5))
    assert account.balance("messages") == (100, 0)


def test_units_given_back_may_overflow_the_grant() -> None:
    account = with_plan(included(MESSAGES, 100))
    usage(account, 30)
    assert usage(account, -50, overage=Overage.OVERFLOW).dropped == 0
    assert [account.remaining("messages"), account.standing("messages").usage] == [120, -20]


def test_giving_back_ends_debts_first() -> None:
    account = Account()
    account.do(GrantBalance("messages", included=units(10), reset=DAY, balance_id="day"))
    account.do(GrantBalance("messages", included=units(10), balance_id="lifetime"))
    usage(account, 15)
    usage(account, 20, overage=Overage.OVERFLOW)
    assert balances(account) == {"day": -15, "lifetime": 0}
    usage(account, -20)
    assert balances(account) == {"day": 5, "lifetime": 0}


def test_a_grant_below_zero_is_not_filled_up_by_giving_back() -> None:
    account = with_plan(included(MESSAGES, 10))
    account.do(GrantBalance("messages", included=units(-4), balance_id="correction"))
    assert usage(account, -3).dropped == -3
    assert balances(account) == {"pro": 10, "correction": -4}


def test_ten_tenths_are_one() -> None:
    account = with_plan(included(MESSAGES, 100))
    for _ in range(10):
        usage(account, 0.1)
    assert account.remaining("messages") == 99


def test_no_digit_is_lost_between_large_and_small() -> None:
    account = Account()
    for name in ("a", "b", "c"):
        account.do(GrantBalance("messages", included=units("999999999999999.000000000001"), balance_id=name))
    usage(account, 3 * 10**15, overage=Overage.OVERFLOW)
    debt = account.standing("messages").usage - account.standing("messages").granted
    assert debt == units("2.999999999997")
    assert usage(account, -3).dropped == 0
    assert account.remaining("messages") == units("0.000000000003")


def test_an_event_name_counts_on_every_feature_that_listens_to_it() -> None:
    account = with_plan(included(MESSAGES, 10), included(WORDS, 10))
    events = account.do(Track(None, "message.sent", units(2)))
    assert [event.feature_id for event in events if isinstance(event, UsageRecorded)] == ["messages", "words"]
    assert deducted(events) == 4


def test_usage_may_be_told_late_within_the_open_period_and_a_few_days_before_it() -> None:
    account = with_plan(included(MESSAGES, 100))
    account.wait(40)
    period_start = START + timedelta(days=31)
    for used_at in (account.now, period_start, period_start - timedelta(days=7)):
        (event,) = account.do(Track("messages", used_at=used_at))
        assert isinstance(event, UsageRecorded)
        assert event.used_at == used_at
    with pytest.raises(Refusal, match="closed period") as refused:
        account.do(Track("messages", used_at=period_start - timedelta(days=8)))
    assert refused.value.code == "billing_period_closed"


def test_usage_of_a_lifetime_balance_may_be_told_any_time() -> None:
    account = Account()
    account.do(GrantBalance("messages", included=units(5)))
    assert account.do(Track("messages", used_at=START - timedelta(days=4000)))


@pytest.mark.parametrize(
    ("command", "code", "sentence"),
    [
        (Track("stars"), "feature_not_found", "Feature stars"),
        (Track(None, "unheard.of"), "feature_not_found", "unheard.of"),
        (Track(), "invalid_inputs", "feature_id or event_name"),
        (Track("messages", entity_id="e9"), "entity_not_found", "e9"),
        (Track("messages", used_at=START + timedelta(days=1)), "invalid_inputs", "in the future"),
        (Consume("stars"), "feature_not_found", "Feature stars"),
        (Consume("messages", entity_id="e9"), "entity_not_found", "e9"),
    ],
)
def test_usage_of_what_is_not_there_is_refused(command: Track | Consume, code: str, sentence: str) -> None:
    account = Account(FREE)
    account.attach("free")
    with pytest.raises(Refusal, match=sentence) as refused:
        account.do(command)
    assert refused.value.code == code


def test_a_check_that_sends_its_event_records_all_of_it_or_nothing() -> None:
    account = with_plan(included(MESSAGES, 10), switched_on(SSO))
    (event,) = account.do(Consume("messages", units(8), properties={"a": 1}))
    assert isinstance(event, UsageRecorded)
    assert [event.value, event.properties] == [8, Sealed({"a": 1})]
    assert account.do(Consume("messages", units(3))) == []
    assert account.do(Consume("sso")) == []
    assert account.do(Consume("messages", units(0))) == []
    assert account.balance("messages") == (2, 8)


def test_a_callers_clock_may_be_a_little_ahead() -> None:
    account = Account(PRO)
    account.attach("pro")
    (recorded,) = account.do(Track("messages", used_at=START + timedelta(minutes=4)))
    assert isinstance(recorded, UsageRecorded)
    assert recorded.used_at == START

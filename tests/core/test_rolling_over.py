"""What is left over at a reset: how much of it lives on, how long, and in which order it is used."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from ledger.core.balances.adjustment import DeleteBalance, GrantBalance, UpdateBalance
from ledger.core.balances.deduction import Overage
from ledger.core.errors import Refusal
from ledger.core.events import BalanceExpired, BalanceReset
from ledger.core.settings import LedgerSettings
from ledger.core.terms import Rollover
from tests.core.account import Account
from tests.core.offers import DAY, MESSAGES, MONTH, START, included, plan, units

FEBRUARY = START + timedelta(days=31)
MARCH = START + timedelta(days=59)


def rolling(number: float, rollover: Rollover, settings: LedgerSettings | None = None) -> Account:
    account = Account(plan("pro", 0, replace(included(MESSAGES, number), rollover=rollover)), settings=settings)
    account.attach("pro")
    return account


def parts(account: Account) -> list[tuple[float, float]]:
    """What was granted and what remains, of leftovers first."""
    return [(float(grant.granted), float(grant.balance)) for grant in account.standing("messages").grants]


def resets(account: Account) -> list[BalanceReset]:
    return [event for _, event in account.log if isinstance(event, BalanceReset)]


@pytest.mark.parametrize(
    ("number", "rollover", "used", "remaining"),
    [
        (400, Rollover(units(500)), 250, 550),
        (200, Rollover(percentage=units(50)), 50, 300),
        (200, Rollover(percentage=units(50)), 150, 250),
        (100, Rollover(percentage=units(50)), 60, 140),
        (25, Rollover(percentage=units(50)), 0, 37),
        (100, Rollover(units(30)), 0, 130),
        (100, Rollover(), 10, 190),
        (100, Rollover(), 100, 100),
    ],
)
def test_what_is_left_over_lives_on_up_to_its_cap(
    number: float, rollover: Rollover, used: float, remaining: float
) -> None:
    account = rolling(number, rollover)
    account.track("messages", used)
    account.wait_until(FEBRUARY)
    assert account.remaining("messages") == remaining


def test_leftovers_of_an_entity_stay_its_own() -> None:
    account = Account(plan("pro", 0, replace(included(MESSAGES, 100), rollover=Rollover()))).entities("e1")
    account.attach("pro", "e1")
    account.wait_until(FEBRUARY)
    assert account.remaining("messages", "e1") == 200
    assert [grant.terms.entity_id for grant in account.customer.grants.values()] == ["e1", "e1"]


def test_what_expires_of_an_entity_says_whose_it_was() -> None:
    account = Account().entities("e1")
    account.do(GrantBalance("messages", "e1", units(100), expires_at=FEBRUARY))
    account.wait_until(FEBRUARY)
    (gone,) = (event for _, event in account.log if isinstance(event, BalanceExpired))
    assert (gone.feature_id, gone.entity_id, gone.before.remaining) == ("messages", "e1", units(100))


def test_leftovers_are_used_first_and_count_as_granted() -> None:
    account = rolling(100, Rollover(units(500)))
    account.track("messages", 70)
    account.wait_until(FEBRUARY)
    account.track("messages", 10)
    standing = account.standing("messages")
    assert [standing.granted, standing.remaining, standing.usage] == [130, 120, 10]
    assert parts(account) == [(30, 20), (100, 100)]
    assert [grant.terms.created_at for grant in account.standing("messages").grants] == [FEBRUARY, START]


def test_a_period_in_which_nothing_is_used_rolls_over_too() -> None:
    account = rolling(100, Rollover(units(250)))
    account.wait_until(MARCH)
    assert len(resets(account)) == 2
    assert account.remaining("messages") == 300


def test_the_oldest_leftovers_give_way_to_a_cap() -> None:
    account = rolling(100, Rollover(units(150)))
    account.track("messages", 20)
    account.wait_until(FEBRUARY)
    account.track("messages", 10)
    account.wait_until(MARCH)
    assert parts(account) == [(50, 50), (100, 100), (100, 100)]
    (trimmed,) = resets(account)[-1].trimmed
    assert [trimmed.before.remaining, trimmed.after.remaining] == [70, 50]


def test_leftovers_that_are_used_up_are_gone_with_the_next_reset() -> None:
    account = rolling(100, Rollover(units(500)))
    account.track("messages", 70)
    account.wait_until(FEBRUARY)
    account.track("messages", 130)
    account.wait_until(MARCH)
    assert parts(account) == [(100, 100)]


def test_leftovers_expire_months_after_their_reset_on_the_last_day_of_a_shorter_month() -> None:
    account = Account(now=datetime(2026, 1, 30, tzinfo=UTC))
    account.do(GrantBalance("messages", included=units(10), reset=DAY, rollover=Rollover(units(10), months=1)))
    account.wait(1)
    (rolled,) = [event.rolled for event in resets(account)]
    assert rolled is not None
    assert rolled.expires_at == datetime(2026, 2, 28, tzinfo=UTC)


def test_leftovers_that_expire_are_gone() -> None:
    account = rolling(100, Rollover(units(1000), months=1))
    account.wait_until(FEBRUARY)
    assert account.remaining("messages") == 200
    account.wait_until(MARCH + timedelta(days=2))
    assert account.remaining("messages") == 200
    assert [event.before.remaining for _, event in account.log if isinstance(event, BalanceExpired)] == [100]


def test_the_leftovers_that_expire_soonest_are_used_first() -> None:
    account = rolling(100, Rollover(units(1000), months=3))
    account.wait_until(MARCH)
    account.track("messages", 120)
    assert parts(account) == [(100, 0), (100, 80), (100, 100)]


def test_units_given_back_fill_the_balance_before_its_leftovers() -> None:
    account = rolling(100, Rollover(units(500)))
    account.track("messages", 70)
    account.wait_until(FEBRUARY)
    account.track("messages", 50)
    account.track("messages", -30)
    assert parts(account) == [(30, 10), (100, 100)]


def test_leftovers_never_go_into_debt() -> None:
    account = rolling(100, Rollover(units(500)))
    account.wait_until(FEBRUARY)
    account.track("messages", 250, overage=Overage.OVERFLOW)
    assert parts(account) == [(100, 0), (100, -50)]


def test_a_loose_balance_rolls_over_and_goes_with_its_leftovers() -> None:
    account = Account()
    first = START + timedelta(days=10)
    account.do(
        GrantBalance("messages", included=units(50), reset=MONTH, next_reset_at=first, rollover=Rollover(units(20)))
    )
    account.wait_until(first)
    assert parts(account) == [(20, 20), (50, 50)]
    account.do(UpdateBalance("messages", next_reset_at=first + timedelta(days=5)))
    account.wait_until(first + timedelta(days=5))
    assert len(resets(account)) == 2
    account.do(DeleteBalance("messages"))
    assert not account.customer.grants


def test_a_rollover_without_a_reset_is_refused() -> None:
    with pytest.raises(Refusal, match="give included_grant and reset"):
        Account().do(GrantBalance("messages", included=units(50), rollover=Rollover()))


@pytest.mark.parametrize(("at_the_end", "after"), [(-75, 25), (-100, 0), (-50, 50), (50, 100), (-130, -30)])
def test_a_ledger_may_take_a_free_debt_off_the_next_grant(at_the_end: float, after: float) -> None:
    settings = LedgerSettings(persist_free_overage=True)
    account = Account(plan("free", 0, included(MESSAGES, 100)), settings=settings)
    account.attach("free")
    account.track("messages", 100 - at_the_end, overage=Overage.OVERFLOW)
    account.wait_until(FEBRUARY)
    assert parts(account) == [(100, after)]
    account.wait_until(MARCH)
    assert parts(account) == [(100, 100 + min(after, 0))]


def test_a_debt_is_forgotten_unless_the_ledger_says_otherwise() -> None:
    account = Account(plan("free", 0, included(MESSAGES, 100)))
    account.attach("free")
    account.track("messages", 175, overage=Overage.OVERFLOW)
    account.wait_until(FEBRUARY)
    assert parts(account) == [(100, 100)]

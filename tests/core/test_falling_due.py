"""What happens by itself, each at its own instant, and the clock that it happens by."""

from datetime import UTC, datetime, timedelta

import pytest

from ledger.core.balances.adjustment import GrantBalance
from ledger.core.balances.usage import Track
from ledger.core.customer import CUSTOMER
from ledger.core.decider import Context
from ledger.core.events import (
    BalanceExpired,
    BalanceReset,
    ClockMoved,
    CustomerCreated,
    InvoiceCreated,
    InvoiceFinalized,
    Level,
    PaymentRequested,
    PaymentSucceeded,
    PlanActivated,
    PlanExpired,
    PlanRenewed,
    UsageRecorded,
)
from ledger.core.profile import CreateCustomer, MoveClock, UpdateCustomer
from ledger.core.sealed import Sealed
from ledger.core.settings import Env, LedgerSettings
from ledger.core.subscriptions.cancellation import Cancel
from tests.core.account import Account
from tests.core.given import STREAM, given
from tests.core.offers import (
    CATALOG,
    DAY,
    FREE,
    MESSAGES,
    MONTH,
    PREMIUM,
    PRO,
    START,
    USERS,
    WORDS,
    included,
    metered,
    plan,
    units,
)

ANN = CustomerCreated("ann", Sealed({}), START)
LIVE = LedgerSettings(env=Env.LIVE)


def on(month: int, day: int, year: int = 2026) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)


def happened(account: Account, *kinds: type) -> list[datetime]:
    return [at for at, event in account.log if isinstance(event, kinds)]


def test_a_reset_refills_what_was_used_at_its_own_instant() -> None:
    account = Account(FREE)
    account.attach("free")
    account.track("messages", 30)
    account.wait_until(on(3, 15))
    assert account.log[-1] == (
        on(2, 1),
        BalanceReset(
            "messages", "2.0", Level(units(100), units(70)), Level(units(100), units(100)), units(0), START, on(2, 1)
        ),
    )
    assert account.balance("messages") == (100, 0)


def test_an_idle_window_writes_nothing() -> None:
    account = Account(FREE)
    account.attach("free")
    account.wait(2000)
    assert happened(account, BalanceReset) == []
    account.track("messages", 30)
    account.track("messages", -30)
    account.wait(2000)
    assert happened(account, BalanceReset) == []


def test_several_missed_periods_are_one_reset_of_what_was_used() -> None:
    account = Account(FREE, now=on(8, 19))
    account.attach("free")
    account.track("messages", 30)
    account.wait_until(on(11, 22))
    assert happened(account, BalanceReset) == [on(9, 19)]
    assert account.standing("messages").next_reset_at == on(12, 19)


def test_resets_keep_the_last_day_of_the_month_without_drift() -> None:
    account = Account(FREE, now=on(1, 31))
    account.attach("free")
    for _ in range(14):
        account.track("messages", 1)
        next_reset_at = account.standing("messages").next_reset_at
        assert next_reset_at is not None
        account.wait_until(next_reset_at)
    days = [(at.month, at.day) for at in happened(account, BalanceReset)]
    assert days[:6] == [(2, 28), (3, 31), (4, 30), (5, 31), (6, 30), (7, 31)]
    assert days[-2:] == [(2, 28), (3, 31)]


def test_a_paid_plan_renews_every_period_with_the_end_of_the_month_kept() -> None:
    account = Account(PRO, now=on(1, 31))
    account.attach("pro")
    account.wait_until(on(5, 31))
    assert happened(account, PlanRenewed) == [on(2, 28), on(3, 31), on(4, 30), on(5, 31)]
    subscription = account.subscription("pro")
    assert [subscription.period_start, subscription.period_end] == [on(5, 31), on(6, 30)]


def test_a_plan_that_charges_for_seats_renews_and_one_priced_by_use_alone_does_not() -> None:
    account = Account(plan("seats", 0, metered(USERS, 0, 1000)), plan("use", 0, metered(MESSAGES, 0, 10), group="use"))
    account.attach("seats")
    account.attach("use")
    account.wait_until(on(3, 15))
    renewed = [event.subscription_id for _, event in account.log if isinstance(event, PlanRenewed)]
    assert set(renewed) == {account.subscription("seats").subscription_id}
    period = account.subscription("use").period(account.now, UTC)
    assert period is not None
    assert [period.start, period.end] == [on(3, 1), on(4, 1)]


def test_held_units_never_reset() -> None:
    account = Account(plan("pro", 20, included(USERS, 5)))
    account.attach("pro")
    account.track("users", 2)
    account.wait(400)
    assert account.balance("users") == (3, 2)


def test_units_used_beyond_the_grant_are_closed_with_their_overage() -> None:
    account = Account(plan("pro", 20, metered(MESSAGES, 100, 10)))
    account.attach("pro")
    account.track("messages", 130)
    account.wait_until(on(2, 1))
    (reset,) = [event for _, event in account.log if isinstance(event, BalanceReset)]
    assert [reset.overage, reset.after.remaining] == [30, 100]


def test_a_loose_balance_expires_with_what_was_left() -> None:
    account = Account()
    account.do(GrantBalance("messages", included=units(10), expires_at=on(1, 4)))
    account.track("messages", 4)
    account.wait(10)
    assert account.log[-1] == (on(1, 4), BalanceExpired("messages", "2.0", Level(units(10), units(6))))
    assert account.standing("messages").grants == []


def test_what_falls_due_at_one_instant_happens_in_one_order() -> None:
    account = Account(
        FREE, plan("pro", 20, metered(MESSAGES, 100, 10)), plan("extra", 5, included(WORDS, 9), add_on=True)
    )
    account.attach("pro")
    account.attach("extra")
    account.do(GrantBalance("words", included=units(1), expires_at=on(2, 1)))
    account.track("messages", 130)
    account.track("words", 2)
    account.attach("free")
    account.wait_until(on(2, 1))
    kinds = [type(event) for at, event in account.log if at == on(2, 1)]
    order = [BalanceReset, BalanceExpired, PlanExpired, PlanActivated, PlanRenewed, BalanceReset]
    assert kinds == [*order, InvoiceCreated, InvoiceFinalized, PaymentRequested, PaymentSucceeded]


def test_the_answer_is_the_same_whether_somebody_looked_or_not() -> None:
    def live(looks: int) -> Account:
        account = Account(FREE, PRO, PREMIUM)
        account.attach("premium")
        account.do(GrantBalance("words", included=units(10), reset=DAY))
        account.track("words", 3)
        account.track("messages", 10)
        account.attach("pro")
        for _ in range(looks):
            account.wait(100 / looks)
        return account

    assert live(1).customer == live(10).customer
    assert live(1).log == live(100).log


def test_due_at_is_when_something_happens_next() -> None:
    account = Account(FREE, PRO)
    assert CUSTOMER.due_at(account.customer) is None
    account.attach("free")
    assert CUSTOMER.due_at(account.customer) is None
    account.track("messages")
    assert CUSTOMER.due_at(account.customer) == on(2, 1)
    account.attach("pro")
    account.bill(Cancel("pro"))
    assert CUSTOMER.due_at(account.customer) == on(2, 1)
    account.wait_until(on(2, 1))
    assert CUSTOMER.due_at(account.customer) is None


def test_a_period_is_counted_in_the_ledgers_time_zone() -> None:
    berlin = LedgerSettings(timezone="Europe/Berlin")
    account = Account(FREE, settings=berlin, now=datetime(2026, 2, 28, 23, 30, tzinfo=UTC))
    account.attach("free")
    assert account.standing("messages").next_reset_at == datetime(2026, 3, 31, 22, 30, tzinfo=UTC)


# --- the clock ----------------------------------------------------------------------------------------------


def test_a_test_clock_stands_where_it_was_put_and_lets_everything_before_it_happen() -> None:
    opened = given(ANN).when(GrantBalance("messages", included=units(10), reset=MONTH)).decided
    used = given(ANN, *opened).when(Track("messages")).decided
    past = given(ANN, *opened, *used)
    moved = past.when(MoveClock(), moved_to=on(4, 1), last_at=START)
    assert [type(event) for event in moved.fell_due] == [BalanceReset]
    moved.then(ClockMoved(None, on(4, 1)))
    standing = given(ANN, *opened, *used, *moved.fell_due, *moved.decided).customer
    assert CUSTOMER.business_now(standing, on(12, 24)) == on(4, 1)
    assert CUSTOMER.due_at(standing) is None
    assert standing.due_at is None


def test_a_standing_clock_keeps_the_worker_away() -> None:
    opened = given(ANN).when(GrantBalance("messages", included=units(10), reset=MONTH)).decided
    used = given(ANN, *opened).when(Track("messages")).decided
    clocked = given(ANN, *opened, *used, ClockMoved(None, on(1, 2))).customer
    assert clocked.due_at == on(2, 1)
    assert CUSTOMER.due_at(clocked) is None


def test_a_command_may_bring_its_own_instant() -> None:
    happened = given(ANN).when(Track("messages"), moved_to=on(1, 9), last_at=START)
    happened.then(ClockMoved(None, on(1, 9)), UsageRecorded("messages", units(1), dropped=units(1)))
    again = given(ANN, *happened.decided).when(Track("messages"), moved_to=on(1, 9), last_at=on(1, 9))
    again.then(UsageRecorded("messages", units(1), dropped=units(1)))


def test_a_customer_may_be_created_in_the_past() -> None:
    then = on(6, 1, 1997)
    given().when(CreateCustomer("ann"), moved_to=then).then(
        CustomerCreated("ann", Sealed({}), then), ClockMoved(None, then)
    )


@pytest.mark.parametrize("clock", [None, on(1, 5)])
def test_a_clock_never_goes_back(clock: datetime | None) -> None:
    past = [ANN] if clock is None else [ANN, ClockMoved(None, clock)]
    refused = given(*past).when(MoveClock(), moved_to=on(1, 4), last_at=on(1, 5))
    refused.refused("invalid_request", "only moves forward")


def test_time_in_a_live_ledger_is_real() -> None:
    given(ANN).when(MoveClock(), moved_to=on(2, 1), settings=LIVE).refused("invalid_request", "real in a live ledger")
    given(ANN).when(Track("messages"), moved_to=on(2, 1), settings=LIVE).refused("invalid_request")
    given().when(CreateCustomer("ann"), moved_to=on(2, 1), settings=LIVE).refused("invalid_request")


def test_real_time_is_whole_milliseconds() -> None:
    recorded_at = START + timedelta(microseconds=1999)
    assert CUSTOMER.business_now(given(ANN).customer, recorded_at) == START + timedelta(milliseconds=1)


def test_a_refused_command_leaves_what_was_due() -> None:
    opened = given(ANN).when(GrantBalance("messages", included=units(10), reset=MONTH)).decided
    used = given(ANN, *opened).when(Track("messages")).decided
    happened = given(ANN, *opened, *used).when(Track("stars"), now=on(3, 1))
    happened.refused("feature_not_found")
    assert len(happened.fell_due) == 1


def test_nothing_falls_due_for_a_customer_that_is_gone() -> None:
    account = Account(PRO)
    account.attach("pro")
    from ledger.core.profile import DeleteCustomer

    account.do(DeleteCustomer())
    context = Context(on(12, 1), CATALOG, LedgerSettings(), STREAM)
    assert CUSTOMER.advance(account.customer, context) is None
    assert UpdateCustomer({}).changes == {}

"""Balances given by hand: what they say of themselves, when they reset, and which contradict themselves."""

from datetime import UTC, datetime, timedelta

import pytest

from ledger.core.balances.adjustment import GrantBalance
from ledger.core.balances.loose import MAX_LOOSE_BALANCES
from ledger.core.errors import Refusal
from ledger.core.period import Every, Interval
from ledger.core.terms import Rollover
from tests.core.account import Account
from tests.core.given import given
from tests.core.loose import ANN, LATER, loose
from tests.core.offers import DAY, MONTH, START, units

# --- grants -----------------------------------------------------------------------------------------------


def test_a_grant_is_a_balance_of_its_own() -> None:
    given(ANN).when(GrantBalance("messages", included=units(50))).then(loose(50))


def test_a_grant_may_reset_from_now_or_from_a_first_boundary() -> None:
    given(ANN).when(GrantBalance("messages", included=units(50), reset=MONTH)).then(
        loose(50, reset=MONTH, anchor=START)
    )
    account = Account()
    first = START + timedelta(days=10)
    account.do(GrantBalance("messages", included=units(50), reset=MONTH, next_reset_at=first))
    account.track("messages", 20)
    assert account.standing("messages").next_reset_at == first
    account.wait_until(first)
    assert account.balance("messages") == (50, 0)
    account.track("messages", 5)
    account.wait_until(datetime(2026, 2, 10, 23, tzinfo=UTC))
    assert account.balance("messages") == (45, 5)
    account.wait_until(datetime(2026, 2, 11, tzinfo=UTC))
    assert account.balance("messages") == (50, 0)


def test_nothing_resets_before_a_first_boundary_that_was_named() -> None:
    account = Account()
    first = START + timedelta(days=45)
    account.do(GrantBalance("messages", included=units(50), reset=DAY, next_reset_at=first))
    account.track("messages", 20)
    assert account.standing("messages").next_reset_at == first
    account.wait(44)
    assert account.balance("messages") == (30, 20)
    account.wait(1)
    assert account.balance("messages") == (50, 0)
    assert account.standing("messages").next_reset_at == first + timedelta(days=1)


def test_a_grant_may_be_unlimited_or_of_a_boolean_feature() -> None:
    account = Account()
    account.do(GrantBalance("messages", unlimited=True))
    account.do(GrantBalance("sso"))
    assert account.standing("messages").unlimited
    assert account.standing("sso").boolean


def test_a_grant_may_belong_to_an_entity() -> None:
    account = Account().entities("e1")
    account.do(GrantBalance("messages", "e1", units(5)))
    assert [account.remaining("messages", "e1"), account.remaining("messages")] == [5, 5]


@pytest.mark.parametrize(
    ("command", "code", "sentence"),
    [
        (GrantBalance("messages"), "invalid_inputs", "included_grant is missing"),
        (GrantBalance("messages", included=units(1), unlimited=True), "invalid_inputs", "not both"),
        (GrantBalance("sso", included=units(1)), "invalid_inputs", "boolean"),
        (GrantBalance("sso", reset=MONTH), "invalid_inputs", "boolean"),
        (GrantBalance("stars", included=units(1)), "feature_not_found", "stars"),
        (GrantBalance("messages", "e9", units(1)), "entity_not_found", "e9"),
        (GrantBalance("messages", included=units(1), expires_at=START), "invalid_request", "in the future"),
        (GrantBalance("messages", included=units(1), reset=DAY, expires_at=LATER), "invalid_request", "or expires"),
        (GrantBalance("users", included=units(1), reset=DAY), "invalid_request", "never reset"),
        (GrantBalance("messages", included=units(1), next_reset_at=LATER), "invalid_request", "needs a reset"),
        (
            GrantBalance("messages", included=units(1), reset=DAY, next_reset_at=START),
            "invalid_request",
            "next_reset_at must be in the future",
        ),
        (
            GrantBalance("messages", included=units(1), reset=Every(Interval.HOUR), rollover=Rollover(units(1))),
            "invalid_request",
            "each day or less often",
        ),
    ],
)
def test_a_grant_that_contradicts_itself_is_refused(command: GrantBalance, code: str, sentence: str) -> None:
    given(ANN).when(command).refused(code, sentence)


def test_a_balance_id_is_unique_and_a_boolean_feature_is_granted_once() -> None:
    account = Account()
    account.do(GrantBalance("messages", included=units(1), balance_id="gift"))
    account.do(GrantBalance("sso"))
    for again in (GrantBalance("words", included=units(1), balance_id="gift"), GrantBalance("sso")):
        with pytest.raises(Refusal, match="exists already") as refused:
            account.do(again)
        assert refused.value.code == "balance_already_exists"


def test_a_customer_has_at_most_so_many_loose_balances() -> None:
    full = given(ANN, *(loose(1, f"{number + 2}.0") for number in range(MAX_LOOSE_BALANCES)))
    full.when(GrantBalance("messages", included=units(1))).refused("feature_limit_reached", "at most 1000 loose")

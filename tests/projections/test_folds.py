"""Each read model: given events, then rows."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from ledger.core.events import (
    Allocation,
    BalanceExpired,
    BalanceGranted,
    ClockMoved,
    CustomerCreated,
    CustomerDeleted,
    CustomerUpdated,
    Ended,
    EntityCreated,
    EntityDeleted,
    GrantTerms,
    Level,
    PlanAttached,
    PlanCanceled,
    PlanExpired,
    PlanScheduled,
    PlanUnscheduled,
    UsageRecorded,
)
from ledger.core.money import ZERO
from ledger.core.sealed import FORGOTTEN, Sealed
from ledger.core.terms import FeatureKind
from projections.balances.fold import MODEL as BALANCES
from projections.customers.fold import MODEL as CUSTOMERS
from projections.subscriptions.fold import MODEL as SUBSCRIPTIONS
from tests.projections.given import START, columns, given, only
from tests.support.book import PLANS

LATER: Final = datetime(2026, 2, 1, tzinfo=UTC)
FREE, PRO, _ = PLANS
HUNDRED: Final = Decimal(100)
CREATED: Final = CustomerCreated("acme", Sealed({"name": "Acme", "email": "AP@acme.example"}), START)
TERMS: Final = GrantTerms(
    "2.1", "messages", FeatureKind.CONSUMABLE, START, subscription_id="2.0", plan_id="pro", included=HUNDRED
)
ATTACHED: Final = PlanAttached("2.0", PRO, START, START, START, LATER, (TERMS,))
USED: Final = UsageRecorded("messages", Decimal(60), (Allocation("2.1", Decimal(60)),))
LOOSE: Final = BalanceGranted(
    "messages",
    "3.0",
    Decimal(5),
    Level(ZERO, ZERO),
    Level(Decimal(5), Decimal(5)),
    terms=GrantTerms("3.0", "messages", FeatureKind.CONSUMABLE, START, included=Decimal(5), expires_at=LATER),
)


def test_a_balance_is_what_remains_after_usage() -> None:
    row = only(given(BALANCES, ATTACHED, USED)["balances"])
    assert columns(BALANCES, "balances", row, ["status", "plan_id", "granted", "remaining"]) == [
        "active",
        "pro",
        HUNDRED,
        Decimal(40),
    ]


def test_balances_of_an_ended_plan_stay_as_they_last_stood() -> None:
    row = only(given(BALANCES, ATTACHED, USED, PlanExpired("2.0", LATER, Ended.CANCELED))["balances"])
    assert columns(BALANCES, "balances", row, ["status", "remaining", "ended_at"]) == ["expired", Decimal(40), LATER]


def test_an_expired_loose_balance_is_kept_and_an_entitys_balance_goes_with_the_entity() -> None:
    seat = GrantTerms("4.1", "messages", FeatureKind.CONSUMABLE, START, entity_id="team", included=HUNDRED)
    of_entity = BalanceGranted(
        "messages", "4.1", HUNDRED, Level(ZERO, ZERO), Level(HUNDRED, HUNDRED), entity_id="team", terms=seat
    )
    expired = BalanceExpired("messages", "3.0", Level(Decimal(5), Decimal(5)))
    row = only(given(BALANCES, LOOSE, of_entity, expired, EntityDeleted("team", "seats"))["balances"])
    assert columns(BALANCES, "balances", row, ["grant_id", "status"]) == ["3.0", "expired"]


def test_a_subscription_is_active_then_canceled_then_expired() -> None:
    canceled = PlanCanceled("2.0", START, LATER)
    row = only(given(SUBSCRIPTIONS, ATTACHED, canceled)["subscriptions"])
    assert columns(SUBSCRIPTIONS, "subscriptions", row, ["status", "canceled_at", "expires_at", "ended_at"]) == [
        "active",
        START,
        LATER,
        None,
    ]
    row = only(given(SUBSCRIPTIONS, ATTACHED, canceled, PlanExpired("2.0", LATER, Ended.CANCELED))["subscriptions"])
    assert columns(SUBSCRIPTIONS, "subscriptions", row, ["status", "canceled_at", "ended_at", "ended_by"]) == [
        "expired",
        START,
        LATER,
        "canceled",
    ]


def test_a_start_that_was_called_off_leaves_no_subscription() -> None:
    scheduled = PlanScheduled("3.0", FREE, LATER, START)
    assert given(SUBSCRIPTIONS, scheduled)["subscriptions"]
    assert not given(SUBSCRIPTIONS, scheduled, PlanUnscheduled("3.0"))["subscriptions"]


def test_a_customer_is_found_by_parts_of_what_it_is_called() -> None:
    row = only(given(CUSTOMERS, CREATED)["customers"])
    assert columns(CUSTOMERS, "customers", row, ["customer_id", "search"]) == ["acme", "acme\nacme\nap@acme.example"]


def test_a_change_of_a_customer_changes_only_what_it_says() -> None:
    changed = CustomerUpdated(Sealed({"name": "Acme"}), Sealed({"name": "Acme Corp"}), "acme", "acme-2")
    row = only(given(CUSTOMERS, CREATED, changed, ClockMoved(None, LATER))["customers"])
    assert columns(CUSTOMERS, "customers", row, ["customer_id", "name", "email", "clock", "version"]) == [
        "acme-2",
        "Acme Corp",
        "AP@acme.example",
        LATER,
        3,
    ]


def test_a_forgotten_customer_has_no_name_and_a_deleted_one_says_when() -> None:
    forgotten = CustomerCreated("acme", Sealed(FORGOTTEN), START)
    row = only(given(CUSTOMERS, forgotten, CustomerDeleted("acme", LATER))["customers"])
    assert columns(CUSTOMERS, "customers", row, ["name", "email", "forgotten", "deleted_at", "search"]) == [
        None,
        None,
        True,
        LATER,
        "acme",
    ]


def test_entities_are_rows_while_they_exist() -> None:
    made = EntityCreated("team", "seats", Sealed("Team"), START, (Allocation("2.1", Decimal(1)),))
    rows = given(CUSTOMERS, CREATED, made)["entities"]
    assert columns(CUSTOMERS, "entities", only(rows), ["entity_id", "name"]) == ["team", "Team"]
    assert not given(CUSTOMERS, CREATED, made, EntityDeleted("team", "seats"))["entities"]


def test_a_sum_is_spelt_alike_however_it_was_reached() -> None:
    fine = UsageRecorded("messages", Decimal("0.125000000000"), (Allocation("2.1", Decimal("0.125000000000")),))
    back = UsageRecorded("messages", Decimal("-0.125"), (Allocation("2.1", Decimal("-0.125")),))
    (row,) = given(BALANCES, ATTACHED, fine, back)["balance_sums"].values()
    assert [str(each) for each in columns(BALANCES, "balance_sums", row, ("remaining", "usage"))] == ["1E+2", "0"]

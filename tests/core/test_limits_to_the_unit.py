"""To the unit: what limits of use, of overage and of spending let through, and whose limit counts."""

import pytest
from msgspec.structs import replace

from ledger.core.balances.adjustment import GrantBalance
from ledger.core.balances.deduction import Overage
from ledger.core.balances.limiting import NewControls, SetEntityControls
from ledger.core.balances.locking import Reserve
from ledger.core.balances.spending import Use, allowed
from ledger.core.balances.usage import Consume
from ledger.core.events import UsageRecorded
from ledger.core.period import Interval
from ledger.core.profile import UpdateCustomer
from ledger.core.terms import Controls, OverageAllowed, SpendLimit, UsageAlert, UsageLimit
from tests.core.account import Account
from tests.core.offers import MESSAGES, included, metered, plan, units

# --- limits ---------------------------------------------------------------------------------------------------

LARGE = {"model": "large"}


def limited(*limits: UsageLimit) -> Account:
    account = Account().entities("e1")
    account.do(GrantBalance("messages", included=units(100)))
    account.do(UpdateCustomer({}, controls=NewControls(usage_limits=limits)))
    return account


def test_a_check_with_an_event_asks_the_limits_that_its_properties_name() -> None:
    account = limited(UsageLimit("messages", units(5), Interval.MONTH, properties=LARGE))
    assert account.do(Consume("messages", units(6), None, LARGE)) == []
    assert account.do(Consume("messages", units(6)))
    (used,) = account.do(Consume("messages", units(5), None, LARGE))
    assert isinstance(used, UsageRecorded)
    assert sum(each.units for each in used.counted) == 5
    assert account.do(Consume("messages", units(1), None, LARGE)) == []


def test_a_check_for_an_entity_asks_the_entitys_own_limits() -> None:
    account = limited()
    own = UsageLimit("messages", units(5), Interval.MONTH)
    account.do(SetEntityControls("e1", NewControls(usage_limits=(own,))))
    for entity_id, fits in (("e1", False), (None, True)):
        assert allowed(account.customer, Use("messages", units(6), entity_id), account.context()) is fits
        assert bool(account.do(Consume("messages", units(6), entity_id))) is fits


def test_a_check_of_nothing_at_all_is_allowed_and_records_nothing() -> None:
    account = limited()
    assert allowed(account.customer, Use("messages", units(0)), account.context())
    assert account.do(Consume("messages", units(0))) == []


def test_a_lock_that_may_overflow_does_not_ask_the_limit() -> None:
    account = limited(UsageLimit("messages", units(5), Interval.MONTH))
    assert account.do(Reserve("l1", "messages", units(6))) == []
    assert account.do(Reserve("l1", "messages", units(6), overage=Overage.OVERFLOW))


def on_plans(*controls: Controls, skip: int = 0) -> Account:
    offered = [
        replace(plan(f"p{number}", 0, metered(MESSAGES, 10, 5), add_on=True), controls=said)
        for number, said in enumerate(controls)
    ]
    account = Account(*offered)
    for each in offered:
        account.attach(each.plan_id)
    return account


def test_of_two_plans_that_bound_overage_the_first_counts() -> None:
    def bound(number: int) -> Controls:
        return Controls(spend_limits=(SpendLimit("messages", units(number), enabled=True),))

    for first, second, room in ((5, 50, 5), (50, 5, 50)):
        account = on_plans(bound(first), bound(second))
        account.track("messages", 20)
        assert allowed(account.customer, Use("messages", units(room)), account.context())
        assert not allowed(account.customer, Use("messages", units(room + 1)), account.context())


def test_of_two_plans_that_limit_use_the_lower_counts_whichever_comes_first() -> None:
    def bound(number: int) -> Controls:
        return Controls(usage_limits=(UsageLimit("messages", units(number), Interval.MONTH),))

    for first, second in ((5, 8), (8, 5), (5, 5)):
        account = on_plans(bound(first), bound(second))
        (used,) = account.track("messages", 9)
        assert isinstance(used, UsageRecorded)
        assert used.dropped == 4


def test_an_entitys_own_word_goes_before_its_customers_and_its_customers_before_a_plans() -> None:
    said = Controls(overage_allowed=(OverageAllowed("messages", enabled=False),))
    account = on_plans(said).entities("e1", "e2")
    assert not allowed(account.customer, Use("messages", units(11)), account.context())
    yes = (OverageAllowed("messages", enabled=True),)
    account.do(SetEntityControls("e1", NewControls(overage_allowed=yes)))
    assert allowed(account.customer, Use("messages", units(11), "e1"), account.context())
    assert not allowed(account.customer, Use("messages", units(11), "e2"), account.context())
    account.do(UpdateCustomer({}, controls=NewControls(overage_allowed=yes)))
    account.do(SetEntityControls("e1", NewControls(overage_allowed=said.overage_allowed)))
    assert not allowed(account.customer, Use("messages", units(11), "e1"), account.context())
    assert allowed(account.customer, Use("messages", units(11), "e2"), account.context())


@pytest.mark.parametrize(
    ("controls", "lines"),
    [
        ((SpendLimit("messages", skip_billing=True),), 0),
        ((SpendLimit(None, skip_billing=True),), 0),
        ((SpendLimit(None, skip_billing=True), SpendLimit("messages")), 1),
        ((SpendLimit("words", skip_billing=True),), 1),
        ((), 1),
    ],
)
def test_overage_is_left_off_by_the_limit_of_its_feature_or_of_all(
    controls: tuple[SpendLimit, ...], lines: int
) -> None:
    account = Account(plan("pro", 0, metered(MESSAGES, 10, 5)))
    account.attach("pro")
    account.do(UpdateCustomer({}, controls=NewControls(spend_limits=controls)))
    account.track("messages", 20)
    account.wait(31)
    assert len(account.invoiced()) == lines


def test_overage_of_an_entity_is_left_off_by_its_own_limit() -> None:
    account = Account(plan("pro", 0, metered(MESSAGES, 10, 5))).entities("e1", "e2")
    for owner in ("e1", "e2"):
        account.attach("pro", owner)
        account.track("messages", 20, owner)
    skip = (SpendLimit("messages", skip_billing=True),)
    account.do(SetEntityControls("e1", NewControls(spend_limits=skip)))
    account.wait(31)
    assert account.invoiced() == [50]


def test_a_bound_that_is_taken_away_leaves_what_may_be_used_beyond_to_the_word_about_overage() -> None:
    free = Account(plan("pro", 0, included(MESSAGES, 10)))
    free.attach("pro")
    unbounded = (SpendLimit("messages", enabled=False),)
    for said, may in (((), False), ((OverageAllowed("messages", enabled=True),), True)):
        free.do(UpdateCustomer({}, controls=NewControls(spend_limits=unbounded, overage_allowed=said)))
        assert allowed(free.customer, Use("messages", units(1_000)), free.context()) is may


def test_a_spend_limit_counts_debts_alone_and_no_balance_that_has_no_end() -> None:
    account = Account(plan("pro", 0, metered(MESSAGES, 10, 5)))
    account.attach("pro")
    bound = (SpendLimit("messages", units(20), enabled=True),)
    account.do(UpdateCustomer({}, controls=NewControls(spend_limits=bound)))
    account.do(GrantBalance("messages", included=units(30)))
    account.track("messages", 45)
    assert allowed(account.customer, Use("messages", units(15)), account.context())
    assert not allowed(account.customer, Use("messages", units(16)), account.context())


def test_alerts_with_another_filter_are_other_alerts() -> None:
    account = Account()
    account.do(GrantBalance("messages", included=units(100)))
    filters: tuple[dict[str, str], ...] = ({"a": "1"}, {"a": "2"})
    wanted = tuple(UsageAlert(units(5), "usage", "messages", name="n", properties=each) for each in filters)
    account.do(UpdateCustomer({}, controls=NewControls(usage_alerts=wanted)))
    told = [each for each in account.track("messages", 6) if not isinstance(each, UsageRecorded)]
    assert len(told) == 2

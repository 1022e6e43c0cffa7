"""What attaching a plan would do, asked without attaching (§2.2), and whether its trial is left (§2.5)."""

from dataclasses import replace as within

import pytest
from msgspec.structs import replace

from ledger.core.events import CustomerUpdated
from ledger.core.period import Every, Interval
from ledger.core.profile import UpdateCustomer
from ledger.core.sealed import Sealed
from ledger.core.subscriptions.cancellation import Cancel, When
from ledger.core.subscriptions.change import Attach
from ledger.core.subscriptions.eligibility import Action, Eligibility, eligibility
from ledger.core.subscriptions.subscription import Status
from ledger.core.subscriptions.trial import trial_asks
from ledger.core.terms import FreeTrial, Plan
from tests.core.account import Account
from tests.core.given import STREAM
from tests.core.offers import EXTRA, FREE, MESSAGES, ONCE, PREMIUM, PRO, included, plan

PACK = plan("pack", 5, included(MESSAGES, 50), every=ONCE)
OTHER = plan("other", 10, group="side")
GONE = replace(plan("gone", 90), archived=True)
PRO_TRIAL = replace(PRO, free_trial=FreeTrial(Every(Interval.DAY, 7)))
ALL = (FREE, PRO, PREMIUM, EXTRA, PACK, OTHER, GONE)


def shown(account: Account, offered: Plan, entity_id: str | None = None) -> Eligibility:
    return eligibility(account.customer, offered, entity_id, account.context())


def on_pro() -> Account:
    account = Account(*ALL)
    account.attach("pro")
    return account


@pytest.mark.parametrize(
    ("offered", "action"),
    [
        (FREE, Action.DOWNGRADE),
        (PRO, Action.NONE),
        (PREMIUM, Action.UPGRADE),
        (EXTRA, Action.ACTIVATE),
        (PACK, Action.PURCHASE),
        (OTHER, Action.ACTIVATE),
        (GONE, Action.NONE),
    ],
    ids=lambda each: getattr(each, "plan_id", None),
)
def test_a_plan_is_offered_by_what_it_would_do_to_the_one_of_its_group(offered: Plan, action: Action) -> None:
    assert shown(on_pro(), offered).action is action


def test_a_customer_with_nothing_may_begin_anything() -> None:
    account = Account(*ALL)
    offered = (FREE, PRO, EXTRA, PACK, GONE)
    assert [shown(account, each).action.value for each in offered] == [
        "activate",
        "activate",
        "activate",
        "purchase",
        "none",
    ]


def test_what_an_entity_may_begin_does_not_depend_on_its_customers_plans() -> None:
    account = on_pro().entities("e1", "e2")
    account.attach("premium", "e1")
    assert [shown(account, PRO, each).action for each in (None, "e1", "e2")] == [
        Action.NONE,
        Action.DOWNGRADE,
        Action.ACTIVATE,
    ]
    assert [shown(account, PREMIUM, each).action for each in (None, "e1", "e2")] == [
        Action.UPGRADE,
        Action.NONE,
        Action.ACTIVATE,
    ]


def test_a_plan_that_waits_to_begin_is_not_offered_again() -> None:
    account = on_pro()
    account.attach("free")
    assert account.plans() == {"pro": "canceling", "free": "scheduled"}
    assert shown(account, FREE).action is Action.NONE
    assert shown(account, PREMIUM).action is Action.UPGRADE


def test_a_plan_without_a_price_in_the_customers_currency_is_not_offered() -> None:
    account = Account(*ALL)
    account.do(UpdateCustomer({}, currency="eur"))
    assert shown(account, PRO).action is Action.NONE
    assert PRO.base is not None
    assert shown(account, replace(PRO, base=replace(PRO.base, currencies={"eur": 1800}))).action is Action.ACTIVATE


def test_a_switch_is_judged_by_the_prices_in_the_customers_currency() -> None:
    def priced(offered: Plan, eur_minor: int) -> Plan:
        assert offered.base is not None
        return replace(offered, base=replace(offered.base, currencies={"eur": eur_minor}))

    account = Account(priced(PRO, 5000), priced(PREMIUM, 2000))
    account.do(UpdateCustomer({}, currency="eur"))
    account.attach("pro")
    assert shown(account, priced(PREMIUM, 2000)).action is Action.DOWNGRADE
    assert shown(account, priced(PREMIUM, 9000)).action is Action.UPGRADE


def test_what_is_held_of_a_plan_is_the_running_one_before_one_that_waits() -> None:
    account = on_pro().entities("e1")
    assert shown(account, PREMIUM).held is None
    account.attach("premium", "e1")
    running = account.subscription("pro")
    waiting = replace(running, subscription_id="9.0", status=Status.SCHEDULED)
    for held in ({"9.0": waiting, "2.0": running}, {"2.0": running, "9.0": waiting}):
        account.customer = replace(account.customer, subscriptions=held)
        assert shown(account, PRO).held == running
    assert shown(account, PRO, "e1").held is None


def test_a_trial_is_left_until_it_was_had() -> None:
    account = Account(PRO_TRIAL, FREE)
    assert shown(account, PRO_TRIAL).trial_available
    assert not shown(account, FREE).trial_available
    account.attach("pro")
    account.bill(Cancel("pro", when=When.NOW))
    assert shown(account, PRO_TRIAL).action is Action.ACTIVATE
    assert not shown(account, PRO_TRIAL).trial_available


def test_a_purchase_has_no_trial() -> None:
    assert not shown(Account(), replace(PACK, free_trial=PRO_TRIAL.free_trial)).trial_available


def test_a_trial_that_another_customer_with_the_same_fingerprint_had_is_not_left() -> None:
    account = Account(PRO_TRIAL)
    account.happen(CustomerUpdated(Sealed({}), Sealed({"fingerprint": "f1"})))
    (had,) = trial_asks(["pro"], "f1")
    context = within(account.context(), claims={(had.kind, had.value): STREAM})
    assert shown(account, PRO_TRIAL).trial_available
    assert not eligibility(account.customer, PRO_TRIAL, None, context).trial_available
    assert account.preview(Attach("pro")).planned.total_minor == 0

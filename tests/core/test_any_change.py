"""Any sequence of changes of a held plan: previews are kept to, usage survives, and nothing fails but by a refusal."""

from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from ledger.core.customer import BillingChange
from ledger.core.errors import Refusal
from ledger.core.events import InvoiceCreated
from ledger.core.period import Every, Interval
from ledger.core.subscriptions.billing import Billing, ProrationBehavior
from ledger.core.subscriptions.cancellation import Cancel, Refund, Uncancel, When
from ledger.core.subscriptions.customising import Customize, ItemFilter
from ledger.core.subscriptions.revision import Revise
from ledger.core.terms import BasePrice, FreeTrial, OnDecrease, OnIncrease, Proration
from tests.core.account import Account, bought
from tests.core.offers import MESSAGES, MONTH, USERS, WORDS, YEAR, included, metered, plan, prepaid

Step = Callable[[Account], None]

PRORATIONS = st.builds(Proration, st.sampled_from(OnIncrease), st.sampled_from(OnDecrease))
BILLINGS = st.builds(Billing, st.sampled_from(ProrationBehavior), no_billing_changes=st.booleans())
ITEMS = [included(MESSAGES, 700), metered(MESSAGES, 50, 3), prepaid(WORDS, 0, 900, 10), metered(USERS, 3, 1500)]
CUSTOMIZES = st.one_of(
    st.builds(
        lambda minor, every: Customize(price=None if minor is None else BasePrice(minor, every)),
        st.none() | st.integers(0, 30_000),
        st.sampled_from([MONTH, YEAR, Every(Interval.WEEK)]),
    ),
    st.builds(
        lambda item: Customize(remove_items=(ItemFilter(feature_id=item.feature_id),), add_items=(item,)),
        st.sampled_from(ITEMS),
    ),
)
TRIALS = st.just(UNSET) | st.none() | st.builds(lambda days: FreeTrial(Every(Interval.DAY, days)), st.integers(1, 40))


def billed(command: BillingChange) -> Step:
    def step(account: Account) -> None:
        account.bill(command)

    return step


def tracked(feature_id: str, value: int) -> Step:
    def step(account: Account) -> None:
        account.track(feature_id, value)

    return step


def waited(days: float) -> Step:
    def step(account: Account) -> None:
        account.wait(days)

    return step


REVISIONS = st.builds(
    lambda customize, trial, anchor_now, billing: Revise(
        "pro", customize=customize, free_trial=trial, anchor_now=anchor_now, billing=billing
    ),
    st.none() | CUSTOMIZES,
    TRIALS,
    st.booleans(),
    BILLINGS,
)
QUANTITIES = st.builds(
    lambda words, billing: Revise("pro", quantities=bought(words=words), billing=billing),
    st.integers(1, 300),
    BILLINGS,
)
CANCELS = st.builds(
    lambda when, refund, billing: Cancel("pro", when=when, refund=refund, billing=billing),
    st.sampled_from(When),
    st.none() | st.sampled_from(Refund),
    BILLINGS,
)
STEPS = st.one_of(
    st.builds(billed, REVISIONS),
    st.builds(billed, QUANTITIES),
    st.builds(billed, CANCELS),
    st.just(billed(Uncancel("pro"))),
    st.builds(tracked, st.sampled_from(["messages", "users", "words"]), st.integers(-5, 60)),
    st.builds(waited, st.floats(0, 45, allow_nan=False)),
)


@given(proration=PRORATIONS, steps=st.lists(STEPS, min_size=1, max_size=8))
def test_every_change_is_as_it_was_previewed_or_refused(proration: Proration, steps: list[Step]) -> None:
    words = msgspec.structs.replace(prepaid(WORDS, 0, 1000, 10), proration=proration)
    users = msgspec.structs.replace(metered(USERS, 1, 5000), proration=proration)
    default = plan("free", 0, included(MESSAGES, 10), included(USERS, 1), auto_enable=True)
    account = Account(plan("pro", 20, metered(MESSAGES, 100, 10), words, users), default)
    account.attach("pro", None, words=50)
    for step in steps:
        with suppress(Refusal):
            step(account)
    made = [event for _, event in account.log if isinstance(event, InvoiceCreated)]
    assert account.invoiced() == [sum(line.amount_minor for line in each.lines) for each in made]
    assert all(line.amount_minor or line.quantity for each in made for line in each.lines)
    assert all(each.refunded_minor <= each.paid_minor for each in account.customer.account.invoices.values())


@given(
    used=st.integers(0, 300),
    seats=st.integers(0, 9),
    customize=CUSTOMIZES,
    days=st.floats(0, 40, allow_nan=False),
)
def test_a_revision_keeps_what_was_used_of_every_feature(
    used: int, seats: int, customize: Customize, days: float
) -> None:
    account = Account(plan("pro", 20, metered(MESSAGES, 100, 10), metered(USERS, 1, 5000), included(WORDS, 5)))
    account.attach("pro")
    account.wait(days)
    account.track("messages", used)
    account.track("users", seats)
    account.bill(Revise("pro", customize=customize))
    assert account.standing("messages").usage == Decimal(used)
    assert account.standing("users").usage == Decimal(seats)

"""What holds whatever happens: any commands, in any order, at any time."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ledger.core.balances.adjustment import DeleteBalance, GrantBalance, UpdateBalance
from ledger.core.balances.deduction import Overage, overage_room
from ledger.core.balances.spending import Use, allowed
from ledger.core.balances.standing import held
from ledger.core.balances.usage import Consume, Track
from ledger.core.customer import CUSTOMER
from ledger.core.decider import Command
from ledger.core.entity import CreateEntity, DeleteEntity
from ledger.core.errors import Refusal
from ledger.core.events import UsageRecorded
from ledger.core.money import ZERO, add, total
from ledger.core.state import Customer
from ledger.core.subscriptions.cancellation import Cancel, Uncancel, When
from ledger.core.subscriptions.change import Attach, Schedule
from ledger.core.subscriptions.quantity import ChangeQuantities
from ledger.core.terms import FeatureKind
from tests.core.account import Account, bought
from tests.core.offers import (
    DAY,
    FREE,
    MESSAGES,
    MONTH,
    PRO_ANNUAL,
    SSO,
    USERS,
    WORDS,
    included,
    metered,
    plan,
    prepaid,
    switched_on,
    unlimited,
)

PLANS = (
    FREE,
    PRO_ANNUAL,
    plan("pro", 20, included(MESSAGES, 500), metered(WORDS, 50, 5, most=40), metered(USERS, 2, 1000)),
    plan("premium", 50, prepaid(MESSAGES, 0, 1000), metered(MESSAGES, 0, 10), switched_on(SSO), included(USERS, 9)),
    plan("by_use", 0, metered(WORDS, 10, 1), group="other"),
    plan("extra", 5, included(WORDS, 20, DAY), add_on=True),
    plan("all", 9, unlimited(WORDS), add_on=True),
    plan("default", 0, included(USERS, 1), auto_enable=True, group="base"),
)

amounts = st.decimals(-300, 300, allow_nan=False, allow_infinity=False, places=3)
features = st.sampled_from(["messages", "words", "users", "sso"])
entities = st.sampled_from([None, None, "e1", "e2"])
plan_ids = st.sampled_from([each.plan_id for each in PLANS])
overages = st.sampled_from(list(Overage))
quantities = st.one_of(st.just(()), st.integers(1, 900).map(lambda number: bought(messages=number)))
maybe = st.none() | amounts
resets = st.sampled_from([None, DAY, MONTH])
balance_ids = st.none() | st.sampled_from(["b1", "b2"])

tracks = st.builds(Track, features, st.none(), amounts, entities, overages)
commands = st.one_of(
    tracks,
    tracks,
    st.builds(Consume, features, amounts, entities),
    st.builds(Attach, plan_ids, st.none(), entities, quantities, st.none(), st.sampled_from([None, None, *Schedule])),
    st.builds(Cancel, plan_ids, st.none(), entities, st.sampled_from(When)),
    st.builds(Uncancel, plan_ids, st.none(), entities),
    st.builds(ChangeQuantities, plan_ids, st.none(), entities, quantities),
    st.builds(CreateEntity, st.sampled_from(["e1", "e2"]), st.just("users")),
    st.builds(DeleteEntity, st.sampled_from(["e1", "e2"])),
    st.builds(GrantBalance, features, entities, maybe, st.booleans(), resets, balance_id=balance_ids),
    st.builds(UpdateBalance, features, entities, balance_ids, st.none(), maybe, maybe, maybe, maybe),
    st.builds(DeleteBalance, features, entities, balance_ids),
)
steps = st.lists(st.tuples(st.floats(0, 40), commands), max_size=25)


class Watched(Account):
    """An account that asks after everything it does whether the laws still hold."""

    def attempt(self, command: Command) -> None:
        CUSTOMER.admit(self.customer, command, self.context())
        self.catch_up()
        before = self.customer
        try:
            decided = CUSTOMER.decide(before, command, self.context())
        except Refusal:
            return
        assert CUSTOMER.decide(before, command, self.context()) == decided
        self._happen(self.now, decided)
        if isinstance(command, Track | Consume):
            for event in decided:
                assert isinstance(event, UsageRecorded)
                self.check_usage(before, command, event)

    def check_usage(self, before: Customer, command: Track | Consume, event: UsageRecorded) -> None:
        assert add(total(each.amount for each in event.allocations), event.dropped) == event.value
        assert len({each.grant_id for each in event.allocations}) == len(event.allocations)
        assert not event.dropped or (event.dropped > 0) == (event.value > 0)
        scope = {grant.grant_id for grant in held(before.grants.values(), event.feature_id, event.entity_id)}
        assert {each.grant_id for each in event.allocations} <= scope
        if isinstance(command, Consume):
            assert not (event.value > 0 and event.dropped)
        if getattr(command, "overage", Overage.CAP) is not Overage.OVERFLOW:
            for allocation in event.allocations:
                self.check_floor(before, allocation.grant_id, allocation.amount)

    def check_floor(self, before: Customer, grant_id: str, taken: Decimal) -> None:
        was, grant = before.grants[grant_id], self.customer.grants[grant_id]
        if taken < ZERO:
            assert grant.balance <= max(grant.granted, was.balance)
            return
        free_seats = grant.terms.kind is FeatureKind.ALLOCATED and grant.terms.price is None
        room = overage_room(was)
        if grant.terms.unlimited or free_seats or room is None:
            return
        assert grant.balance >= min(was.balance, ZERO) - room

    def check_state(self) -> None:
        customer = self.customer
        assert customer.version == len(self.log)
        for key, grant in customer.grants.items():
            assert key == grant.grant_id
            owner = grant.terms.subscription_id
            assert owner is None or customer.subscriptions[owner].active
            assert grant.terms.entity_id is None or grant.terms.entity_id in customer.entities
        for each in customer.subscriptions.values():
            assert each.entity_id is None or each.entity_id in customer.entities
            assert each.expires_at is None or each.expires_at > self.now
        mains = [(s.entity_id, s.plan.group, s.status) for s in customer.subscriptions.values() if s.main]
        assert len(mains) == len(set(mains))


@given(steps)
def test_the_laws_of_a_customer_hold(happenings: list[tuple[float, Command]]) -> None:
    account = Watched(*PLANS)
    for days, command in happenings:
        account.wait_until(account.now + timedelta(milliseconds=round(days * 86_400_000)))
        account.attempt(command)
        account.check_state()
    folded = CUSTOMER.initial
    for _, event in account.log:
        folded = CUSTOMER.evolve(folded, event)
    assert folded == account.customer


@given(st.lists(tracks, max_size=12), st.integers(0, 400))
def test_a_check_says_exactly_what_a_capped_track_would_take(before: list[Track], required: int) -> None:
    account = Watched(*PLANS)
    account.entities("e1", "e2")
    for plan_id in ("pro", "extra", "by_use"):
        account.attach(plan_id)
    for command in before:
        account.attempt(command)
    for feature_id in ("messages", "words"):
        grants = account.standing(feature_id).grants
        if required and grants:
            promised = allowed(account.customer, Use(feature_id, Decimal(required)), account.context())
            (event,) = account.track(feature_id, required)
            assert isinstance(event, UsageRecorded)
            assert promised == (event.dropped == 0)

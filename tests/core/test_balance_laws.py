"""Every unit is accounted for: of each use, and of each balance through everything that can happen to it."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Final

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.balances.adjustment import DeleteBalance, GrantBalance, UpdateBalance
from ledger.core.balances.correction import Reverse
from ledger.core.balances.deduction import Overage
from ledger.core.balances.limiting import NewControls
from ledger.core.balances.locking import FinalizeLock, Reserve
from ledger.core.balances.recalculating import RecalculateBalance
from ledger.core.balances.spending import Use, allowed
from ledger.core.balances.usage import Consume, Track
from ledger.core.customer import CUSTOMER
from ledger.core.decider import Command
from ledger.core.entity import CreateEntity, DeleteEntity
from ledger.core.errors import Refusal
from ledger.core.events import (
    Allocation,
    BalanceDeducted,
    BalanceGranted,
    BalanceRecalculated,
    BalanceReset,
    BalanceSet,
    BalanceToppedUp,
    Change,
    Draw,
    EffectReversed,
    EntityCreated,
    EntityDeleted,
    Event,
    GrantTerms,
    LockClosed,
    LockEnd,
    LockOpened,
    PlanActivated,
    PlanAttached,
    UsageRecorded,
)
from ledger.core.money import ZERO, add, subtract, total
from ledger.core.period import Every, Interval
from ledger.core.profile import UpdateCustomer
from ledger.core.settings import LedgerSettings
from ledger.core.subscriptions.change import Attach
from ledger.core.terms import AutoTopup, OverageAllowed, Rollover, SpendLimit, UsageAlert, UsageLimit
from tests.core.account import Account
from tests.core.offers import (
    ACTION1,
    CREDITS,
    DAY,
    MESSAGES,
    MONTH,
    ONCE,
    USERS,
    included,
    metered,
    plan,
    prepaid,
    units,
    unlimited,
)

ROLLING: Final = msgspec.structs.replace(included(MESSAGES, 60), rollover=Rollover(units(90), months=1))
WEEK: Final = Interval.WEEK
PLANS: Final = (
    plan("free", 0, ROLLING, included(ACTION1, 10), included(USERS, 2)),
    plan("pro", 20, metered(MESSAGES, 50, 5, most=40), metered(CREDITS, 20, 5)),
    plan("packs", 0, included(MESSAGES, 5), prepaid(MESSAGES, 0, 100, 10, every=ONCE), group="other"),
    plan("all", 9, unlimited(CREDITS), add_on=True),
)
CONTROLS: Final = (
    NewControls((), (), (), (), ()),
    NewControls(usage_limits=(UsageLimit("messages", units(40), WEEK),)),
    NewControls(usage_limits=(UsageLimit("credits", units(9), Interval.DAY), UsageLimit("action1", units(50), WEEK))),
    NewControls(spend_limits=(SpendLimit(None, units(7), enabled=True),)),
    NewControls(overage_allowed=(OverageAllowed("messages", enabled=True),)),
    NewControls(auto_topups=(AutoTopup("messages", units(30), units(20), enabled=True),)),
    NewControls(usage_alerts=(UsageAlert(units(20), "remaining", "messages"),)),
)  # fmt: skip

features = st.sampled_from(["messages", "action1", "credits"])
held = st.sampled_from(["messages", "messages", "action1", "credits", "users"])
scopes = st.sampled_from([None, None, "e1"])
amounts = st.decimals(-90, 90, places=2)
positive = st.decimals(Decimal("0.01"), 90, places=2)
maybe = st.none() | amounts
lock_ids = st.sampled_from(["l1", "l2"])
names = st.none() | st.sampled_from(["a", "b"])
rollovers = st.sampled_from([None, Rollover(), Rollover(units(30)), Rollover(percentage=units(50), months=1)])
tracks = st.builds(Track, held, st.none(), amounts, scopes, st.sampled_from(Overage))

commands = st.one_of(
    tracks,
    tracks,
    st.builds(Consume, features, positive, scopes),
    st.builds(Reserve, lock_ids, features, positive, scopes, overage=st.sampled_from(list(Overage)[:2])),
    st.builds(FinalizeLock, lock_ids, st.just(LockEnd.CONFIRMED), st.none() | positive),
    st.builds(FinalizeLock, lock_ids, st.just(LockEnd.RELEASED)),
    st.builds(GrantBalance, features, scopes, positive, st.just(False), st.sampled_from([None, DAY, MONTH]),
              balance_id=names, rollover=rollovers),
    st.builds(UpdateBalance, features, scopes, names, st.none(), maybe, maybe, maybe, maybe),
    st.builds(DeleteBalance, features, scopes, names, recalculate=st.booleans()),
    st.builds(RecalculateBalance, features, scopes),
    st.builds(UpdateCustomer, st.just({}), controls=st.sampled_from(CONTROLS)),
    st.builds(Attach, st.sampled_from([each.plan_id for each in PLANS]), st.none(), scopes),
    st.builds(CreateEntity, st.just("e1"), st.just("users")),
    st.builds(DeleteEntity, st.just("e1")),
    st.integers(0, 60),
)  # fmt: skip
waits = st.sampled_from([0.0, 0.0, 0.01, 1.0, 9.0, 31.0])
steps = st.lists(st.tuples(waits, commands), max_size=25)


class Book:
    """A second bookkeeping of balances, from the events alone: what came in, and where it went."""

    def __init__(self) -> None:
        self.granted, self.adjusted, self.carried_in = _none(), _none(), _none()
        self.deducted, self.reserved, self.expired, self.rolled_out = _none(), _none(), _none(), _none()

    def note(self, event: Event, before: Account) -> None:  # noqa: C901  one case for each event that moves units
        match event:
            case PlanAttached() | PlanActivated():
                self._open(event.grants)
            case BalanceGranted() if event.terms is not None:
                self._open([event.terms])
            case BalanceGranted():
                self._adjust([Change(event.grant_id, event.before, event.after)])
            case BalanceSet() | BalanceDeducted() | BalanceRecalculated():
                self._adjust(event.changes)
            case EffectReversed():
                self._deduct(event.allocations)
                self._adjust(event.changes)
            case UsageRecorded() | EntityCreated() | EntityDeleted():
                self._deduct(event.allocations)
            case LockOpened():
                for each in event.allocations:
                    self.reserved[each.grant_id] += each.amount
            case LockClosed():
                self._close(event, before)
            case BalanceToppedUp():
                self.granted[event.grant_id] += event.amount
            case BalanceReset():
                self._reset(event, before)

    def _open(self, opened: Iterable[GrantTerms]) -> None:
        for terms in opened:
            source = self.granted if terms.rollover_of is None else self.carried_in
            source[terms.grant_id] += add(terms.included, terms.prepaid)
            self.deducted[terms.grant_id] += terms.used

    def _adjust(self, changes: Iterable[Change]) -> None:
        for each in changes:
            self.adjusted[each.grant_id] += subtract(each.after.remaining, each.before.remaining)

    def _deduct(self, allocations: Iterable[Allocation]) -> None:
        for each in allocations:
            self.deducted[each.grant_id] += each.amount

    def _close(self, event: LockClosed, before: Account) -> None:
        lock = before.customer.locks[event.lock_id]
        for each in lock.allocations:
            if each.grant_id not in lock.lapsed:
                self.reserved[each.grant_id] -= each.amount
                self.deducted[each.grant_id] += each.amount
        self._deduct(event.allocations)

    def _reset(self, event: BalanceReset, before: Account) -> None:
        key, left = event.grant_id, event.before.remaining
        for lock in before.customer.locks.values():
            for each in lock.allocations:
                if each.grant_id == key and key not in lock.lapsed:
                    self.reserved[key] -= each.amount
                    self.deducted[key] += each.amount
        rolled = event.rolled.included if event.rolled is not None else ZERO
        self.rolled_out[key] += rolled
        if left > ZERO:
            self.expired[key] += subtract(left, rolled)
        self.granted[key] += subtract(event.after.remaining, min(left, ZERO))
        if event.rolled is not None:
            self._open([event.rolled])
        for change in event.trimmed:
            self.expired[change.grant_id] += subtract(change.before.remaining, change.after.remaining)

    def check(self, account: Account) -> None:
        for key, grant in account.customer.grants.items():
            came = total((self.granted[key], self.adjusted[key], self.carried_in[key]))
            went = total((self.deducted[key], self.reserved[key], self.expired[key], self.rolled_out[key]))
            assert came == add(grant.balance, went), key


def _none() -> defaultdict[str, Decimal]:
    return defaultdict(Decimal)


class Audited(Account):
    """An account that keeps a second book, and asks after each event whether it agrees."""

    def __init__(self, settings: LedgerSettings) -> None:
        self.book = Book()
        super().__init__(*PLANS, settings=settings)

    def _happen(self, at: object, events: Iterable[Event]) -> None:
        for event in events:
            self.book.note(event, self)
            super()._happen(at, [event])  # type: ignore[arg-type]  # an instant, as it came
            if isinstance(event, UsageRecorded | LockOpened | LockClosed):
                self.check_use(event)
            self.book.check(self)

    def check_use(self, event: UsageRecorded | LockOpened | LockClosed) -> None:
        """Per use: value = sum of allocations, in units of the feature, + dropped."""
        drawn = {each.grant_id: each.units for each in event.drawn}
        taken = total(drawn.get(each.grant_id, each.amount) for each in event.allocations)
        dropped = ZERO if isinstance(event, LockOpened) else event.dropped
        value = subtract(event.value, event.held) if isinstance(event, LockClosed) else event.value
        assert add(taken, dropped) == value
        assert len({each.grant_id for each in event.allocations}) == len(event.allocations)
        assert all(isinstance(each, Draw) for each in event.drawn)

    def attempt(self, command: Command | int) -> None:
        if isinstance(command, int):
            command = self._reversal(command)
        promised = isinstance(command, Consume) and self._allows(command)
        try:
            decided = self.do(command)
        except Refusal:
            return
        if isinstance(command, Consume):
            used = [event for event in decided if isinstance(event, UsageRecorded)]
            assert bool(used) == promised
            assert all(not event.dropped for event in used)

    def _reversal(self, which: int) -> Command:
        at, event = self.log[which % len(self.log)]
        return Reverse(which, which, event, at)

    def _allows(self, command: Consume) -> bool:
        self.catch_up()
        if command.entity_id is not None and command.entity_id not in self.customer.entities:
            return False
        use = Use(command.feature_id, command.value, command.entity_id, properties=command.properties)
        return allowed(self.customer, use, self.context())


@given(steps, st.booleans())
def test_every_unit_is_accounted_for(happenings: list[tuple[float, Command | int]], persist: bool) -> None:
    account = Audited(LedgerSettings(persist_free_overage=persist))
    for days, command in happenings:
        account.wait_until(account.now + timedelta(milliseconds=round(days * 86_400_000)))
        account.attempt(command)
    folded = CUSTOMER.initial
    for _, event in account.log:
        folded = CUSTOMER.evolve(folded, event)
    assert folded == account.customer


@given(st.lists(tracks, max_size=8), st.sampled_from(CONTROLS), positive, scopes, features)
def test_a_check_says_exactly_what_a_capped_track_would_take(
    before: list[Track], controls: NewControls, required: Decimal, entity_id: str | None, feature_id: str
) -> None:
    account = Audited(LedgerSettings())
    account.do(CreateEntity("e1", "users"))
    for plan_id in ("pro", "packs"):
        account.attach(plan_id)
    account.do(GrantBalance("action1", "e1", units(30), reset=Every(WEEK)))
    for command in before:
        account.attempt(command)
    account.do(UpdateCustomer({}, controls=controls))
    promised = allowed(account.customer, Use(feature_id, required, entity_id), account.context())
    event = account.track(feature_id, str(required), entity_id)[0]
    assert isinstance(event, UsageRecorded)
    assert promised == (not event.dropped)

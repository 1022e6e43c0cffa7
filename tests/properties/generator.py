"""Random catalogs and random histories of a customer on them, small unless asked otherwise.

Every plan keeps the rules of an offer; commands need not be possible, so some of them are refused.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec
from hypothesis import strategies as st
from msgspec import UNSET

from ledger.core.balances.adjustment import GrantBalance, UpdateBalance
from ledger.core.balances.deduction import Overage
from ledger.core.balances.locking import FinalizeLock
from ledger.core.balances.usage import Consume, Track
from ledger.core.customer import BillingChange
from ledger.core.decider import Command
from ledger.core.entity import CreateEntity, DeleteEntity
from ledger.core.events import LockEnd, Quantity
from ledger.core.period import MONTHS, Every, Interval
from ledger.core.profile import UpdateCustomer
from ledger.core.settings import Gateway, LedgerSettings
from ledger.core.subscriptions.billing import Billing, Carry, CustomLine, DiscountRef, InvoiceMode, ProrationBehavior
from ledger.core.subscriptions.cancellation import Cancel, Uncancel, When
from ledger.core.subscriptions.change import Attach, Schedule
from ledger.core.subscriptions.customising import Customize
from ledger.core.subscriptions.phases import CreateSchedule, Phase
from ledger.core.subscriptions.quantity import ChangeQuantities
from ledger.core.subscriptions.revision import Revise
from ledger.core.subscriptions.several import AttachMany
from ledger.core.terms import (
    BasePrice,
    Discount,
    Feature,
    FeatureKind,
    FreeTrial,
    ItemPrice,
    Method,
    OnDecrease,
    OnIncrease,
    Plan,
    PlanItem,
    Proration,
    Rollover,
    Tier,
    TierBehavior,
)
from tests.core.offers import MESSAGES, ONCE, SSO, START, USERS, WORDS

CONSUMABLES: Final = (MESSAGES, WORDS)
ENTITIES: Final = ("e1", "e2")
RESETS: Final = tuple(Every(each) for each in Interval if each is not Interval.ONE_OFF)
CYCLES: Final = tuple(
    Every(each, count)
    for each in (Interval.WEEK, Interval.MONTH, Interval.QUARTER, Interval.SEMI_ANNUAL, Interval.YEAR)
    for count in (1, 2)
)
ZONES: Final = ("UTC", "Europe/Berlin", "America/New_York", "Pacific/Auckland", "Asia/Kolkata")

cycles = st.sampled_from([*CYCLES, *[Every(Interval.MONTH)] * 6, Every(Interval.YEAR)])
prices = st.decimals(0, 5000, places=1)
wholes = st.integers(0, 500).map(Decimal)
pack_units = st.sampled_from([1, 1, 12, 100]).map(Decimal)


@st.composite
def item_prices(draw: st.DrawFn, methods: Sequence[Method] = tuple(Method)) -> ItemPrice:
    """Of one price or of tiers, sold ahead or by use."""
    every, method = draw(cycles), draw(st.sampled_from(methods))
    most = draw(st.none() | st.none() | st.integers(0, 300).map(Decimal))
    if draw(st.booleans()):
        return ItemPrice(every, method, draw(prices), billing_units=draw(pack_units), max_purchase=most)
    bounds = sorted(draw(st.sets(st.integers(1, 6), max_size=2)))
    tops = [*(Decimal(each * 100) for each in bounds), None]
    tiers = tuple(Tier(top, draw(prices), draw(st.sampled_from([Decimal(0), Decimal(500)]))) for top in tops)
    return ItemPrice(every, method, None, tiers, draw(st.sampled_from(TierBehavior)), draw(pack_units), most)


prorations = st.none() | st.builds(Proration, st.sampled_from(OnIncrease), st.sampled_from(OnDecrease))
months = st.sampled_from([None, 1, 3])
rollovers = st.one_of(
    st.none(),
    st.builds(Rollover, st.none() | wholes, st.none(), months),
    st.builds(Rollover, st.none(), st.integers(1, 100).map(Decimal), months),
)


@st.composite
def items_of(draw: st.DrawFn, feature: Feature) -> PlanItem:
    """What a plan grants of one feature: included alone, sold ahead, sold by use, or without limit."""
    if feature.kind is FeatureKind.BOOLEAN:
        return PlanItem(feature.feature_id, feature.kind)
    held = feature.kind is FeatureKind.ALLOCATED
    if draw(st.integers(0, 9)) == 0:
        return PlanItem(feature.feature_id, feature.kind, unlimited=True)
    included = draw(st.integers(0, 9)) if held else draw(st.integers(0, 300))
    price = draw(st.none() | item_prices())
    reset = None if held else draw(st.none() | st.sampled_from(RESETS)) if price is None else price.every
    rolls = reset is not None and reset.interval in MONTHS and price is None  # shorter ones leave one over every minute
    rollover = draw(rollovers) if rolls and not held else None
    ahead = price is not None and (held or price.method is Method.PREPAID)
    apart = feature is not USERS and not ahead and draw(st.integers(0, 5)) == 0
    return PlanItem(
        feature.feature_id,
        feature.kind,
        Decimal(included),
        reset=None if held else reset,
        price=price,
        proration=draw(prorations) if price is not None else None,
        rollover=rollover,
        entity_feature_id=USERS.feature_id if apart else None,
    )


bases = st.none() | st.builds(BasePrice, st.integers(0, 50_000), cycles)
trials = st.builds(FreeTrial, st.sampled_from([Every(Interval.DAY, 7), Every(Interval.MONTH)]))


@st.composite
def plans(draw: st.DrawFn, plan_id: str) -> Plan:
    """One plan: paid or free, a main plan of one of two groups, an add-on, or a purchase."""
    features = draw(st.sets(st.sampled_from([each.feature_id for each in (*CONSUMABLES, USERS, SSO)]), max_size=3))
    chosen = [each for each in (*CONSUMABLES, USERS, SSO) if each.feature_id in features]
    base, add_on = draw(bases), draw(st.integers(0, 4)) == 0
    if add_on and base is not None and draw(st.booleans()):
        base = BasePrice(base.amount_minor, ONCE)
    recurring = base is not None and base.every.repeats
    return Plan(
        plan_id,
        1,
        plan_id.title(),
        START,
        group=draw(st.sampled_from(["", "", "", "other"])),
        add_on=add_on,
        base=base,
        items=tuple(draw(items_of(each)) for each in chosen),
        anchor_to_month_start=draw(st.integers(0, 5)) == 0,
        ignore_past_due=draw(st.booleans()),
        free_trial=draw(trials) if recurring and draw(st.integers(0, 4)) == 0 else None,
    )


@st.composite
def catalogs(draw: st.DrawFn, most: int = 4) -> tuple[Plan, ...]:
    """Some plans, and perhaps a free one that everybody has."""
    made = [draw(plans(f"p{number}")) for number in range(draw(st.integers(2, most)))]
    if draw(st.booleans()):
        free = PlanItem(MESSAGES.feature_id, MESSAGES.kind, Decimal(10), reset=Every(Interval.MONTH))
        made.append(Plan("free", 1, "Free", START, items=(free,), auto_enable=True))
    return tuple(made)


feature_ids = st.sampled_from([MESSAGES.feature_id, WORDS.feature_id, USERS.feature_id])
scopes = st.sampled_from([*[None] * 6, *ENTITIES])
methods = st.sampled_from([None, "pm_declined", "pm_declined", "pm_needs_action"])


@st.composite
def quantities_of(draw: st.DrawFn, plan: Plan) -> tuple[Quantity, ...]:
    """Totals of some of what a plan sells ahead."""
    sold = [item for item in plan.items if item.prepaid and draw(st.integers(0, 3))]
    return tuple(Quantity(item.feature_id, item.included + draw(st.integers(1, 400))) for item in sold)


HALF: Final = Discount("half", "Half", Decimal(50))
TEN_ONCE: Final = Discount("ten", "Ten once", amount_minor=1000, once=True)
DISCOUNTS: Final = {each.discount_id: each for each in (HALF, TEN_ONCE)}

billings = st.sampled_from(
    [
        *[Billing()] * 6,
        Billing(proration=ProrationBehavior.BILL_DIFFERENCE),
        Billing(proration=ProrationBehavior.NONE),
        Billing(no_billing_changes=True),
        Billing(custom_lines=(CustomLine(1500, "first"), CustomLine(-499, "second"))),
        Billing(add_lines=(CustomLine(77, "more"),)),
        Billing(discounts=(DiscountRef("half"),)),
        Billing(discounts=(DiscountRef("ten"),)),
        Billing(invoice_mode=InvoiceMode(net_terms_days=10, enable_plan_immediately=True)),
        Billing(invoice_mode=InvoiceMode(net_terms_days=10)),
    ]
)
bases_of_ones_own = st.none() | st.builds(BasePrice, st.integers(0, 50_000), cycles)
trials_of_ones_own = st.sampled_from([UNSET, UNSET, UNSET, None, FreeTrial(Every(Interval.DAY, 3))])


@st.composite
def attaches(draw: st.DrawFn, offered: Sequence[Plan], scope: str | None = None) -> Attach:
    """One plan, mostly plainly, sometimes with everything that can be said of how it begins."""
    plan = draw(st.sampled_from(offered))
    plain = Attach(plan.plan_id, None, scope, draw(quantities_of(plan)), billing=draw(billings))
    more = {
        "schedule": st.sampled_from(Schedule),
        "anchor_now": st.booleans(),
        "free_trial": trials_of_ones_own,
        "carry_balances": st.just(Carry()),
        "carry_usages": st.just(Carry()),
        "new_billing_subscription": st.just(True),
        "customize": st.builds(Customize, bases_of_ones_own),
    }
    chosen = draw(st.sets(st.sampled_from(sorted(more)), max_size=2))
    return msgspec.structs.replace(plain, **{name: draw(more[name]) for name in sorted(chosen)})


@st.composite
def revisions(draw: st.DrawFn, plan: Plan, scope: str | None) -> Revise:
    """Another price, trial, quantity or anchor of a plan that is held."""
    return Revise(
        plan.plan_id,
        None,
        scope,
        quantities=draw(quantities_of(plan)),
        customize=draw(st.none() | st.builds(Customize, bases_of_ones_own)),
        free_trial=draw(trials_of_ones_own),
        anchor_now=draw(st.integers(0, 5)) == 0,
        billing=draw(billings),
    )


@st.composite
def schedules(draw: st.DrawFn, offered: Sequence[Plan], scope: str | None) -> CreateSchedule:
    """Two or three phases of one plan each, a month or two after each other."""
    later = st.builds(Every, st.just(Interval.MONTH), st.integers(1, 2))
    first = Phase((draw(attaches(offered, scope)),))
    others = [
        Phase((Attach(draw(st.sampled_from(offered)).plan_id, None, scope),), starting_after=draw(later))
        for _ in range(draw(st.integers(1, 2)))
    ]
    return CreateSchedule((first, *others), scope)


@st.composite
def changes(draw: st.DrawFn, offered: Sequence[Plan]) -> BillingChange:
    """A change of plans: what a preview can be asked of."""
    plan, scope = draw(st.sampled_from(offered)), draw(scopes)
    match draw(st.integers(0, 14)):
        case 0 | 1 | 2 | 3 | 4:
            return draw(attaches(offered, scope))
        case 5:
            return AttachMany(tuple(draw(st.lists(attaches(offered, scope), min_size=1, max_size=3))))
        case 6:
            return draw(schedules(offered, scope))
        case 7 | 8 | 9:
            return Cancel(plan.plan_id, None, scope, draw(st.sampled_from(When)))
        case 10:
            return Uncancel(plan.plan_id, None, scope)
        case 11 | 12:
            return draw(revisions(plan, scope))
        case _:
            return ChangeQuantities(plan.plan_id, None, scope, draw(quantities_of(plan)))


class Reserving(NamedTuple):
    """A lock that lasts so long from when it is opened."""

    lock_id: str
    feature_id: str
    value: Decimal
    entity_id: str | None
    lasts: timedelta | None


class PayingAll(NamedTuple):
    """Every open invoice is asked for again."""


Deed = Command | Reserving | PayingAll


@st.composite
def uses(draw: st.DrawFn) -> Deed:
    """What products do, and what people do to balances."""
    amount = Decimal(draw(st.integers(-50, 300))) / draw(st.sampled_from([1, 1, 1, 10]))
    feature_id, scope = draw(feature_ids), draw(scopes)
    match draw(st.integers(0, 14)):
        case 8:
            lock_id, lasts = draw(st.sampled_from(["l1", "l2"])), draw(st.sampled_from([None, timedelta(hours=1)]))
            return Reserving(lock_id, feature_id, abs(amount), scope, lasts)
        case 9:
            end = draw(st.sampled_from([LockEnd.CONFIRMED, LockEnd.RELEASED]))
            return FinalizeLock(draw(st.sampled_from(["l1", "l2"])), end, draw(st.none() | wholes))
        case 10:
            return PayingAll()
        case 0:
            return Consume(feature_id, amount, scope)
        case 1:
            every = draw(st.none() | st.sampled_from(RESETS))
            return GrantBalance(feature_id, scope, abs(amount), reset=every)
        case 2:
            return UpdateBalance(feature_id, scope, remaining=abs(amount))
        case 3:
            return CreateEntity(draw(st.sampled_from(ENTITIES)), USERS.feature_id)
        case 4:
            return DeleteEntity(draw(st.sampled_from(ENTITIES)))
        case 5:
            return UpdateCustomer({"metadata": {"payment_method": draw(methods)}})
        case _:
            return Track(feature_id, None, amount, scope, draw(st.sampled_from([Overage.CAP, Overage.OVERFLOW])))


class History(NamedTuple):
    """What a customer did: commands, each so long after the one before; and where it did so."""

    plans: tuple[Plan, ...]
    settings: LedgerSettings
    began_at: datetime
    steps: tuple[tuple[timedelta, Deed], ...]

    @property
    def lasts(self) -> timedelta:
        return sum((wait for wait, _ in self.steps), timedelta())


ledgers = st.builds(
    LedgerSettings,
    timezone=st.sampled_from(ZONES),
    gateway=st.sampled_from([None, None, None, Gateway.MANUAL]),
)
beginnings = st.integers(0, 3 * 365 * 24).map(lambda hours: START + timedelta(hours=hours))


@st.composite
def histories(draw: st.DrawFn, most: int = 12, longest: timedelta = timedelta(days=45)) -> History:
    """A catalog and up to `most` commands on it, with waits of up to `longest` between them."""
    offered = draw(catalogs())
    ms = longest // timedelta(milliseconds=1)
    waits = st.one_of(st.just(0), st.integers(0, ms), st.integers(0, 30).map(lambda part: ms * part // 30))
    commands = st.one_of(changes(offered), changes(offered), uses())
    steps = draw(st.lists(st.tuples(waits.map(_milliseconds), commands), min_size=most // 2, max_size=most))
    return History(offered, draw(ledgers), draw(beginnings), (*_first(offered, draw(st.integers(0, 3))), *steps))


def _milliseconds(number: int) -> timedelta:
    return timedelta(milliseconds=number)


def _first(offered: Sequence[Plan], entities: int) -> Iterator[tuple[timedelta, Deed]]:
    """Most customers are on a plan, and many have entities."""
    for entity_id in ENTITIES[: max(0, entities - 1)]:
        yield timedelta(), CreateEntity(entity_id, USERS.feature_id)
    if entities:
        yield timedelta(), Attach(offered[0].plan_id)

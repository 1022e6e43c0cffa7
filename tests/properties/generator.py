"""Random catalogs and random histories of a customer on them, small unless asked otherwise.

Every plan keeps the rules of an offer; commands need not be possible, so some of them are refused.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from hypothesis import strategies as st

from ledger.core.adjustment import GrantBalance, UpdateBalance
from ledger.core.billing import Billing, ProrationBehavior
from ledger.core.cancellation import Cancel, Uncancel, When
from ledger.core.change import Attach, Schedule
from ledger.core.decider import Command
from ledger.core.deduction import Overage
from ledger.core.entity import CreateEntity, DeleteEntity
from ledger.core.events import Quantity
from ledger.core.period import Every, Interval
from ledger.core.profile import UpdateCustomer
from ledger.core.quantity import ChangeQuantities
from ledger.core.settings import Gateway, LedgerSettings
from ledger.core.terms import (
    BasePrice,
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
from ledger.core.usage import Consume, Track
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
rollovers = st.none() | st.builds(Rollover, st.none() | wholes, st.none(), st.sampled_from([None, 1, 3]))


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
    rollover = draw(rollovers) if reset is not None and not held and price is None else None
    return PlanItem(
        feature.feature_id,
        feature.kind,
        Decimal(included),
        reset=None if held else reset,
        price=price,
        proration=draw(prorations) if price is not None else None,
        rollover=rollover,
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
scopes = st.sampled_from([None, None, None, *ENTITIES])
methods = st.sampled_from([None, None, "pm_declined", "pm_needs_action"])


@st.composite
def quantities_of(draw: st.DrawFn, plan: Plan) -> tuple[Quantity, ...]:
    """Totals of some of what a plan sells ahead."""
    sold = [item for item in plan.items if item.prepaid and draw(st.integers(0, 3))]
    return tuple(Quantity(item.feature_id, item.included + draw(st.integers(1, 400))) for item in sold)


billings = st.sampled_from(
    [
        *[Billing()] * 3,
        Billing(proration=ProrationBehavior.BILL_DIFFERENCE),
        Billing(no_billing_changes=True),
    ]
)


@st.composite
def changes(draw: st.DrawFn, offered: Sequence[Plan]) -> Command:
    """A change of plans: what a preview can be asked of."""
    plan, scope = draw(st.sampled_from(offered)), draw(scopes)
    match draw(st.integers(0, 9)):
        case 0 | 1 | 2 | 3 | 4:
            schedule = draw(st.sampled_from([None, None, None, *Schedule]))
            wanted = draw(quantities_of(plan))
            anchored = draw(st.integers(0, 5)) == 0
            return Attach(
                plan.plan_id, None, scope, wanted, None, schedule, anchor_now=anchored, billing=draw(billings)
            )
        case 5 | 6:
            return Cancel(plan.plan_id, None, scope, draw(st.sampled_from(When)))
        case 7:
            return Uncancel(plan.plan_id, None, scope)
        case _:
            return ChangeQuantities(plan.plan_id, None, scope, draw(quantities_of(plan)))


@st.composite
def uses(draw: st.DrawFn) -> Command:
    """What products do, and what people do to balances."""
    amount = Decimal(draw(st.integers(-50, 300))) / draw(st.sampled_from([1, 1, 1, 10]))
    feature_id, scope = draw(feature_ids), draw(scopes)
    match draw(st.integers(0, 9)):
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
    steps: tuple[tuple[timedelta, Command], ...]

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
    commands = st.one_of(changes(offered), uses())
    steps = draw(st.lists(st.tuples(waits.map(lambda each: timedelta(milliseconds=each)), commands), max_size=most))
    return History(offered, draw(ledgers), draw(beginnings), tuple(steps))

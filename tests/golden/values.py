"""What the events of the examples hold: a plan, its terms, lines and instants, with every field set."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

import msgspec

from ledger.core.events import (
    Allocation,
    AppliedDiscount,
    Change,
    Counted,
    Draw,
    GrantTerms,
    Level,
    Line,
    LineDiscount,
    LineKind,
    Quantity,
    Window,
)
from ledger.core.period import Every, Interval
from ledger.core.sealed import Sealed
from ledger.core.terms import (
    AutoTopup,
    BasePrice,
    Controls,
    CreditCost,
    CreditTier,
    Discount,
    Feature,
    FeatureKind,
    FreeTrial,
    ItemPrice,
    LimitAnchor,
    Method,
    OnDecrease,
    OnIncrease,
    OnTrialEnd,
    OverageAllowed,
    Plan,
    PlanItem,
    Proration,
    PurchaseLimit,
    Rollover,
    SpendLimit,
    Tier,
    TierBehavior,
    UsageAlert,
    UsageLimit,
)

THEN: Final = datetime(2026, 1, 31, 12, 30, 15, 250_000, tzinfo=UTC)
NEXT: Final = datetime(2026, 2, 28, 12, 30, 15, 250_000, tzinfo=UTC)
MONTH: Final = Every(Interval.MONTH)
WHY: Final = Sealed("agreed on the phone – as “promised”")

MESSAGES: Final = Feature(
    "messages", "Messages", FeatureKind.CONSUMABLE, ("message.sent", "message.read"), "message", "messages", True
)
TIERS: Final = (
    Tier(Decimal(500), Decimal("999.5"), Decimal(100)),
    Tier(None, Decimal("0.000000000001")),
)
PREPAID: Final = ItemPrice(
    MONTH, Method.PREPAID, None, TIERS, TierBehavior.VOLUME, Decimal(100), Decimal("1000000000000000")
)
BY_USE: Final = ItemPrice(Every(Interval.QUARTER, 2), Method.USAGE_BASED, Decimal("0.5"))
PLAN: Final = Plan(
    plan_id="pro",
    version=3,
    name="Pro",
    created_at=THEN,
    currency="eur",
    description="For teams",
    group="main",
    add_on=True,
    auto_enable=True,
    base=BasePrice(2000, Every(Interval.YEAR)),
    items=(
        PlanItem("messages", FeatureKind.CONSUMABLE, Decimal("100.25"), reset=MONTH, price=PREPAID),
        PlanItem("words", FeatureKind.CONSUMABLE, unlimited=True),
        PlanItem("users", FeatureKind.ALLOCATED, Decimal(3), price=BY_USE),
        PlanItem("sso", FeatureKind.BOOLEAN),
    ),
    archived=True,
    anchor_to_month_start=True,
    ignore_past_due=True,
    metadata={"tier": "gold", "rank": 1, "public": True, "note": None},
)
TERMS: Final = GrantTerms(
    grant_id="7.0",
    feature_id="messages",
    kind=FeatureKind.CONSUMABLE,
    created_at=THEN,
    entity_id="team",
    subscription_id="7.0",
    plan_id="pro",
    add_on=True,
    included=Decimal("100.25"),
    prepaid=Decimal(200),
    used=Decimal(1),
    unlimited=True,
    reset=MONTH,
    anchor=THEN,
    period_start=THEN,
    period_end=NEXT,
    expires_at=NEXT,
    price=PREPAID,
    balance_id="gift",
)
WINDOWS: Final = (Window("7.0", THEN, NEXT),)
BEFORE, AFTER = Level(Decimal(100), Decimal("-2.5")), Level(Decimal("150.000000000001"), Decimal(0))
CHANGES: Final = (Change("7.0", BEFORE, AFTER),)
TAKEN: Final = (Allocation("7.0", Decimal("1.1")), Allocation("2.1", Decimal(-1)))
BOUGHT: Final = (Quantity("messages", Decimal(300)),)

# What came later, so that no golden file from before is touched: values with all the fields they have gained.
OWN_TIERS: Final = (Tier(Decimal(10), Decimal(3), Decimal(100), {"usd": (Decimal("3.25"), Decimal(110))}),)
OWN_PRICE: Final = ItemPrice(
    MONTH, Method.USAGE_BASED, None, OWN_TIERS, TierBehavior.VOLUME, Decimal(10), Decimal(500), {"usd": Decimal(4)}
)
CONTROLS: Final = Controls(
    (SpendLimit("messages", Decimal(50), True, True, True),),
    (UsageLimit("messages", Decimal(20), Interval.DAY, LimitAnchor.UTC, {"model": "small"}, False),),
    (UsageAlert(Decimal(80), "usage_percentage", "messages", False, "allowance", {"model": "small"}, "soon"),),
    (AutoTopup("messages", Decimal(10), Decimal(100), True, PurchaseLimit(Every(Interval.WEEK, 2), 3)),),
    (OverageAllowed("messages", True),),
)
OWN_PLAN: Final = Plan(
    "pro",
    4,
    "Pro, tailored",
    THEN,
    currency="eur",
    base=BasePrice(2000, MONTH, {"usd": 2200}),
    items=(
        PlanItem(
            "messages",
            FeatureKind.CONSUMABLE,
            Decimal(100),
            reset=MONTH,
            price=OWN_PRICE,
            proration=Proration(OnIncrease.BILL_NEXT_CYCLE, OnDecrease.NONE),
            rollover=Rollover(Decimal(40), Decimal("12.5"), 3),
            expiry=Every(Interval.YEAR, 2),
        ),
    ),
    free_trial=FreeTrial(Every(Interval.DAY, 14), True, OnTrialEnd.REVERT),
    controls=CONTROLS,
    custom=True,
)
OWN_TERMS: Final = msgspec.structs.replace(
    TERMS, price=OWN_PRICE, rollover=Rollover(Decimal(40), Decimal("12.5"), 3), rollover_of="2.0"
)
APPLIED: Final = (
    AppliedDiscount("spring", "Spring", Decimal("12.5"), None, True, NEXT),
    AppliedDiscount("five", "Five off", None, 500),
)
LINES: Final = (
    Line(
        LineKind.PREPAID,
        -1375,
        "pro",
        "Pro",
        "7.0",
        "team",
        "messages",
        Decimal("2.5"),
        Decimal("1000.125"),
        THEN,
        NEXT,
        True,
        True,
        (LineDiscount("spring", "Spring", 125, Decimal("12.5")),),
        "Messages, by hand",
        5,
        7,
    ),
    Line(LineKind.CORRECTION, 1),
)
DRAWN: Final = (Draw("7.0", Decimal("1.5")),)
COUNTED: Final = (Counted("messages/day", THEN, NEXT, Decimal("1.5")),)
HUNDRED: Final = Decimal(100)
DISCOUNT: Final = Discount(
    "spring", "Spring", Decimal("12.5"), 500, "eur", True, 3, ("pro", "extra"), ("SPRING", "MAY")
)

CREDITS: Final = (
    CreditCost("messages", Decimal("0.2"), Decimal(10)),
    CreditCost("words", tiers=(CreditTier(Decimal(100), Decimal(2)), CreditTier(None, Decimal(1)))),
)

PER_ENTITY: Final = Plan(
    "teams",
    1,
    "Teams",
    THEN,
    items=(PlanItem("messages", FeatureKind.CONSUMABLE, Decimal(100), reset=MONTH, entity_feature_id="users"),),
)

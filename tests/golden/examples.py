"""One event of every stored version, with every field set: what the golden files beside this one hold as bytes.

A former version keeps its example under its own class; what it is read as today is its `upcast`.

A new version adds an example and, by `python -m tests.golden.write`, a file. Neither is ever edited.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

import msgspec

from ledger.core.events import (
    Allocation,
    AppliedDiscount,
    BalanceDeducted,
    BalanceDeleted,
    BalanceExpired,
    BalanceGranted,
    BalanceRecalculated,
    BalanceReset,
    BalanceResetV1,
    BalanceSet,
    BalanceToppedUp,
    Change,
    ChangeAbandoned,
    ChargeAccrued,
    ClockMoved,
    ControlsChanged,
    Counted,
    CreditNoteIssued,
    CreditTo,
    CurrencySet,
    CustomerCreated,
    CustomerDeleted,
    CustomerUpdated,
    DiscountCreated,
    DiscountDeleted,
    DiscountRemoved,
    DiscountUpdated,
    Draw,
    EffectReversed,
    Ended,
    EntityCreated,
    EntityDeleted,
    Event,
    FeatureCreated,
    FeatureDeleted,
    FeatureUpdated,
    GrantTerms,
    InvoiceCreated,
    InvoiceFinalized,
    InvoiceUpdated,
    InvoiceVoided,
    InvoiceWrittenOff,
    KeyCreated,
    KeyRevoked,
    LedgerChanged,
    LedgerCreated,
    Level,
    Line,
    LineDiscount,
    LineKind,
    LockClosed,
    LockEnd,
    LockOpened,
    Origin,
    PaymentFailed,
    PaymentNeedsAction,
    PaymentRefunded,
    PaymentRequested,
    PaymentSucceeded,
    PlanActivated,
    PlanAttached,
    PlanAttachedV1,
    PlanCanceled,
    PlanChanged,
    PlanCreated,
    PlanDeleted,
    PlanExpired,
    PlanPaidUp,
    PlanPastDue,
    PlanRenewed,
    PlanScheduled,
    PlanScheduledV1,
    PlanUncanceled,
    PlanUnscheduled,
    PlanUpdated,
    PlanVersionCreated,
    Promise,
    Quantity,
    QuantityChanged,
    QuantityScheduled,
    SeatsKept,
    TrialEnded,
    UsageAlerted,
    UsageBackdated,
    UsageRecorded,
    UsageRecordedV1,
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

_THEN: Final = datetime(2026, 1, 31, 12, 30, 15, 250_000, tzinfo=UTC)
_NEXT: Final = datetime(2026, 2, 28, 12, 30, 15, 250_000, tzinfo=UTC)
_MONTH: Final = Every(Interval.MONTH)
_WHY: Final = Sealed("agreed on the phone – as “promised”")

_MESSAGES: Final = Feature(
    "messages", "Messages", FeatureKind.CONSUMABLE, ("message.sent", "message.read"), "message", "messages", True
)
_TIERS: Final = (
    Tier(Decimal(500), Decimal("999.5"), Decimal(100)),
    Tier(None, Decimal("0.000000000001")),
)
_PREPAID: Final = ItemPrice(
    _MONTH, Method.PREPAID, None, _TIERS, TierBehavior.VOLUME, Decimal(100), Decimal("1000000000000000")
)
_BY_USE: Final = ItemPrice(Every(Interval.QUARTER, 2), Method.USAGE_BASED, Decimal("0.5"))
_PLAN: Final = Plan(
    plan_id="pro",
    version=3,
    name="Pro",
    created_at=_THEN,
    currency="eur",
    description="For teams",
    group="main",
    add_on=True,
    auto_enable=True,
    base=BasePrice(2000, Every(Interval.YEAR)),
    items=(
        PlanItem("messages", FeatureKind.CONSUMABLE, Decimal("100.25"), reset=_MONTH, price=_PREPAID),
        PlanItem("words", FeatureKind.CONSUMABLE, unlimited=True),
        PlanItem("users", FeatureKind.ALLOCATED, Decimal(3), price=_BY_USE),
        PlanItem("sso", FeatureKind.BOOLEAN),
    ),
    archived=True,
    anchor_to_month_start=True,
    ignore_past_due=True,
    metadata={"tier": "gold", "rank": 1, "public": True, "note": None},
)
_TERMS: Final = GrantTerms(
    grant_id="7.0",
    feature_id="messages",
    kind=FeatureKind.CONSUMABLE,
    created_at=_THEN,
    entity_id="team",
    subscription_id="7.0",
    plan_id="pro",
    add_on=True,
    included=Decimal("100.25"),
    prepaid=Decimal(200),
    used=Decimal(1),
    unlimited=True,
    reset=_MONTH,
    anchor=_THEN,
    period_start=_THEN,
    period_end=_NEXT,
    expires_at=_NEXT,
    price=_PREPAID,
    balance_id="gift",
)
_WINDOWS: Final = (Window("7.0", _THEN, _NEXT),)
_BEFORE, _AFTER = Level(Decimal(100), Decimal("-2.5")), Level(Decimal("150.000000000001"), Decimal(0))
_CHANGES: Final = (Change("7.0", _BEFORE, _AFTER),)
_TAKEN: Final = (Allocation("7.0", Decimal("1.1")), Allocation("2.1", Decimal(-1)))
_BOUGHT: Final = (Quantity("messages", Decimal(300)),)

# What came later, so that no golden file from before is touched: values with all the fields they have gained.
_OWN_TIERS: Final = (Tier(Decimal(10), Decimal(3), Decimal(100), {"usd": (Decimal("3.25"), Decimal(110))}),)
_OWN_PRICE: Final = ItemPrice(
    _MONTH, Method.USAGE_BASED, None, _OWN_TIERS, TierBehavior.VOLUME, Decimal(10), Decimal(500), {"usd": Decimal(4)}
)
_CONTROLS: Final = Controls(
    (SpendLimit("messages", Decimal(50), True, True, True),),
    (UsageLimit("messages", Decimal(20), Interval.DAY, LimitAnchor.UTC, {"model": "small"}, False),),
    (UsageAlert(Decimal(80), "usage_percentage", "messages", False, "allowance", {"model": "small"}, "soon"),),
    (AutoTopup("messages", Decimal(10), Decimal(100), True, PurchaseLimit(Every(Interval.WEEK, 2), 3)),),
    (OverageAllowed("messages", True),),
)
_OWN_PLAN: Final = Plan(
    "pro",
    4,
    "Pro, tailored",
    _THEN,
    currency="eur",
    base=BasePrice(2000, _MONTH, {"usd": 2200}),
    items=(
        PlanItem(
            "messages",
            FeatureKind.CONSUMABLE,
            Decimal(100),
            reset=_MONTH,
            price=_OWN_PRICE,
            proration=Proration(OnIncrease.BILL_NEXT_CYCLE, OnDecrease.NONE),
            rollover=Rollover(Decimal(40), Decimal("12.5"), 3),
            expiry=Every(Interval.YEAR, 2),
        ),
    ),
    free_trial=FreeTrial(Every(Interval.DAY, 14), True, OnTrialEnd.REVERT),
    controls=_CONTROLS,
    custom=True,
)
_OWN_TERMS: Final = msgspec.structs.replace(
    _TERMS, price=_OWN_PRICE, rollover=Rollover(Decimal(40), Decimal("12.5"), 3), rollover_of="2.0"
)
_APPLIED: Final = (
    AppliedDiscount("spring", "Spring", Decimal("12.5"), None, True, _NEXT),
    AppliedDiscount("five", "Five off", None, 500),
)
_LINES: Final = (
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
        _THEN,
        _NEXT,
        True,
        True,
        (LineDiscount("spring", "Spring", 125, Decimal("12.5")),),
        "Messages, by hand",
        5,
        7,
    ),
    Line(LineKind.CORRECTION, 1),
)
_DRAWN: Final = (Draw("7.0", Decimal("1.5")),)
_COUNTED: Final = (Counted("messages/day", _THEN, _NEXT, Decimal("1.5")),)
_HUNDRED: Final = Decimal(100)
_DISCOUNT: Final = Discount(
    "spring", "Spring", Decimal("12.5"), 500, "eur", True, 3, ("pro", "extra"), ("SPRING", "MAY")
)

_LATER: Final[tuple[Event, ...]] = (
    CurrencySet("eur", "usd", reason=_WHY),
    ControlsChanged(Controls(), _CONTROLS, "team", reason=_WHY),
    PlanAttached(
        "7.0",
        _OWN_PLAN,
        _THEN,
        _THEN,
        _THEN,
        _NEXT,
        (_OWN_TERMS,),
        "team",
        "sub-1",
        _BOUGHT,
        "3.0",
        True,
        _NEXT,
        _NEXT,
        _APPLIED,
        Promise(_PLAN, _BOUGHT, "sub-0"),
        reason=_WHY,
    ),
    PlanScheduled(
        "8.0", _OWN_PLAN, _NEXT, _THEN, "team", "sub-2", _BOUGHT, "7.0", True, _NEXT, _APPLIED, False, True, reason=_WHY
    ),
    PlanChanged(
        "7.0",
        _OWN_PLAN,
        _THEN,
        _THEN,
        _NEXT,
        _BOUGHT,
        ("7.0", "7.1"),
        (_OWN_TERMS,),
        _NEXT,
        _NEXT,
        _APPLIED,
        Promise(_PLAN, _BOUGHT, "sub-0"),
        reason=_WHY,
    ),
    TrialEnded("7.0", _NEXT, _THEN, _NEXT, reason=_WHY),
    PlanPastDue("7.0", "9.0", reason=_WHY),
    PlanPaidUp("7.0", reason=_WHY),
    DiscountRemoved("7.0", "spring", reason=_WHY),
    QuantityScheduled("7.0", "messages", Decimal(100), Decimal("300.5"), reason=_WHY),
    SeatsKept("7.0", "users", "7.2", Decimal(1), Decimal(2), reason=_WHY),
    UsageRecorded(
        "messages",
        Decimal("3.1"),
        _TAKEN,
        Decimal(3),
        "team",
        "message.sent",
        _WINDOWS,
        Sealed({"model": "large", "tokens": 12}),
        _THEN,
        _DRAWN,
        _COUNTED,
        reason=_WHY,
    ),
    LockOpened(
        "job-1",
        "messages",
        Decimal("0.1"),
        _NEXT,
        _TAKEN,
        "team",
        _WINDOWS,
        Sealed({"model": "large"}),
        _DRAWN,
        _COUNTED,
        reason=_WHY,
    ),
    LockClosed(
        "job-1",
        "messages",
        LockEnd.CONFIRMED,
        Decimal("27.89"),
        Decimal("12.45"),
        _TAKEN,
        "team",
        _WINDOWS,
        Sealed({"model": "large"}),
        _DRAWN,
        _COUNTED,
        Decimal(2),
        reason=_WHY,
    ),
    UsageBackdated(
        "messages",
        Decimal("-1.5"),
        _THEN,
        "7.0",
        _THEN,
        _NEXT,
        _HUNDRED,
        Decimal(90),
        Decimal("88.5"),
        "team",
        Sealed({"model": "large"}),
        reason=_WHY,
    ),
    UsageAlerted("messages", Decimal(80), "usage_percentage", "soon", "team", reason=_WHY),
    BalanceReset(
        "messages",
        "7.0",
        _BEFORE,
        _AFTER,
        Decimal("2.5"),
        _THEN,
        _NEXT,
        "team",
        _OWN_TERMS,
        _CHANGES,
        _WINDOWS[0],
        reason=_WHY,
    ),
    BalanceRecalculated("messages", _CHANGES, "team", _WINDOWS, reason=_WHY),
    BalanceToppedUp("messages", "7.0", _HUNDRED, Decimal("10.5"), _BEFORE, _AFTER, _COUNTED, reason=_WHY),
    EffectReversed(
        12_345, 9, "usage.recorded.v2", "messages", _TAKEN, _CHANGES, "team", _WINDOWS, _DRAWN, _COUNTED, reason=_WHY
    ),
    ChargeAccrued("9.0", _LINES[0], _NEXT, reason=_WHY),
    InvoiceCreated(
        "9.0",
        Origin.INSERTED,
        "eur",
        _THEN,
        _LINES,
        ("8.0", "8.1"),
        "team",
        30,
        _NEXT,
        "in_1",
        Sealed("agreed with Ann"),
        "open",
        300,
        200,
        reason=_WHY,
    ),
    InvoiceUpdated("9.0", _LINES, _NEXT, ("card", "sepa_debit"), reason=_WHY),
    InvoiceFinalized("9.0", 1_204, _THEN, 250, 1_375, _NEXT, reason=_WHY),
    InvoiceVoided("9.0", _THEN, 250, reason=_WHY),
    InvoiceWrittenOff("9.0", _THEN, reason=_WHY),
    CreditNoteIssued(
        "10.0",
        "9.0",
        _THEN,
        CreditTo.OUT_OF_BAND,
        300,
        200,
        _LINES,
        "duplicate",
        Sealed("agreed with Ann"),
        reason=_WHY,
    ),
    PaymentRequested("11.0", "simulated", 1_375, "eur", "9.0", "pm_1", reason=_WHY),
    PaymentSucceeded("11.0", 1_375, "eur", _THEN, "9.0", reason=_WHY),
    PaymentFailed("11.0", 1_375, "eur", "card_declined", "9.0", reason=_WHY),
    PaymentNeedsAction("11.0", 1_375, "eur", "3ds_required", "9.0", reason=_WHY),
    PaymentRefunded("9.0", 200, "eur", _THEN, reason=_WHY),
    ChangeAbandoned("11.0", "attach", ("pro", "extra"), "card_declined", reason=_WHY),
    DiscountCreated(_DISCOUNT, reason=_WHY),
    DiscountUpdated(Discount("spring", "Spring"), _DISCOUNT, reason=_WHY),
    DiscountDeleted("spring", reason=_WHY),
)

EXAMPLES: Final[tuple[Event, ...]] = (
    CustomerCreated(
        "ann",
        Sealed({"name": "Ann Ünger", "email": "ann@example.com", "metadata": {"n": 1, "deep": [None, True]}}),
        _THEN,
        "eur",
        True,
        reason=_WHY,
    ),
    CustomerUpdated(Sealed({"name": "Ann"}), Sealed({"name": None}), "ann", "anna", True, reason=_WHY),
    CustomerDeleted("ann", _THEN, reason=_WHY),
    ClockMoved(_THEN, _NEXT, reason=_WHY),
    EntityCreated("team", "users", Sealed("Blue team"), _THEN, _TAKEN, reason=_WHY),
    EntityDeleted("team", "users", _TAKEN, reason=_WHY),
    PlanAttachedV1(
        "7.0", _PLAN, _THEN, _THEN, _THEN, _NEXT, (_TERMS,), "team", "sub-1", _BOUGHT, "3.0", True, reason=_WHY
    ),
    PlanScheduledV1("8.0", _PLAN, _NEXT, _THEN, "team", "sub-2", _BOUGHT, "7.0", True, reason=_WHY),
    PlanActivated("8.0", _NEXT, _THEN, _NEXT, (_TERMS,), reason=_WHY),
    PlanUnscheduled("8.0", reason=_WHY),
    PlanCanceled("7.0", _THEN, _NEXT, reason=_WHY),
    PlanUncanceled("7.0", _NEXT, reason=_WHY),
    PlanExpired("7.0", _NEXT, Ended.ENTITY_DELETED, _THEN, reason=_WHY),
    PlanRenewed("7.0", _THEN, _NEXT, reason=_WHY),
    QuantityChanged("7.0", "messages", "7.0", Decimal(100), Decimal(300), Decimal(0), Decimal("200.5"), reason=_WHY),
    UsageRecordedV1(
        "messages",
        Decimal("3.1"),
        _TAKEN,
        Decimal(3),
        "team",
        "message.sent",
        _WINDOWS,
        Sealed({"model": "large", "tokens": 12}),
        _THEN,
        reason=_WHY,
    ),
    BalanceGranted("messages", "7.0", Decimal(50), _BEFORE, _AFTER, "team", _TERMS, _WINDOWS, reason=_WHY),
    BalanceSet("messages", _CHANGES, "team", _NEXT, _NEXT, _WINDOWS, reason=_WHY),
    BalanceDeducted("messages", Decimal("2.5"), _CHANGES, "team", _WINDOWS, reason=_WHY),
    BalanceDeleted("messages", "7.0", _BEFORE, "team", reason=_WHY),
    BalanceExpired("messages", "7.0", _BEFORE, "team", reason=_WHY),
    BalanceResetV1("messages", "7.0", _BEFORE, _AFTER, Decimal("2.5"), _THEN, _NEXT, "team", reason=_WHY),
    FeatureCreated(_MESSAGES, reason=_WHY),
    FeatureUpdated(Feature("messages", "Messages", FeatureKind.ALLOCATED), _MESSAGES, reason=_WHY),
    FeatureDeleted("messages", reason=_WHY),
    PlanCreated(_PLAN, reason=_WHY),
    PlanVersionCreated(_PLAN, reason=_WHY),
    PlanUpdated(_PLAN, Plan("pro", 3, "Pro", _THEN), reason=_WHY),
    PlanDeleted("pro", 3, reason=_WHY),
    LedgerCreated("main", "live", _THEN, "Europe/Berlin", "eur", reason=_WHY),
    LedgerChanged("timezone", "UTC", "Europe/Berlin", reason=_WHY),
    KeyCreated("key_1", "nightly import", "write", _THEN, reason=_WHY),
    KeyRevoked("key_1", _NEXT, reason=_WHY),
    *_LATER,
)

_CREDITS: Final = (
    CreditCost("messages", Decimal("0.2"), Decimal(10)),
    CreditCost("words", tiers=(CreditTier(Decimal(100), Decimal(2)), CreditTier(None, Decimal(1)))),
)

# Values gained fields after the golden file of the only event that holds them was written: a file each beside it.
VARIANTS: Final[dict[str, Event]] = {
    "feature.created.v1.credits": FeatureCreated(
        Feature("credits", "Credits", FeatureKind.CONSUMABLE, credits=_CREDITS), reason=_WHY
    ),
}

"""One event of every stored version, with every field set: what the golden files beside this one hold as bytes.

A new version adds an example and, by `python -m tests.golden.write`, a file. Neither is ever edited.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from ledger.core.events import (
    Allocation,
    BalanceDeducted,
    BalanceDeleted,
    BalanceExpired,
    BalanceGranted,
    BalanceReset,
    BalanceSet,
    Change,
    ClockMoved,
    CustomerCreated,
    CustomerDeleted,
    CustomerUpdated,
    Ended,
    EntityCreated,
    EntityDeleted,
    Event,
    FeatureCreated,
    FeatureDeleted,
    FeatureUpdated,
    GrantTerms,
    KeyCreated,
    KeyRevoked,
    LedgerChanged,
    LedgerCreated,
    Level,
    PlanActivated,
    PlanAttached,
    PlanCanceled,
    PlanCreated,
    PlanDeleted,
    PlanExpired,
    PlanRenewed,
    PlanScheduled,
    PlanUncanceled,
    PlanUnscheduled,
    PlanUpdated,
    PlanVersionCreated,
    Quantity,
    QuantityChanged,
    UsageRecorded,
    Window,
)
from ledger.core.period import Every, Interval
from ledger.core.sealed import Sealed
from ledger.core.terms import (
    BasePrice,
    Feature,
    FeatureKind,
    ItemPrice,
    Method,
    Plan,
    PlanItem,
    Tier,
    TierBehavior,
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
    PlanAttached(
        "7.0", _PLAN, _THEN, _THEN, _THEN, _NEXT, (_TERMS,), "team", "sub-1", _BOUGHT, "3.0", True, reason=_WHY
    ),
    PlanScheduled("8.0", _PLAN, _NEXT, _THEN, "team", "sub-2", _BOUGHT, "7.0", True, reason=_WHY),
    PlanActivated("8.0", _NEXT, _THEN, _NEXT, (_TERMS,), reason=_WHY),
    PlanUnscheduled("8.0", reason=_WHY),
    PlanCanceled("7.0", _THEN, _NEXT, reason=_WHY),
    PlanUncanceled("7.0", _NEXT, reason=_WHY),
    PlanExpired("7.0", _NEXT, Ended.ENTITY_DELETED, _THEN, reason=_WHY),
    PlanRenewed("7.0", _THEN, _NEXT, reason=_WHY),
    QuantityChanged("7.0", "messages", "7.0", Decimal(100), Decimal(300), Decimal(0), Decimal("200.5"), reason=_WHY),
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
        reason=_WHY,
    ),
    BalanceGranted("messages", "7.0", Decimal(50), _BEFORE, _AFTER, "team", _TERMS, _WINDOWS, reason=_WHY),
    BalanceSet("messages", _CHANGES, "team", _NEXT, _NEXT, _WINDOWS, reason=_WHY),
    BalanceDeducted("messages", Decimal("2.5"), _CHANGES, "team", _WINDOWS, reason=_WHY),
    BalanceDeleted("messages", "7.0", _BEFORE, "team", reason=_WHY),
    BalanceExpired("messages", "7.0", _BEFORE, "team", reason=_WHY),
    BalanceReset("messages", "7.0", _BEFORE, _AFTER, Decimal("2.5"), _THEN, _NEXT, "team", reason=_WHY),
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
)

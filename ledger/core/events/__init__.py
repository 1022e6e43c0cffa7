"""Everything that can have happened, under the names it is stored by.

An event is a fact in the past tense and is kept for ever: a class here is never edited. A change of shape
is a new class with the next version in its tag; the old one moves to `former` with an `upcast`. Each class has
a golden file in `tests/golden/` with the bytes of one stored event.

Ids of grants, subscriptions, invoices, payments and charges are `<stream version>.<ordinal>` of the event that made
them, unique within their stream and their kind. Quantities are units of the feature; amounts of money are minor
units; instants are aware UTC.
"""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final, get_type_hints

from ledger.core.events.balances import (
    BalanceDeducted,
    BalanceDeleted,
    BalanceExpired,
    BalanceGranted,
    BalanceRecalculated,
    BalanceReset,
    BalanceSet,
    BalanceToppedUp,
    EffectReversed,
)
from ledger.core.events.base import Event, stored_name
from ledger.core.events.former import (
    BalanceResetV1,
    EntityCreatedV1,
    PlanAttachedV1,
    PlanScheduledV1,
    PlanUncanceledV1,
    UsageRecordedV1,
)
from ledger.core.events.holding import ChangeHeld, ChangeReleased
from ledger.core.events.invoices import (
    ChangeAbandoned,
    ChargeAccrued,
    CreditNoteIssued,
    CreditTo,
    InvoiceCreated,
    InvoiceFinalized,
    InvoiceUpdated,
    InvoiceVoided,
    InvoiceWrittenOff,
    Origin,
    PaymentFailed,
    PaymentNeedsAction,
    PaymentRefunded,
    PaymentRequested,
    PaymentSucceeded,
)
from ledger.core.events.keeping import (
    KeyCreated,
    KeyRevoked,
    LedgerChanged,
    LedgerCreated,
    UserAdded,
    UserDisabled,
    UserRoleChanged,
)
from ledger.core.events.offers import (
    DiscountCreated,
    DiscountDeleted,
    DiscountUpdated,
    FeatureCreated,
    FeatureDeleted,
    FeatureUpdated,
    PlanCreated,
    PlanDeleted,
    PlanUpdated,
    PlanVersionCreated,
)
from ledger.core.events.people import (
    ClockMoved,
    ControlsChanged,
    CurrencySet,
    CustomerCreated,
    CustomerDeleted,
    CustomerUpdated,
    EntityCreated,
    EntityDeleted,
)
from ledger.core.events.plans import (
    DiscountRemoved,
    PlanActivated,
    PlanAttached,
    PlanCanceled,
    PlanChanged,
    PlanExpired,
    PlanPaidUp,
    PlanPastDue,
    PlanRenewed,
    PlanScheduled,
    PlanUncanceled,
    PlanUnscheduled,
    QuantityChanged,
    QuantityScheduled,
    SeatsKept,
    TrialEnded,
)
from ledger.core.events.usage import (
    LockClosed,
    LockEnd,
    LockOpened,
    UsageAlerted,
    UsageBackdated,
    UsageRecorded,
)
from ledger.core.events.values import (
    Allocation,
    AppliedDiscount,
    Change,
    Counted,
    Draw,
    Ended,
    GrantTerms,
    Level,
    Line,
    LineDiscount,
    LineKind,
    Promise,
    Quantity,
    Window,
)

__all__ = [
    "REGISTRY",
    "Allocation",
    "AppliedDiscount",
    "BalanceDeducted",
    "BalanceDeleted",
    "BalanceExpired",
    "BalanceGranted",
    "BalanceRecalculated",
    "BalanceReset",
    "BalanceResetV1",
    "BalanceSet",
    "BalanceToppedUp",
    "Change",
    "ChangeAbandoned",
    "ChangeHeld",
    "ChangeReleased",
    "ChargeAccrued",
    "ClockMoved",
    "ControlsChanged",
    "Counted",
    "CreditNoteIssued",
    "CreditTo",
    "CurrencySet",
    "CustomerCreated",
    "CustomerDeleted",
    "CustomerUpdated",
    "DiscountCreated",
    "DiscountDeleted",
    "DiscountRemoved",
    "DiscountUpdated",
    "Draw",
    "EffectReversed",
    "Ended",
    "EntityCreated",
    "EntityCreatedV1",
    "EntityDeleted",
    "Event",
    "FeatureCreated",
    "FeatureDeleted",
    "FeatureUpdated",
    "GrantTerms",
    "InvoiceCreated",
    "InvoiceFinalized",
    "InvoiceUpdated",
    "InvoiceVoided",
    "InvoiceWrittenOff",
    "KeyCreated",
    "KeyRevoked",
    "LedgerChanged",
    "LedgerCreated",
    "Level",
    "Line",
    "LineDiscount",
    "LineKind",
    "LockClosed",
    "LockEnd",
    "LockOpened",
    "Origin",
    "PaymentFailed",
    "PaymentNeedsAction",
    "PaymentRefunded",
    "PaymentRequested",
    "PaymentSucceeded",
    "PlanActivated",
    "PlanAttached",
    "PlanAttachedV1",
    "PlanCanceled",
    "PlanChanged",
    "PlanCreated",
    "PlanDeleted",
    "PlanExpired",
    "PlanPaidUp",
    "PlanPastDue",
    "PlanRenewed",
    "PlanScheduled",
    "PlanScheduledV1",
    "PlanUncanceled",
    "PlanUncanceledV1",
    "PlanUnscheduled",
    "PlanUpdated",
    "PlanVersionCreated",
    "Promise",
    "Quantity",
    "QuantityChanged",
    "QuantityScheduled",
    "SeatsKept",
    "TrialEnded",
    "UsageAlerted",
    "UsageBackdated",
    "UsageRecorded",
    "UsageRecordedV1",
    "UserAdded",
    "UserDisabled",
    "UserRoleChanged",
    "Window",
    "stored_name",
    "stored_names",
    "today",
]


def _registry() -> Mapping[str, type[Event]]:
    found: dict[str, type[Event]] = {}
    for cls in Event.__subclasses__():
        tag = cls.__struct_config__.tag
        assert isinstance(tag, str), cls
        assert tag not in found, tag
        found[tag] = cls
    return MappingProxyType(found)


REGISTRY: Final = _registry()


def today(cls: type[Event]) -> type[Event]:
    """The class that events of a class are read as: itself, or what a former version has become."""
    while (upcast := getattr(cls, "upcast", None)) is not None:
        cls = get_type_hints(upcast)["return"]
    return cls


def stored_names(classes: Collection[type[Event]]) -> list[str]:
    """Every name that events of these classes are stored under, those of their former versions too."""
    return [name for name, cls in REGISTRY.items() if today(cls) in classes]

"""What happens to the plans a customer is on."""

from datetime import datetime
from decimal import Decimal

from ledger.core.events.base import Event
from ledger.core.events.values import AppliedDiscount, Ended, GrantTerms, Promise, Quantity
from ledger.core.terms import Plan


class PlanAttached(Event, frozen=True, tag="plan.attached.v2"):
    """A plan is in force from `started_at`; `replaces` names the subscription it took over from.

    It is free until `trial_ends_at`. `expires_at` is an end that was agreed at the start. `reverts_to` is what a
    trial that is not paid for goes back to.
    """

    subscription_id: str
    plan: Plan
    started_at: datetime
    anchor: datetime
    period_start: datetime | None
    period_end: datetime | None
    grants: tuple[GrantTerms, ...]
    entity_id: str | None = None
    external_id: str | None = None
    quantities: tuple[Quantity, ...] = ()
    replaces: str | None = None
    default: bool = False
    trial_ends_at: datetime | None = None
    expires_at: datetime | None = None
    discounts: tuple[AppliedDiscount, ...] = ()
    reverts_to: Promise | None = None


class PlanScheduled(Event, frozen=True, tag="plan.scheduled.v2"):
    """A plan will start at `starts_at`, when `replaces` ends; `expires_at` is an end that was agreed already.

    `prorated` says whether the parts of periods that the start cuts are charged and credited. One that
    `awaits_payment` starts when the invoice that has its lines is paid, and not before.
    """

    subscription_id: str
    plan: Plan
    starts_at: datetime
    anchor: datetime
    entity_id: str | None = None
    external_id: str | None = None
    quantities: tuple[Quantity, ...] = ()
    replaces: str | None = None
    default: bool = False
    expires_at: datetime | None = None
    discounts: tuple[AppliedDiscount, ...] = ()
    prorated: bool = True
    awaits_payment: bool = False


class PlanActivated(Event, frozen=True, tag="plan.activated.v1"):
    """A scheduled plan started."""

    subscription_id: str
    started_at: datetime
    period_start: datetime | None
    period_end: datetime | None
    grants: tuple[GrantTerms, ...]


class PlanUnscheduled(Event, frozen=True, tag="plan.unscheduled.v1"):
    """A scheduled plan will not start after all."""

    subscription_id: str


class PlanCanceled(Event, frozen=True, tag="plan.canceled.v1"):
    """A plan was told to end at `expires_at`; it stays in force until then."""

    subscription_id: str
    canceled_at: datetime
    expires_at: datetime


class PlanUncanceled(Event, frozen=True, tag="plan.uncanceled.v2"):
    """A plan that was to end goes on: for good, or until `expires_at`, the end that was agreed before."""

    subscription_id: str
    expires_at_before: datetime | None
    expires_at: datetime | None = None


class PlanExpired(Event, frozen=True, tag="plan.expired.v1"):
    """A plan ended and its balances with it."""

    subscription_id: str
    expired_at: datetime
    cause: Ended
    canceled_at: datetime | None = None


class PlanRenewed(Event, frozen=True, tag="plan.renewed.v1"):
    """A priced plan entered its next billing period."""

    subscription_id: str
    period_start: datetime
    period_end: datetime


class QuantityChanged(Event, frozen=True, tag="quantity.changed.v1"):
    """The units bought ahead of a feature changed, and their grant with them. Quantities are totals."""

    subscription_id: str
    feature_id: str
    grant_id: str
    before: Decimal
    after: Decimal
    prepaid_before: Decimal
    prepaid_after: Decimal


class QuantityScheduled(Event, frozen=True, tag="quantity.scheduled.v1"):
    """The units bought ahead of a feature will be `after` from the next renewal on; until then nothing changes."""

    subscription_id: str
    feature_id: str
    before: Decimal
    after: Decimal


class SeatsKept(Event, frozen=True, tag="seats.kept.v1"):
    """Freed seats that are paid until the period ends, and may be taken again for nothing until then."""

    subscription_id: str
    feature_id: str
    grant_id: str
    before: Decimal
    after: Decimal


class PlanChanged(Event, frozen=True, tag="plan.changed.v1"):
    """A subscription goes on with other terms: another version, a price or items of its own, a trial, an anchor.

    The grants in `ended` are gone and those in `grants` take their place, with what was used carried over in them;
    other grants of the subscription stay as they are. `reverts_to` is what a trial that is not paid for goes back to.
    """

    subscription_id: str
    plan: Plan
    anchor: datetime
    period_start: datetime | None
    period_end: datetime | None
    quantities: tuple[Quantity, ...] = ()
    ended: tuple[str, ...] = ()
    grants: tuple[GrantTerms, ...] = ()
    trial_ends_at: datetime | None = None
    expires_at: datetime | None = None
    discounts: tuple[AppliedDiscount, ...] = ()
    reverts_to: Promise | None = None


class TrialEnded(Event, frozen=True, tag="trial.ended.v1"):
    """A trial is over and the plan is paid for from `period_start` on."""

    subscription_id: str
    ended_at: datetime
    period_start: datetime | None
    period_end: datetime | None


class PlanPastDue(Event, frozen=True, tag="plan.past_due.v1"):
    """An invoice of the plan was not paid when it was asked for."""

    subscription_id: str
    invoice_id: str


class PlanPaidUp(Event, frozen=True, tag="plan.paid_up.v1"):
    """What the plan owed is paid or forgiven."""

    subscription_id: str


class DiscountRemoved(Event, frozen=True, tag="discount.removed.v1"):
    """A discount no longer counts on a subscription's invoices."""

    subscription_id: str
    discount_id: str

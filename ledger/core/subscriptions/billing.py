"""How a caller wants a change to be billed: what every command that may cost something has in common (§2.2)."""

from datetime import datetime
from enum import StrEnum

import msgspec

from ledger.core.period import Every


class ProrationBehavior(StrEnum):
    """Charge and credit the time that is left; neither; or the larger of that and the whole price difference."""

    PRORATE_IMMEDIATELY = "prorate_immediately"
    NONE = "none"
    BILL_DIFFERENCE = "bill_difference"


class CustomLine(msgspec.Struct, frozen=True):
    """A line as its caller wrote it, in minor units; below zero for a credit."""

    amount_minor: int
    description: str
    period_start: datetime | None = None
    period_end: datetime | None = None


class LineFilter(msgspec.Struct, frozen=True):
    """Names computed lines to leave out: of a plan, its base price or prices of features, charges or credits.

    Without `base` and `features` all lines of the plan. `credit` None names both directions.
    """

    plan_id: str
    entity_id: str | None = None
    credit: bool | None = None
    base: bool = False
    base_every: Every | None = None
    features: tuple["FeatureLine", ...] = ()


class FeatureLine(msgspec.Struct, frozen=True):
    """Names the line of one price of a feature."""

    feature_id: str
    prepaid: bool
    every: Every | None = None


class IssueMethod(StrEnum):
    """How far an invoice goes at once: it stays a draft, becomes final, or is also sent."""

    DRAFT = "draft"
    FINALIZE = "finalize"
    SEND = "send"


class InvoiceMode(msgspec.Struct, frozen=True):
    """Invoice and wait instead of charging now. The plan starts at once, or when the invoice is paid."""

    issue: IssueMethod = IssueMethod.SEND
    net_terms_days: int | None = None
    enable_plan_immediately: bool = False
    payment_method_types: tuple[str, ...] = ()


class DiscountRef(msgspec.Struct, frozen=True):
    """Names a discount of the catalog, by its id or by one of its promotion codes."""

    reward_id: str | None = None
    promotion_code: str | None = None


class Carry(msgspec.Struct, frozen=True):
    """What passes over to the next plan: of these features, or of all consumable ones."""

    feature_ids: tuple[str, ...] | None = None


class Billing(msgspec.Struct, frozen=True):
    """The caller's say in the lines of a change, and in how they are collected."""

    proration: ProrationBehavior = ProrationBehavior.PRORATE_IMMEDIATELY
    custom_lines: tuple[CustomLine, ...] | None = None
    add_lines: tuple[CustomLine, ...] = ()
    remove_lines: tuple[LineFilter, ...] = ()
    no_billing_changes: bool = False
    invoice_mode: InvoiceMode | None = None
    discounts: tuple[DiscountRef, ...] = ()
    remove_discounts: tuple[str, ...] = ()
    currency: str | None = None

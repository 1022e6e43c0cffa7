"""What happens to the catalog."""

from ledger.core.events.base import Event
from ledger.core.terms import Discount, Feature, Plan


class FeatureCreated(Event, frozen=True, tag="feature.created.v1"):
    feature: Feature


class FeatureUpdated(Event, frozen=True, tag="feature.updated.v1"):
    before: Feature
    after: Feature


class FeatureDeleted(Event, frozen=True, tag="feature.deleted.v1"):
    feature_id: str


class PlanCreated(Event, frozen=True, tag="plan.created.v1"):
    plan: Plan


class PlanVersionCreated(Event, frozen=True, tag="plan.version_created.v1"):
    """A plan that has customers got a next version; they stay on theirs (§2.6)."""

    plan: Plan


class PlanUpdated(Event, frozen=True, tag="plan.updated.v1"):
    """One version of a plan changed in place: nobody was on it, or only its labels changed."""

    before: Plan
    after: Plan


class PlanDeleted(Event, frozen=True, tag="plan.deleted.v1"):
    plan_id: str
    version: int


class DiscountCreated(Event, frozen=True, tag="discount.created.v1"):
    discount: Discount


class DiscountUpdated(Event, frozen=True, tag="discount.updated.v1"):
    """Subscriptions that have the discount keep it as it was."""

    before: Discount
    after: Discount


class DiscountDeleted(Event, frozen=True, tag="discount.deleted.v1"):
    discount_id: str

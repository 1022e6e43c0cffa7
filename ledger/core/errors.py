"""Refusals: the rules said no.

Every refusal has a stable `code` (the wire's error code) and a sentence that names what was wrong and
what would be right. One table in `api/errors.py` maps codes to HTTP statuses.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal


class Refusal(Exception):
    """The rules said no; nothing was written for this command.

    `replayed` is true for the first answer's refusal again, under the same idempotency key.
    """

    code = "invalid_request"
    replayed = False

    @property
    def sentence(self) -> str:
        """What was wrong and what would be right, for a person."""
        return str(self)


class InvalidInput(Refusal):
    """A field's value cannot mean anything here."""

    code = "invalid_inputs"


class InvalidRequest(Refusal):
    """Each field is fine, but what they ask together, or now, is not allowed."""

    code = "invalid_request"


class NotSupported(Refusal):
    """A part of the wire that this product leaves out on purpose."""

    code = "not_supported"


class ReasonRequired(Refusal):
    """A change that is made with a reason or not at all. Where it is to be said is for each way in to add."""

    code = "reason_required"

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} needs a reason")


class CustomerNotFound(Refusal):
    code = "customer_not_found"

    def __init__(self, customer_id: str, *, then: bool = False) -> None:
        does_not_exist = (
            "did not exist in this ledger at the moment asked for" if then else "does not exist in this ledger"
        )
        super().__init__(f"Customer {customer_id} {does_not_exist}")


class CustomerExists(Refusal):
    code = "customer_already_exists"

    def __init__(self, customer_id: str) -> None:
        super().__init__(f"Customer id {customer_id} is taken: choose another, or update that customer")


class EmailTaken(Refusal):
    code = "customer_already_exists"

    def __init__(self) -> None:
        super().__init__("Another customer without an id is known by this email: give one of the two an id first")


class EntityNotFound(Refusal):
    code = "entity_not_found"

    def __init__(self, entity_id: str) -> None:
        super().__init__(f"Entity {entity_id} does not exist for this customer")


class EntityAmbiguous(Refusal):
    code = "entity_id_required"

    def __init__(self, entity_id: str) -> None:
        super().__init__(f"Several customers have an entity {entity_id}: say which one with customer_id")


class EntityExists(Refusal):
    code = "entity_already_exists"

    def __init__(self, entity_id: str) -> None:
        super().__init__(f"Entity id {entity_id} is taken by this customer: choose another")


class FeatureNotFound(Refusal):
    code = "feature_not_found"

    def __init__(self, feature_id: str) -> None:
        super().__init__(f"Feature {feature_id} does not exist in this ledger: create it with features.create")


class EventNameNotFound(Refusal):
    code = "feature_not_found"

    def __init__(self, event_name: str) -> None:
        super().__init__(f"No feature listens to event name {event_name}: add it to a feature's event_names")


class FeatureExists(Refusal):
    code = "duplicate_feature_id"

    def __init__(self, feature_id: str) -> None:
        super().__init__(f"Feature id {feature_id} is taken: choose another, or use features.update")


class PlanNotFound(Refusal):
    code = "product_not_found"

    def __init__(self, plan_id: str, version: int | None = None) -> None:
        which = plan_id if version is None else f"{plan_id} version {version}"
        super().__init__(f"Plan {which} does not exist in this ledger")


class PlanExists(Refusal):
    code = "product_already_exists"

    def __init__(self, plan_id: str) -> None:
        super().__init__(f"Plan id {plan_id} is taken: choose another, or use plans.update")


class PlanAlreadyAttached(Refusal):
    code = "plan_already_attached"

    def __init__(self, plan_id: str) -> None:
        super().__init__(
            f"Plan {plan_id} is attached here already: change its quantity, or uncancel it, with billing.update"
        )


class DiscountNotFound(Refusal):
    code = "reward_not_found"

    def __init__(self, what: str) -> None:
        super().__init__(f"No discount of the catalog has {what}: see the discounts section of the catalog")


class ChangePending(Refusal):
    code = "billing_change_pending"

    def __init__(self, plan_id: str) -> None:
        super().__init__(f"Plan {plan_id} waits for its invoice to be paid: pay it, void it, or cancel the plan first")


class PaymentAwaited(ChangePending):
    """A change of these plans, or of what they sell, waits for its payer."""

    def __init__(self, plan_ids: Iterable[str]) -> None:
        what = ", ".join(plan_ids) or "this customer"
        Refusal.__init__(
            self, f"A change of {what} waits for its invoice to be paid: pay it with invoices.pay, or void it first"
        )


class CardRequired(Refusal):
    code = "invoice_payment_failed"

    def __init__(self, plan_id: str) -> None:
        super().__init__(
            f"The trial of plan {plan_id} needs a payment method that works, and the customer's was declined: record "
            "another one, or send free_trial null"
        )


class SubscriptionEnded(Refusal):
    code = "invalid_request"

    def __init__(self, plan_id: str) -> None:
        super().__init__(f"Plan {plan_id} has ended and cannot be uncancelled: attach it again with billing.attach")


class SubscriptionNotFound(Refusal):
    code = "customer_product_not_found"

    def __init__(self, what: str) -> None:
        super().__init__(f"No active or scheduled subscription matches {what}")


class InvoiceNotFound(Refusal):
    code = "invoice_not_found"

    def __init__(self, invoice_id: str) -> None:
        super().__init__(f"Invoice {invoice_id} does not exist in this ledger")


class BalanceNotFound(Refusal):
    code = "balance_not_found"

    def __init__(self, what: str) -> None:
        super().__init__(f"No balance matches {what}")


class BalanceExists(Refusal):
    code = "balance_already_exists"

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} exists already for this customer")


class PaidBalance(Refusal):
    code = "paid_balance"

    def __init__(self, feature_id: str) -> None:
        super().__init__(
            f"The balance of feature {feature_id} comes from a plan and cannot be deleted: cancel the plan instead"
        )


class InsufficientBalance(Refusal):
    code = "insufficient_balance"

    def __init__(self, feature_id: str, asked: Decimal, available: Decimal) -> None:
        super().__init__(f"Feature {feature_id} has {available:f} available, and {asked:f} was asked")
        self.asked, self.available = asked, available


class UsageLimitExceeded(Refusal):
    code = "usage_limit_exceeded"

    def __init__(self, feature_id: str, asked: Decimal, room: Decimal) -> None:
        super().__init__(
            f"A usage limit leaves {room:f} of feature {feature_id} in its window, and {asked:f} was asked:"
            " raise the limit, or wait for the next window"
        )
        self.asked, self.room = asked, room


class LockExists(Refusal):
    code = "lock_already_exists"

    def __init__(self, lock_id: str) -> None:
        super().__init__(f"Lock id {lock_id} is in use: finalize that lock, or choose another id")


class AlreadyReversed(Refusal):
    code = "already_reversed"

    def __init__(self, position: int) -> None:
        super().__init__(f"The effect of the event at position {position} was taken back already: it is done once")


class LockNotFound(InvalidRequest):
    """400, not 404: the reference's table of errors has it so."""

    def __init__(self, lock_id: str) -> None:
        super().__init__(f"No open lock has the id {lock_id}: it was finalized, has expired, or was never made")


class LimitReached(Refusal):
    code = "feature_limit_reached"

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(f"A customer may have at most {limit} {what}")
        self.limit = limit


class ClockMovedBack(InvalidRequest):
    def __init__(self, standing: datetime, asked: datetime) -> None:
        super().__init__(f"{asked.isoformat()} is before {standing.isoformat()}: a customer's clock only moves forward")


class LiveClock(InvalidRequest):
    def __init__(self) -> None:
        super().__init__("Time is real in a live ledger: test clocks and Tallystick-Now work in sandbox ledgers only")


class InUse(InvalidRequest):
    def __init__(self, what: str, users: Iterable[str]) -> None:
        super().__init__(f"{what} is used by {', '.join(users)} and cannot be changed so: archive it instead")

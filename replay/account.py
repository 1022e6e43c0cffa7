"""An account as it stood, as values: who, which plans, which balances, what is owed."""

from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any
from uuid import UUID

from ledger.core.balances.deduction import in_order
from ledger.core.balances.standing import standing
from ledger.core.money import to_major
from ledger.core.state import Customer
from ledger.store.addresses import internal_id


@dataclass(frozen=True, slots=True)
class PlanStood:
    """A plan that was in force or scheduled."""

    plan_id: str
    version: int
    status: str
    entity_id: str | None
    started_at: datetime
    period_end: datetime | None
    canceled_at: datetime | None
    expires_at: datetime | None
    trial_ends_at: datetime | None
    past_due: bool


@dataclass(frozen=True, slots=True)
class BalanceStood:
    """The sums of a feature for a customer or one of its entities, in units. `remaining` never shows a debt."""

    feature_id: str
    entity_id: str | None
    granted: Decimal
    remaining: Decimal
    usage: Decimal
    unlimited: bool
    next_reset_at: datetime | None


@dataclass(frozen=True, slots=True)
class InvoiceStood:
    """An invoice, in major units of its currency. A draft has no number, nor one that nobody has looked for since."""

    number: int | None
    status: str
    currency: str
    total: Decimal
    due: Decimal
    created_at: datetime
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Account:
    """One customer at a moment. `position` is the last event that counted; `now` the business time it stood at.

    `sought` is the id that it was asked for under, `asked` the moment.
    """

    ledger_id: str
    sought: str = field(compare=False)  # an account is the same by whatever name it was asked for
    asked: str
    stream_id: UUID
    position: int
    version: int
    now: datetime
    customer: Customer
    plans: Sequence[PlanStood]
    balances: Sequence[BalanceStood]
    invoices: Sequence[InvoiceStood]

    @property
    def customer_id(self) -> str:
        """The id it had, or its internal one; before it was created, what it was asked for under."""
        own = internal_id(self.stream_id) if self.customer.exists or self.customer.deleted_at else self.sought
        return self.customer.customer_id or own

    def as_json(self) -> dict[str, Any]:
        """Plain values for `--json`: numbers as text, instants in RFC 3339."""
        return {
            "ledger": self.ledger_id,
            "asked": self.asked,
            "customer": self.customer_id,
            "stream": str(self.stream_id),
            "position": self.position,
            "version": self.version,
            "now": self.now.isoformat(),
            "exists": self.customer.exists,
            "deleted_at": _plain(self.customer.deleted_at),
            "plans": [_fields(each) for each in self.plans],
            "balances": [_fields(each) for each in self.balances],
            "invoices": [_fields(each) for each in self.invoices],
            "credit_minor": self.customer.account.credit_minor,
        }

    def as_text(self) -> str:
        """Lines for people."""
        lines = [f"{self.customer_id} at {self.asked} (ledger {self.ledger_id}, event {self.position})"]
        if not self.customer.exists:
            gone = self.customer.deleted_at
            return "\n".join([*lines, "  had not been created" if gone is None else f"  was deleted at {_plain(gone)}"])
        lines += ["  plans"] + ([f"    {_plan(each)}" for each in self.plans] or ["    none"])
        lines += ["  balances"] + ([f"    {_balance(each)}" for each in self.balances] or ["    none"])
        lines += ["  invoices"] + ([f"    {_invoice(each)}" for each in self.invoices] or ["    none"])
        return "\n".join(lines)


def plans_of(customer: Customer, now: datetime, zone: tzinfo) -> list[PlanStood]:
    """The plans of a customer and its entities, oldest first."""
    found = []
    for each in customer.subscriptions.values():
        period = each.period(now, zone) if each.active else None
        status = "canceling" if each.canceling else each.status.value
        plan = each.plan
        found.append(
            PlanStood(
                plan.plan_id,
                plan.version,
                status,
                each.entity_id,
                each.started_at,
                period.end if period else None,
                each.canceled_at,
                each.expires_at,
                each.trial_ends_at,
                each.past_due is not None,
            )
        )
    return sorted(found, key=lambda each: (each.entity_id or "", each.started_at, each.plan_id))


def balances_of(customer: Customer, now: datetime, zone: tzinfo) -> list[BalanceStood]:
    """What each scope holds itself of each feature: the customer's own balances, then each entity's."""
    scopes = sorted({(each.terms.entity_id or "", each.feature_id) for each in customer.grants.values()})
    found = []
    for scope, feature_id in scopes:
        entity_id = scope or None
        own = [g for g in customer.grants.values() if g.feature_id == feature_id and g.terms.entity_id == entity_id]
        sums = standing(in_order(own, entity_id), now, zone)
        found.append(
            BalanceStood(
                feature_id,
                entity_id,
                sums.granted,
                sums.remaining,
                sums.usage,
                sums.unlimited,
                sums.next_reset_at,
            )
        )
    return found


def invoices_of(customer: Customer, numbered: Container[str]) -> list[InvoiceStood]:
    """The invoices of a customer, oldest first. Those not in `numbered` fell due, but got no number yet."""
    return [
        InvoiceStood(
            each.number if each.invoice_id in numbered else None,
            each.status.value,
            each.currency,
            to_major(each.total_minor, each.currency),
            to_major(each.due_minor, each.currency),
            each.created_at,
            each.due_at,
        )
        for each in customer.account.invoices.values()
    ]


def _invoice(each: InvoiceStood) -> str:
    name = "without a number" if each.number is None else f"number {each.number}"
    words = [f"{name} of {_plain(each.created_at)}: {each.total:f} {each.currency.upper()}, {each.status}"]
    words += [f"{each.due:f} due"] if each.due else []
    return ", ".join(words)


def _plan(each: PlanStood) -> str:
    words = [f"{each.plan_id} v{each.version} {each.status} since {_plain(each.started_at)}"]
    words += [f"on entity {each.entity_id}"] if each.entity_id else []
    words += [f"on trial until {_plain(each.trial_ends_at)}"] if each.trial_ends_at else []
    words += ["past due"] if each.past_due else []
    words += [f"ends {_plain(each.expires_at)}"] if each.expires_at else []
    return ", ".join(words)


def _balance(each: BalanceStood) -> str:
    sums = "unlimited" if each.unlimited else f"{each.remaining.normalize():f} of {each.granted.normalize():f} remain"
    words = [f"{each.feature_id}: {sums}, {each.usage.normalize():f} used"]
    words += [f"on entity {each.entity_id}"] if each.entity_id else []
    words += [f"resets {_plain(each.next_reset_at)}"] if each.next_reset_at else []
    return ", ".join(words)


def _fields(stood: PlanStood | BalanceStood | InvoiceStood) -> dict[str, object]:
    return {name: _plain(getattr(stood, name)) for name in stood.__slots__}


def _plain(value: object) -> object:
    match value:
        case datetime():
            return value.isoformat()
        case Decimal():
            return format(value, "f")
    return value

"""What the timeline knows of a stream when it tells an event: names, plans, and where balances stand."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from ledger.core.balances import balance
from ledger.core.balances.balance import Grant
from ledger.core.events import (
    CreditNoteIssued,
    CurrencySet,
    CustomerCreated,
    CustomerUpdated,
    Event,
    GrantTerms,
    InvoiceCreated,
    InvoiceFinalized,
    InvoiceUpdated,
    InvoiceVoided,
    InvoiceWrittenOff,
    KeyCreated,
    KeyRevoked,
    Line,
    LineKind,
    Origin,
    PaymentRefunded,
    PaymentSucceeded,
    PlanAttached,
    PlanChanged,
    PlanExpired,
    PlanScheduled,
    PlanUnscheduled,
    UsageRecorded,
)
from ledger.core.invoices import invoice as invoicing
from ledger.core.invoices.invoice import Account, Invoice, InvoiceStatus
from ledger.core.money import ZERO, add, subtract
from ledger.core.terms import FeatureKind, Plan
from ledger.store.addresses import internal_id
from projections.jsonb import state_json

MOST_CLOSED: Final = 24  # invoices that are told of by number after they were closed
NOBODY: Final = "the customer"
NOWHEN: Final = datetime(1970, 1, 1, tzinfo=UTC)  # sums look at no instant


class Named(msgspec.Struct, frozen=True, omit_defaults=True):
    """A plan that a stream is on or will be on, by the name it was attached under."""

    plan_id: str
    version: int
    name: str
    entity_id: str | None = None


class Memo(msgspec.Struct, frozen=True):
    """A stream's past, as far as sentences need it. `keys` are the ledger's own, by their ids."""

    customer_id: str | None = None
    plans: Mapping[str, Named] = {}
    grants: Mapping[str, Grant] = {}
    invoices: Mapping[str, Invoice] = {}
    own_currency: str | None = None
    name: str | None = None
    email: str | None = None
    who: str = NOBODY
    keys: Mapping[str, str] = {}

    @property
    def known_as(self) -> str:
        """What people call the customer, for searching."""
        return " ".join(each for each in (self.name, self.email) if each)

    @property
    def currency(self) -> str | None:
        """What the customer is billed in, as far as the stream says; else what it was billed in last."""
        last = next((each.currency for each in reversed(list(self.invoices.values()))), None)
        return self.own_currency or last


class KeptInvoice(msgspec.Struct, frozen=True, array_like=True):
    """An invoice as it is kept: its sums without its lines."""

    invoice_id: str
    currency: str
    total_minor: int
    status: InvoiceStatus
    number: int | None
    entity_id: str | None
    due_at: datetime | None
    credit_applied_minor: int
    paid_minor: int
    refunded_minor: int
    credited_minor: int
    returned_minor: int


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """A grant as it is kept for the next sentence: no more than the fold and the sums look at."""

    grant_id: str
    feature_id: str
    kind: FeatureKind
    entity_id: str | None
    subscription_id: str | None
    plan_id: str | None
    unlimited: bool
    included: Decimal
    prepaid: Decimal
    balance: Decimal


class KeptMemo(msgspec.Struct, frozen=True, omit_defaults=True):
    """A memo as it is kept: this is written again with every use, so it is small."""

    customer_id: str | None = None
    plans: Mapping[str, Named] = {}
    grants: Sequence[Kept] = ()
    invoices: Sequence[KeptInvoice] = ()
    currency: str | None = None
    name: str | None = None
    email: str | None = None
    who: str = NOBODY
    keys: Mapping[str, str] = {}


def keep(memo: Memo) -> bytes:
    """A memo as JSON."""
    grants = [_keep(grant) for grant in memo.grants.values()]
    invoices = [_keep_invoice(each) for each in memo.invoices.values()]
    who = NOBODY if memo.customer_id else memo.who
    own = (memo.own_currency, memo.name, memo.email, who, memo.keys)
    return state_json(KeptMemo(memo.customer_id, memo.plans, grants, invoices, *own))


def recall(data: str | bytes) -> Memo:
    """The memo that was kept."""
    kept = _kept.decode(data)
    grants = {each.grant_id: _recall(each) for each in kept.grants}
    invoices = {each.invoice_id: _recall_invoice(each) for each in kept.invoices}
    who = f"customer {kept.customer_id}" if kept.customer_id else kept.who
    return Memo(kept.customer_id, kept.plans, grants, invoices, kept.currency, kept.name, kept.email, who, kept.keys)


def _keep_invoice(invoice: Invoice) -> KeptInvoice:
    return KeptInvoice(
        invoice.invoice_id,
        invoice.currency,
        invoice.total_minor,
        invoice.status,
        invoice.number,
        invoice.entity_id,
        invoice.due_at,
        invoice.credit_applied_minor,
        invoice.paid_minor,
        invoice.refunded_minor,
        invoice.credited_minor,
        invoice.returned_minor,
    )


def _recall_invoice(kept: KeptInvoice) -> Invoice:
    return Invoice(
        kept.invoice_id,
        Origin.MANUAL,
        kept.currency,
        NOWHEN,
        (Line(LineKind.CUSTOM, kept.total_minor),),
        kept.status,
        kept.number,
        kept.entity_id,
        due_at=kept.due_at,
        credit_applied_minor=kept.credit_applied_minor,
        paid_minor=kept.paid_minor,
        refunded_minor=kept.refunded_minor,
        credited_minor=kept.credited_minor,
        returned_minor=kept.returned_minor,
    )


def _keep(grant: Grant) -> Kept:
    terms = grant.terms
    return Kept(
        terms.grant_id,
        terms.feature_id,
        terms.kind,
        terms.entity_id,
        terms.subscription_id,
        terms.plan_id,
        terms.unlimited,
        grant.included,
        grant.prepaid,
        grant.balance,
    )


def _recall(kept: Kept) -> Grant:
    terms = GrantTerms(
        kept.grant_id,
        kept.feature_id,
        kept.kind,
        NOWHEN,
        entity_id=kept.entity_id,
        subscription_id=kept.subscription_id,
        plan_id=kept.plan_id,
        unlimited=kept.unlimited,
    )
    return Grant(terms, kept.included, kept.prepaid, kept.balance)


class Amounts(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a feature stands in a scope: units granted, remaining (a debt shows as none) and used."""

    granted: Decimal
    remaining: Decimal
    usage: Decimal
    unlimited: bool = False


_kept = msgspec.json.Decoder(KeptMemo)


def evolve(memo: Memo, event: Event, stream_id: UUID) -> Memo:
    """Move the memo by one event of a stream."""
    grants = balance.evolve(memo.grants, event)
    if grants is not memo.grants:
        memo = Memo(
            memo.customer_id,
            memo.plans,
            grants,
            memo.invoices,
            memo.own_currency,
            memo.name,
            memo.email,
            memo.who,
            memo.keys,
        )
    if type(event) is UsageRecorded:
        return memo
    if isinstance(event, OfInvoice):
        invoices = _invoiced(memo.invoices, event)
        return memo if invoices is memo.invoices else replace(memo, invoices=invoices)
    match event:
        case CustomerCreated():
            found = replace(memo, own_currency=event.currency, who=f"customer {internal_id(stream_id)}")
            return _known(found, event.customer_id, event.personal.fields())
        case CustomerUpdated():
            return _known(memo, event.customer_id_after or memo.customer_id, event.after.fields())
        case CurrencySet():
            return replace(memo, own_currency=event.after)
        case KeyCreated():
            return replace(memo, keys={**memo.keys, event.key_id: f"{event.role} key {event.name}"})
        case KeyRevoked():
            return replace(memo, keys={key: name for key, name in memo.keys.items() if key != event.key_id})
    plans = _planned(memo.plans, event)
    return memo if plans is memo.plans else replace(memo, plans=plans)


def _known(memo: Memo, customer_id: str | None, said: Mapping[str, Any]) -> Memo:
    """A customer after what was said of it: addressed by its own id, else by its e-mail address, name or our id."""
    name, email = said.get("name", memo.name), said.get("email", memo.email)
    called = customer_id or email or name
    who = f"customer {called}" if called else memo.who
    return replace(memo, customer_id=customer_id, name=name, email=email, who=who)


def _planned(plans: Mapping[str, Named], event: Event) -> Mapping[str, Named]:
    match event:
        case PlanAttached() | PlanScheduled():
            return {**plans, event.subscription_id: named(event.plan, event.entity_id)}
        case PlanChanged():
            entity_id = plans[event.subscription_id].entity_id
            return {**plans, event.subscription_id: named(event.plan, entity_id)}
        case PlanExpired() | PlanUnscheduled():
            return {key: each for key, each in plans.items() if key != event.subscription_id}
    return plans


OfInvoice = (
    InvoiceCreated
    | InvoiceUpdated
    | InvoiceFinalized
    | InvoiceVoided
    | InvoiceWrittenOff
    | CreditNoteIssued
    | PaymentSucceeded
    | PaymentRefunded
)
UNFINISHED: Final = (InvoiceStatus.DRAFT, InvoiceStatus.OPEN)


def _invoiced(invoices: Mapping[str, Invoice], event: OfInvoice) -> Mapping[str, Invoice]:
    """The invoices after an event of one of them, without their lines; of those closed only the last."""
    if event.invoice_id is None or not (isinstance(event, InvoiceCreated) or event.invoice_id in invoices):
        return invoices
    after = dict(invoicing.evolve(Account(invoices), event).invoices)
    after[event.invoice_id] = _recall_invoice(_keep_invoice(after[event.invoice_id]))
    closed = [key for key, each in after.items() if each.status not in UNFINISHED]
    for key in closed[:-MOST_CLOSED]:
        del after[key]
    return after


def named(plan: Plan, entity_id: str | None = None) -> Named:
    """A plan as it is remembered."""
    return Named(plan.plan_id, plan.version, plan.name, entity_id)


def amounts(grants: Iterable[Grant], feature_id: str, entity_id: str | None) -> Amounts | None:
    """The sums over the grants that usage of a feature may touch (as `standing` counts); None where there is none."""
    granted = remaining = usage = ZERO
    found = unlimited = False
    for grant in grants:
        terms, left = grant.terms, grant.balance
        if terms.feature_id != feature_id or not (entity_id is None or terms.entity_id in (None, entity_id)):
            continue
        given = add(grant.included, grant.prepaid) if grant.prepaid else grant.included
        kept, used = left if left > ZERO else ZERO, subtract(given, left)
        if found:
            granted, remaining, usage = add(granted, given), add(remaining, kept), add(usage, used)
        else:  # most features have one grant
            granted, remaining, usage = given, kept, used
        found, unlimited = True, unlimited or terms.unlimited
    return Amounts(granted, remaining, usage, unlimited) if found else None

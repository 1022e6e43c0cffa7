"""What the timeline remembers of a stream, as far as its sentences need it, and how that is kept."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, Literal, Self

import msgspec
from msgspec import UNSET, Raw, UnsetType

from ledger.core.balances.balance import Grant
from ledger.core.events import GrantTerms, Line, LineKind, Origin
from ledger.core.invoices.invoice import Invoice, InvoiceStatus
from ledger.core.money import subtract
from ledger.core.terms import FeatureKind
from projections.jsonb import state_json

NOBODY: Final = "the customer"
NOWHEN: Final = datetime(1970, 1, 1, tzinfo=UTC)  # sums look at no instant


Stage = Literal["scheduled", "trialing", "active"]


class Named(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A plan that a stream is on or will be on, by the name it was attached under, and how it is on it."""

    plan_id: str
    version: int
    name: str
    entity_id: str | None = None
    stage: Stage = "active"
    past_due: bool = False

    @property
    def status(self) -> str:
        """The stage that it is at, or that it is behind with paying."""
        return "past_due" if self.past_due else self.stage


class Memo(msgspec.Struct, frozen=True, gc=False):
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

    @property
    def balances(self) -> Iterable[Grant]:
        """Where its balances stand."""
        return self.grants.values()


class KeptInvoice(msgspec.Struct, frozen=True, array_like=True, gc=False):
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


class Kept(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A grant as it is kept for the next sentence: no more than the fold and the sums look at.

    It says what a grant and its terms say, so that what was kept need not become a grant again for the next use.
    """

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
    rollover_of: str | None = None

    @property
    def terms(self) -> Self:
        """What a grant says of itself under this name."""
        return self


class KeptMemo(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
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


Part = Raw | UnsetType


class Recalled(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What was kept of a stream, of which nothing is made that no use needs. For any other event it becomes a memo."""

    customer_id: str | None = None
    plans: Part = UNSET
    grants: Sequence[Kept] | UnsetType = UNSET
    invoices: Part = UNSET
    currency: str | None = None
    name: str | None = None
    email: str | None = None
    called: str = msgspec.field(name="who", default=NOBODY)
    keys: Part = UNSET

    @property
    def balances(self) -> Sequence[Kept]:
        """Where its balances stand."""
        return () if self.grants is UNSET else self.grants

    @property
    def who(self) -> str:
        """As a memo has it."""
        return f"customer {self.customer_id}" if self.customer_id else self.called

    @property
    def known_as(self) -> str:
        """As a memo has it."""
        return " ".join(each for each in (self.name, self.email) if each)

    def with_balances(self, balances: Sequence[Kept]) -> "Recalled":
        """The same, where its balances stand like this now."""
        own = (self.currency, self.name, self.email, self.called, self.keys)
        return Recalled(self.customer_id, self.plans, balances, self.invoices, *own)


Remembered = Memo | Recalled


def keep(memo: Remembered) -> bytes:
    """A memo as JSON."""
    if isinstance(memo, Recalled):
        return state_json(memo)
    grants = [_keep(grant) for grant in memo.grants.values()]
    invoices = [_keep_invoice(each) for each in memo.invoices.values()]
    who = NOBODY if memo.customer_id else memo.who
    own = (memo.own_currency, memo.name, memo.email, who, memo.keys)
    return state_json(KeptMemo(memo.customer_id, memo.plans, grants, invoices, *own))


def glance(data: str | bytes) -> Recalled:
    """What was kept, as far as a use needs it."""
    return _recalled.decode(data)


def memo_of(remembered: Remembered) -> Memo:
    """What is remembered, as a memo."""
    return recall(keep(remembered)) if isinstance(remembered, Recalled) else remembered


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


def taken(held: Kept, amount: Decimal) -> Kept:
    """What is kept of a grant after some of its units were taken."""
    return Kept(
        held.grant_id,
        held.feature_id,
        held.kind,
        held.entity_id,
        held.subscription_id,
        held.plan_id,
        held.unlimited,
        held.included,
        held.prepaid,
        subtract(held.balance, amount),
        held.rollover_of,
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
        terms.rollover_of,
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
        rollover_of=kept.rollover_of,
    )
    return Grant(terms, kept.included, kept.prepaid, kept.balance)


def without_lines(invoice: Invoice) -> Invoice:
    """An invoice as it is remembered: its sums without its lines."""
    return _recall_invoice(_keep_invoice(invoice))


_kept = msgspec.json.Decoder(KeptMemo)
_recalled = msgspec.json.Decoder(Recalled)

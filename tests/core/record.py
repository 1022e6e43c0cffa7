"""What every event must be true to, whatever made it: the customer as it was, the instant, and the plan it is about.

Every example that lives through an `Account` is held to it.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

import msgspec

from ledger.core.balances.balance import Grant
from ledger.core.customer import CUSTOMER
from ledger.core.events import (
    BalanceDeducted,
    BalanceDeleted,
    BalanceExpired,
    BalanceGranted,
    BalanceRecalculated,
    BalanceReset,
    BalanceSet,
    BalanceToppedUp,
    ChangeHeld,
    ChargeAccrued,
    ClockMoved,
    ControlsChanged,
    CreditNoteIssued,
    CurrencySet,
    CustomerCreated,
    EffectReversed,
    Ended,
    EntityCreated,
    Event,
    GrantTerms,
    InvoiceCreated,
    InvoiceFinalized,
    InvoiceVoided,
    InvoiceWrittenOff,
    Level,
    Line,
    LineKind,
    LockClosed,
    Origin,
    PaymentFailed,
    PaymentNeedsAction,
    PaymentRefunded,
    PaymentRequested,
    PaymentSucceeded,
    PlanActivated,
    PlanAttached,
    PlanCanceled,
    PlanChanged,
    PlanExpired,
    PlanRenewed,
    PlanScheduled,
    PlanUncanceled,
    QuantityChanged,
    QuantityScheduled,
    SeatsKept,
    TrialEnded,
    Window,
)
from ledger.core.money import ZERO
from ledger.core.sealed import Sealed
from ledger.core.state import Customer
from ledger.core.subscriptions.quote import Move, Planned
from ledger.core.subscriptions.subscription import Subscription
from ledger.core.terms import Plan

OF_A_FEATURE = {LineKind.PREPAID, LineKind.SEATS, LineKind.USAGE, LineKind.TOP_UP, LineKind.CORRECTION}
PLAIN = (datetime, Decimal)
PAYMENTS = (PaymentRequested, PaymentSucceeded, PaymentFailed, PaymentNeedsAction, PaymentRefunded)
INSTANTS = {
    CreditNoteIssued: "issued_at",
    CustomerCreated: "created_at",
    EntityCreated: "created_at",
    InvoiceCreated: "created_at",
    InvoiceFinalized: "finalized_at",
    InvoiceVoided: "voided_at",
    InvoiceWrittenOff: "written_off_at",
    PaymentRefunded: "refunded_at",
    PaymentSucceeded: "paid_at",
    PlanExpired: "expired_at",
    TrialEnded: "ended_at",
}


class Record:
    """Follows one customer's events. Plans that are gone are remembered, for lines may still be about them."""

    def __init__(self) -> None:
        self.held: dict[str, list[Subscription]] = {}
        self.requested: dict[str, PaymentRequested] = {}
        self.held_back = False
        self.asked_at: datetime | None = None

    def follow(self, at: datetime, customer: Customer, events: Sequence[Event]) -> Customer:
        """Let events happen together. Answers the customer after them."""
        self.held_back = any(isinstance(event, ChangeHeld) for event in events)
        self.asked_at = customer.held.asked_at if customer.held else at
        for event in events:
            before, customer = customer, CUSTOMER.evolve(customer, event)
            self.check(at, before, event, customer)
        mains = [(each.entity_id, each.plan.group) for each in customer.subscriptions.values() if main(each)]
        assert len(mains) == len(set(mains)), "two main plans of one scope and group"
        return customer

    def check(self, at: datetime, before: Customer, event: Event, after: Customer) -> None:
        """Hold one event to what was known before it and to what is known after it."""
        if after.subscriptions is not before.subscriptions:
            for key, each in after.subscriptions.items():
                if each is not before.subscriptions.get(key):
                    self.held.setdefault(key, []).append(each)
        # What waited to be paid happens as of when it was asked for.
        assert set(said_instants(event)) <= {at, self.asked_at}
        check_kept(event)
        check_before(before, event)
        check_changes(before, event, after)
        for window in opened(event):
            assert any(window.start <= each < window.end for each in (at, self.asked_at) if each)
            assert window.grant_id in before.grants or window.grant_id in after.grants
        check_plan(at, before, event, after)
        check_period(event, after)
        for terms in granted(event):
            assert terms.grant_id.split(".")[0] == str(after.version)
            self.check_grant(at, terms)
        if isinstance(event, InvoiceCreated | ChargeAccrued | PaymentRequested):
            assert own_id(event) == f"{after.version}.0"
        check_lock(before, event)
        self.check_payment(before, event)
        for line in lines_of(event):
            self.check_line(line, before, event)

    def check_grant(self, at: datetime, terms: GrantTerms) -> None:
        """A balance of a plan is that plan's, its scope's and its feature's."""
        known = self.held.get(terms.subscription_id or "", ())
        for each in known[-1:]:
            assert (terms.plan_id, terms.add_on) == (each.plan.plan_id, each.plan.add_on)
            assert terms.entity_id == each.entity_id or for_each_entity(each, terms.feature_id)
            assert terms.created_at in (at, self.asked_at) or terms.rollover_of is not None
            kinds = {item.kind for item in each.plan.items if item.feature_id == terms.feature_id}
            assert terms.kind in kinds or not kinds
        if terms.subscription_id is not None:
            assert known, f"{terms} is of no plan"
        if terms.period_start is not None and terms.period_end is not None:
            assert terms.period_start <= at < terms.period_end
        assert terms.expires_at is None or terms.expires_at > at

    def check_payment(self, before: Customer, event: Event) -> None:
        """A gateway answers what it was asked; nobody pays more for an invoice than is left of it."""
        match event:
            case PaymentRequested():
                self.requested[event.payment_id] = event
            case PaymentSucceeded() | PaymentFailed() | PaymentNeedsAction() if event.payment_id in self.requested:
                asked = self.requested[event.payment_id]
                said = (event.amount_minor, event.currency, event.invoice_id)
                assert said == (asked.amount_minor, asked.currency, asked.invoice_id)
        if isinstance(
            event, PaymentRequested | PaymentSucceeded | PaymentFailed | PaymentNeedsAction | PaymentRefunded
        ):
            assert event.amount_minor > 0
            if event.invoice_id is not None:
                invoice = before.account.invoices[event.invoice_id]
                assert event.currency == invoice.currency
                if isinstance(event, PaymentRefunded):
                    assert event.amount_minor <= invoice.paid_minor - invoice.refunded_minor
                else:
                    assert event.amount_minor <= invoice.left_minor

    def check_line(self, line: Line, before: Customer, event: Event) -> None:
        """A line names the plan it is about, the price it was made of, a period that is one, and events before it."""
        assert (line.feature_id is not None) == (line.kind in OF_A_FEATURE) or line.kind is LineKind.CUSTOM
        assert (line.period_start is None) == (line.period_end is None)
        if line.period_start is not None and line.period_end is not None:
            assert line.period_start < line.period_end
        if line.before_discounts_minor:
            assert line.credit == (line.before_discounts_minor < 0)
        made = event.origin if isinstance(event, InvoiceCreated) else None
        if made not in (Origin.INSERTED, Origin.MANUAL):
            assert line.first_version is not None
            assert line.last_version is not None
            # A line of the caller's own that is all there is to a change comes with its invoice.
            own = line.kind is LineKind.CUSTOM and isinstance(event, InvoiceCreated)
            assert 1 <= line.first_version <= line.last_version <= before.version + own
        known = self.held.get(line.subscription_id or "", ())
        if known:
            about = [each for each in known if (line.plan_id, line.plan_name) == (each.plan.plan_id, each.plan.name)]
            assert any(line.entity_id == each.entity_id or for_each_entity(each, line.feature_id) for each in about)
            # What waits to be paid is invoiced before its prices are anybody's.
            assert self.held_back or any(priced(each.plan, line) for each in known)


def main(subscription: Subscription) -> bool:
    """True for a plan of which a scope and group has one at a time."""
    return subscription.active and not subscription.plan.add_on and not subscription.plan.one_off


def for_each_entity(subscription: Subscription, feature_id: str | None) -> bool:
    """True where a plan of the customer has balances of a feature for entities of its own."""
    items = [each for each in subscription.plan.items if each.feature_id == feature_id]
    return subscription.entity_id is None and any(each.entity_feature_id is not None for each in items)


def check_changes(before: Customer, event: Event, after: Customer) -> None:
    """Balances change from what they were, are the event's feature's and scope's, and are in a period afterwards."""
    for change in getattr(event, "changes", ()):
        grant = before.grants[change.grant_id]
        assert change.before == grant.level
        assert isinstance(event, EffectReversed) or grant.feature_id == getattr(event, "feature_id", None)
        if isinstance(event, BalanceSet | BalanceDeducted):
            assert event.entity_id == grant.terms.entity_id
        if isinstance(event, BalanceSet | BalanceDeducted | BalanceRecalculated):
            assert in_a_period(after.grants[change.grant_id])


def in_a_period(grant: Grant) -> bool:
    """True once it is said in which period of its own a balance is; one that never resets needs none."""
    repeats = grant.terms.reset is not None and grant.terms.reset.repeats
    return not repeats or (grant.period_start is not None and grant.period_end is not None)


def said_instants(event: Event) -> Iterator[datetime]:
    """When an event says that it happened, where it says so itself."""
    elsewhere = isinstance(event, InvoiceCreated) and event.origin in (Origin.MANUAL, Origin.INSERTED)
    if type(event) in INSTANTS and not elsewhere:
        yield getattr(event, INSTANTS[type(event)])


def check_kept(event: Event) -> None:
    """Every event can be kept and read again as what it is: each of its fields has the type that it says."""
    kept = msgspec.to_builtins(event, builtin_types=PLAIN, enc_hook=lambda sealed: [sealed.value])
    assert msgspec.convert(kept, type(event), builtin_types=PLAIN, dec_hook=lambda _, kept: Sealed(*kept)) == event


def own_id(event: InvoiceCreated | ChargeAccrued | PaymentRequested) -> str:
    match event:
        case InvoiceCreated():
            return event.invoice_id
        case ChargeAccrued():
            return event.charge_id
    return event.payment_id


def check_before(before: Customer, event: Event) -> None:
    """What an event says that something was is what it was."""
    match event:
        case BalanceDeleted() | BalanceExpired() | BalanceReset():
            assert event.before == before.grants[event.grant_id].level
            assert event.entity_id == before.grants[event.grant_id].terms.entity_id or isinstance(event, BalanceDeleted)
            assert event.feature_id == before.grants[event.grant_id].feature_id
        case BalanceGranted() | BalanceToppedUp():
            known = before.grants.get(event.grant_id)
            assert (known is None) == (event.terms is not None)
            assert event.before == (Level(ZERO, ZERO) if known is None else known.level)
            assert known is None or event.feature_id == known.feature_id
            if isinstance(event, BalanceGranted):
                assert event.entity_id == (event.terms if known is None else known.terms).entity_id  # type: ignore[union-attr]  # a new one has terms
        case ControlsChanged():
            entity = None if event.entity_id is None else before.entity(event.entity_id)
            assert event.before == (before.controls if entity is None else entity.controls)
        case CurrencySet():
            assert event.before == before.currency
        case ClockMoved():
            assert event.before == before.clock
        case QuantityChanged() | QuantityScheduled():
            assert event.before == before.subscriptions[event.subscription_id].quantity(event.feature_id)
        case SeatsKept():
            grant = before.grants[event.grant_id]
            assert (event.subscription_id, event.feature_id) == (grant.terms.subscription_id, grant.feature_id)
            assert event.before == grant.kept_seats
        case PlanUncanceled():
            assert event.expires_at_before == before.subscriptions[event.subscription_id].expires_at
            assert event.expires_at in (None, before.subscriptions[event.subscription_id].agreed_end_at)


def check_plan(at: datetime, before: Customer, event: Event, after: Customer) -> None:
    """A plan is folded as its event says."""
    match event:
        case PlanExpired():
            canceled_at = before.subscriptions[event.subscription_id].canceled_at
            if event.cause is Ended.CANCELED and canceled_at is None:
                canceled_at = at
            assert event.canceled_at == canceled_at
        case PlanCanceled():
            assert event.canceled_at == (before.subscriptions[event.subscription_id].canceled_at or at)
            assert after.subscriptions[event.subscription_id].expires_at == event.expires_at
        case PlanAttached() | PlanScheduled():
            made = after.subscriptions[event.subscription_id]
            for name in ("plan", "anchor", "entity_id", "external_id", "quantities", "replaces", "default"):
                assert getattr(made, name) == getattr(event, name)
            assert (made.expires_at, made.discounts) == (event.expires_at, event.discounts)
            assert event.replaces is None or event.replaces in before.subscriptions or isinstance(event, PlanAttached)
            assert made.since == after.version
        case PlanChanged():
            changed = after.subscriptions[event.subscription_id]
            for name in ("plan", "anchor", "quantities", "trial_ends_at", "expires_at", "discounts", "reverts_to"):
                assert getattr(changed, name) == getattr(event, name)


def check_period(event: Event, after: Customer) -> None:
    """A plan's period is counted from the event that began it."""
    if isinstance(event, PlanAttached | PlanActivated | PlanRenewed | TrialEnded | PlanChanged):
        made = after.subscriptions[event.subscription_id]
        assert (made.period_start, made.period_end) == (event.period_start, event.period_end)
        assert made.since == after.version
        assert made.active
        assert not made.awaits_payment
        assert (event.period_start is None) == (event.period_end is None)
        if event.period_start is not None and event.period_end is not None:
            assert event.period_start < event.period_end
    if isinstance(event, PlanAttached | PlanActivated):
        assert after.subscriptions[event.subscription_id].started_at == event.started_at


def check_lock(before: Customer, event: Event) -> None:
    """A lock is closed as what it was opened as."""
    if isinstance(event, LockClosed):
        lock = before.locks[event.lock_id]
        assert (event.feature_id, event.held, event.entity_id) == (lock.feature_id, lock.value, lock.entity_id)


def priced(plan: Plan, line: Line) -> bool:
    """Whether a line's unit price is the plan's own for what it is about."""
    if line.kind is LineKind.BASE:
        return line.unit_price_minor == (None if plan.base is None else plan.base.amount_minor) or not line.amount_minor
    prices = [item.price.unit_price_minor for item in plan.items if item.price and item.feature_id == line.feature_id]
    return line.kind is LineKind.CUSTOM or line.unit_price_minor in prices


def opened(event: Event) -> Iterator[Window]:
    """The windows that an event finds balances in."""
    found = getattr(event, "opened", None) or ()
    yield from ([found] if isinstance(found, Window) else found)


def granted(event: Event) -> Iterator[GrantTerms]:
    """The balances that an event makes."""
    yield from getattr(event, "grants", ())
    for each in (getattr(event, "terms", None), getattr(event, "rolled", None)):
        if each is not None:
            yield each


def lines_of(event: Event) -> Iterator[Line]:
    if isinstance(event, InvoiceCreated):
        yield from event.lines
    elif isinstance(event, ChargeAccrued):
        yield event.line


def check_moves(at: datetime, before: Customer, planned: Planned, after: Customer) -> None:
    """The plans that a preview says come and go are those that come and go, and when it says."""
    if any(isinstance(event, ChangeHeld) for event in planned.events):
        assert before.subscriptions == after.subscriptions
        return
    for move in planned.incoming:
        begun = [each for each in after.subscriptions.values() if each.plan == move.plan and bought(move, each)]
        if move.effective_at is None:
            assert any(each.started_at <= at and move.expires_at in (None, each.expires_at) for each in begun)
        else:
            starts = [(each.started_at, each.expires_at, each.active) for each in begun]
            assert (move.effective_at, move.expires_at, False) in starts
    for move in planned.outgoing:
        known = before.subscriptions.items()
        gone = [key for key, each in known if (each.plan, each.quantities) == (move.plan, move.quantities)]
        assert gone
        if move.expires_at is not None:
            expired = [key for key in gone if key not in after.subscriptions]
            left = [after.subscriptions[key] for key in gone if key in after.subscriptions]
            ending = [(each.canceled_at, each.expires_at) for each in left]
            assert (move.canceled_at, move.expires_at) in ending or (move.expires_at == at and expired)


def bought(move: Move, held: Subscription) -> bool:
    """Whether what a move says is bought is held now, or from the next renewal on."""
    waits = {each.feature_id: each.quantity for each in held.next_quantities}
    known = {each.feature_id: (held.quantity(each.feature_id), waits.get(each.feature_id)) for each in move.quantities}
    return all(each.quantity in known[each.feature_id] for each in move.quantities)

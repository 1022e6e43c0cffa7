"""A change whose payment waits for its payer is kept as what was asked for, until its invoice is paid.

What its caller asked for is kept and not what it would do, so that it happens to the customer as it is then.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

import msgspec
from msgspec.structs import replace

from ledger.core.decider import Command
from ledger.core.draft import Draft
from ledger.core.errors import PaymentAwaited
from ledger.core.events import ChangeAbandoned, ChangeHeld, CurrencySet, Line, LineKind
from ledger.core.invoices.closing import find_invoice, void
from ledger.core.invoices.discounting import find_discount
from ledger.core.invoices.invoice import InvoiceStatus
from ledger.core.money import ZERO, subtract
from ledger.core.sealed import Sealed
from ledger.core.state import Customer
from ledger.core.subscriptions.billing import Billing
from ledger.core.subscriptions.held import Held
from ledger.core.subscriptions.quote import Planned
from ledger.core.subscriptions.subscription import Subscription
from ledger.core.terms import Discount, Plan

LAPSED: Final = "lapsed"
TAKEN_BACK: Final = "invoice_voided"
DECLINED: Final = "payment_failed"


def check_held(customer: Customer) -> None:
    """Refuse another billing change while one waits for its payment (docs/api.md, "Payments and 402")."""
    if customer.held is not None:
        raise PaymentAwaited(customer.held.plan_ids)


def hold(draft: Draft, planned: Planned, asked: Command, billing: Billing) -> Draft:
    """What happens in place of a change that waits: a draft with the lines of an invoice that is made next."""
    assert asked.waits_as is not None
    kept = Draft(draft.before, draft.context, draft.now)
    kept.happen(*(each for each in draft.events if isinstance(each, CurrencySet)))
    version = kept.version
    kept.happen(
        ChangeHeld(
            asked.waits_as,
            Sealed(msgspec.to_builtins(asked)),
            f"{version + 1}.0",
            draft.now,
            planned.intent,
            planned.plan_ids,
            tuple(_plans(draft)),
            tuple(_discounts(draft, billing)),
            min(_turns(draft), default=None),
        )
    )
    named = {key: f"{version}.{ordinal}" for ordinal, key in enumerate(draft.begun)}
    kept.charge(_of_held(line, named, version) for line in draft.lines)
    kept.incoming, kept.outgoing, kept.refund_minor = draft.incoming, draft.outgoing, draft.refund_minor
    return kept


def _plans(draft: Draft) -> Iterator[Plan]:
    """The versions of plans that a change brings in, as the catalog has them."""
    wanted = dict.fromkeys((move.plan.plan_id, move.plan.version) for move in draft.incoming)
    for plan_id, version in sorted(wanted):
        yield from (each for each in draft.context.catalog.plans.get(plan_id, ()) if each.version == version)


def _discounts(draft: Draft, billing: Billing) -> Iterator[Discount]:
    for index, ref in enumerate(billing.discounts):
        yield find_discount(draft.context.catalog, ref, index)


def _turns(draft: Draft) -> Iterator[datetime]:
    """The instants ahead at which something that a change was priced by is over: a period, a trial or an agreed time of
    a plan that it touches, or the period of one of its lines.
    """
    before, after = draft.before.subscriptions, draft.customer.subscriptions
    touched = [each for key, each in before.items() if after.get(key) != each]
    touched += [each for key, each in after.items() if before.get(key) != each]
    instants = [at for each in touched for at in _turns_of(each)]
    instants += [each.period_end for each in draft.lines if each.period_end and each.kind is not LineKind.CUSTOM]
    return (each for each in instants if each > draft.now)


def _turns_of(subscription: Subscription) -> list[datetime]:
    if not subscription.active:
        return [subscription.started_at]
    known = (subscription.period_end, subscription.trial_ends_at, subscription.expires_at)
    return [each for each in known if each is not None]


def _of_held(line: Line, named: dict[str, str], version: int) -> Line:
    """A line of a change that waits: it names plans that are yet to begin, and no events that are yet to happen."""
    key = line.subscription_id or ""
    if key not in named and (line.last_version or 0) <= version:
        return line
    first = version if key in named else min(line.first_version or version, version)
    about = named.get(key, line.subscription_id)
    return replace(line, subscription_id=about, first_version=first, last_version=version)


def unbilled(draft: Draft, held: Held) -> list[Line]:
    """What a change that was held costs beyond the lines that it was held with: use and seats since then."""
    billed = _by_subject(find_invoice(draft, held.invoice_id).lines)
    owed = _by_subject(draft.lines)
    found = []
    for key, sample in {**billed, **owed}.items():
        was, now = _amount(billed.get(key)), _amount(owed.get(key))
        minor, more = now[0] - was[0], subtract(now[1], was[1])
        if minor:
            found.append(replace(sample, amount_minor=minor, quantity=more.copy_abs(), credit=minor < 0, discounts=()))
    return found


def _amount(line: Line | None) -> tuple[int, Decimal]:
    return (0, ZERO) if line is None else (line.amount_minor, line.quantity)


def _by_subject(lines: Sequence[Line]) -> dict[tuple[object, ...], Line]:
    """Lines that usage makes, by what they are for."""
    return {
        (each.kind, each.subscription_id, each.entity_id, each.feature_id, each.period_start): each
        for each in lines
        if each.kind in (LineKind.USAGE, LineKind.SEATS)
    }


def abandon(draft: Draft, held: Held, cause: str) -> None:
    """Call a change off; nobody is to pay for what never happens, so its invoice is taken back."""
    invoice = find_invoice(draft, held.invoice_id)
    if invoice.status is InvoiceStatus.OPEN:
        void(draft, invoice)
    draft.happen(ChangeAbandoned(held.payment_id, held.intent, held.plan_ids, cause))

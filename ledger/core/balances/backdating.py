"""Usage that is brought into a period that was billed already: no balance moves, the price difference is owed.

A period in which nothing was used left no event behind: its bounds are counted from the grant's anchor, and what was
granted then is what is granted now.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from ledger.core.balances.balance import MOST_CLOSED, ClosedPeriod, Grant
from ledger.core.balances.controls import billed
from ledger.core.balances.spending import Use, sources
from ledger.core.decider import Context
from ledger.core.draft import Draft
from ledger.core.errors import InvalidInput, InvalidRequest
from ledger.core.events import Event, Line, LineKind, UsageBackdated
from ledger.core.invoices.invoicing import accrue
from ledger.core.invoices.pricing import cost
from ledger.core.money import ZERO, add, round_minor
from ledger.core.period import period_at
from ledger.core.sealed import sealed_fields
from ledger.core.state import Customer


def backdate(customer: Customer, use: Use, used_at: datetime, context: Context) -> Sequence[Event]:
    """Answer use in a closed period with its event and the difference that it makes to that period's price."""
    grant, period = _billed(customer, use, used_at, context)
    after = add(period.used, use.value)
    if after < ZERO:
        raise InvalidInput(f"value {use.value:f} takes back more than the {period.used:f} units used in that period")
    draft = Draft(customer, context)
    draft.happen(
        UsageBackdated(
            grant.feature_id,
            use.value,
            used_at,
            grant.grant_id,
            period.start,
            period.end,
            period.granted,
            period.used,
            after,
            use.entity_id,
            sealed_fields(use.properties),
        )
    )
    line = _difference(draft.customer, grant, period, use)
    if line.amount_minor and billed(customer, grant) and not _tried(customer, grant, used_at):
        accrue(draft, line)
    return draft.events


def _billed(customer: Customer, use: Use, used_at: datetime, context: Context) -> tuple[Grant, ClosedPeriod]:
    for grant in sources(customer, use.feature_id, use.entity_id, context):
        if grant.feature_id == use.feature_id and grant.terms.price is not None and not grant.loose:
            found = next(_periods(grant, used_at, context), None)
            if found is not None:
                return grant, found
    raise InvalidRequest(
        f"No period of feature {use.feature_id} that was billed by use holds timestamp {used_at.isoformat()}:"
        " leave out Tallystick-Backdate, or correct the balance by hand"
    )


def _periods(grant: Grant, used_at: datetime, context: Context) -> Iterator[ClosedPeriod]:
    """The closed period of a grant that holds an instant, as it was billed; an idle one as it would have been."""
    yield from (each for each in grant.closed if each.start <= used_at < each.end)
    terms = grant.terms
    if terms.reset is None or terms.anchor is None or not terms.reset.repeats or used_at < terms.created_at:
        return
    period = period_at(terms.anchor, terms.reset, used_at, context.settings.zone)
    kept = len(grant.closed) < MOST_CLOSED or grant.closed[0].start <= period.start
    if kept and period.end <= context.now:
        yield ClosedPeriod(period.start, period.end, grant.granted, ZERO)


def _tried(customer: Customer, grant: Grant, used_at: datetime) -> bool:
    """Whether use at an instant was in a trial, and so is free whenever it is told of (§2.5)."""
    return customer.subscriptions[grant.terms.subscription_id or ""].tried_at(used_at)


def _difference(customer: Customer, grant: Grant, period: ClosedPeriod, use: Use) -> Line:
    price, subscription = grant.terms.price, customer.subscriptions[grant.terms.subscription_id or ""]
    assert price is not None
    before = round_minor(cost(price, period.granted, period.used))
    amount_minor = round_minor(cost(price, period.granted, add(period.used, use.value))) - before
    return Line(
        LineKind.CORRECTION,
        amount_minor,
        subscription.plan.plan_id,
        subscription.plan.name,
        subscription.subscription_id,
        subscription.entity_id,
        grant.feature_id,
        use.value,
        price.unit_price_minor,
        period.start,
        period.end,
        credit=amount_minor < 0,
        first_version=customer.version,
        last_version=customer.version,
    )

"""Moving what was used between balances of a feature, so that no debt stands beside what is left (reference §2.10)."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from ledger.core.balances.balance import Grant
from ledger.core.balances.deduction import Overage, in_order, take
from ledger.core.balances.entitlement import windows_opened
from ledger.core.decider import Command, Context
from ledger.core.events import BalanceRecalculated, Change, Event, Level
from ledger.core.money import ZERO, add, negate, subtract, total
from ledger.core.state import Customer


class RecalculateBalance(Command, frozen=True):
    """Pay the debts of some balances of a feature from what others of the same scope have left."""

    feature_id: str
    entity_id: str | None = None


def decide_recalculate(customer: Customer, command: RecalculateBalance, context: Context) -> Sequence[Event]:
    """Answer with what moves; with nothing where there is no debt, or nothing left to pay it from."""
    context.catalog.feature(command.feature_id)
    if command.entity_id is not None:
        customer.entity(command.entity_id)
    return recalculated(customer, command.feature_id, command.entity_id, context)


def recalculated(
    customer: Customer, feature_id: str, entity_id: str | None, context: Context
) -> Sequence[BalanceRecalculated]:
    """The event that pays debts from what is left: of the customer's own balances, or of one entity's own."""
    own = _own(customer, feature_id, entity_id)
    owed = total(negate(grant.balance) for grant in own if grant.balance < ZERO)
    left = total(grant.balance for grant in own if grant.balance > ZERO)
    paid = min(owed, left)
    if not paid:
        return ()
    taken = {each.grant_id: each.amount for each in take(_with_units(own), paid, Overage.CAP)[0]}
    return _event(own, {**taken, **_forgiven(own, paid)}, context)


def moved_over(
    customer: Customer, gone: Sequence[Grant], used: Decimal, context: Context
) -> Sequence[BalanceRecalculated]:
    """The event that takes what was used of balances that go from the others of their feature and scope."""
    ids = {grant.grant_id for grant in gone}
    terms = gone[0].terms
    own = [each for each in _own(customer, terms.feature_id, terms.entity_id) if each.grant_id not in ids]
    if used <= ZERO:
        return ()
    return _event(own, {each.grant_id: each.amount for each in take(_with_units(own), used, Overage.CAP)[0]}, context)


def _own(customer: Customer, feature_id: str, entity_id: str | None) -> list[Grant]:
    return in_order(
        (
            grant
            for grant in customer.grants.values()
            if grant.feature_id == feature_id
            and grant.terms.entity_id == entity_id
            and not grant.boolean
            and not grant.terms.unlimited
        ),
        entity_id,
    )


def _with_units(grants: Iterable[Grant]) -> list[Grant]:
    return [grant for grant in grants if grant.balance > ZERO]


def _forgiven(own: Iterable[Grant], paid: Decimal) -> dict[str, Decimal]:
    """What goes back to each balance in debt, below zero, in deduction order."""
    given: dict[str, Decimal] = {}
    for grant in own:
        part = min(paid, max(ZERO, negate(grant.balance)))
        if part:
            given[grant.grant_id] = negate(part)
            paid = subtract(paid, part)
    return given


def _event(own: Sequence[Grant], moves: dict[str, Decimal], context: Context) -> Sequence[BalanceRecalculated]:
    changes = tuple(
        Change(grant.grant_id, grant.level, Level(grant.granted, add(grant.balance, negate(moves[grant.grant_id]))))
        for grant in own
        if moves.get(grant.grant_id)
    )
    if not changes:
        return ()
    opened = windows_opened(own, list(moves), context.now, context.settings.zone)
    return (BalanceRecalculated(own[0].feature_id, changes, own[0].terms.entity_id, opened),)

"""Buying more or fewer units ahead: the balance moves at once, the price counts to the period's end (§2.3)."""

from ledger.core.balance import Grant
from ledger.core.cancellation import Which, find
from ledger.core.decider import Context
from ledger.core.entitlement import check_quantities, prepaid_units
from ledger.core.errors import InvalidRequest, SubscriptionNotFound
from ledger.core.events import Quantity, QuantityChanged
from ledger.core.money import add, round_minor, subtract
from ledger.core.period import Period, period_at
from ledger.core.pricing import cost
from ledger.core.proration import remaining_share
from ledger.core.quote import Line, Move, Planned
from ledger.core.state import Customer
from ledger.core.subscription import Subscription
from ledger.core.terms import PlanItem


class ChangeQuantities(Which, frozen=True):
    """Set the total units bought ahead of some features, included ones counted."""

    quantities: tuple[Quantity, ...] = ()


def plan_quantities(customer: Customer, command: ChangeQuantities, context: Context) -> Planned:
    """Work out a change of quantities, or refuse it."""
    subscription = find(customer, command)
    if not subscription.active:
        raise InvalidRequest(
            f"Plan {subscription.plan.plan_id} has not started yet: its quantities are set when it is attached"
        )
    if subscription.plan.one_off:
        raise InvalidRequest(f"Plan {subscription.plan.plan_id} is paid once: attach it again to buy more")
    check_quantities(subscription.plan, command.quantities)
    events, lines = [], []
    for wanted in command.quantities:
        event, line = _changed(customer, subscription, wanted, context)
        if event.before != event.after:
            events.append(event)
            lines.append(line)
    move = Move(subscription.plan, command.quantities)
    return Planned(events, lines, [move], [Move(subscription.plan, subscription.quantities)], intent="update_quantity")


def _changed(
    customer: Customer, subscription: Subscription, wanted: Quantity, context: Context
) -> tuple[QuantityChanged, Line]:
    item = next(item for item in subscription.plan.items if item.feature_id == wanted.feature_id and item.prepaid)
    grant = _grant(customer, subscription, item)
    prepaid = prepaid_units(item, [wanted])
    event = QuantityChanged(
        subscription.subscription_id,
        item.feature_id,
        grant.grant_id,
        subscription.quantity(item.feature_id),
        wanted.quantity,
        grant.prepaid,
        prepaid,
    )
    return event, _line(subscription, item, event, context)


def _grant(customer: Customer, subscription: Subscription, item: PlanItem) -> Grant:
    for grant in customer.grants.values():
        terms = grant.terms
        of_plan = terms.subscription_id == subscription.subscription_id
        if of_plan and terms.feature_id == item.feature_id and terms.price == item.price:
            return grant
    raise SubscriptionNotFound(f"a balance of {item.feature_id} on plan {subscription.plan.plan_id}")


def _line(subscription: Subscription, item: PlanItem, event: QuantityChanged, context: Context) -> Line:
    price = item.price
    assert price is not None
    before = cost(price, item.included, add(item.included, event.prepaid_before))
    after = cost(price, item.included, add(item.included, event.prepaid_after))
    amount, period = subtract(after, before), None
    if price.every.repeats:
        whole = period_at(subscription.anchor, price.every, context.now, context.settings.zone)
        amount, period = remaining_share(amount, whole, context.now), Period(context.now, whole.end)
    units = subtract(event.prepaid_after, event.prepaid_before)
    plan = subscription.plan
    return Line(plan.plan_id, plan.name, round_minor(amount), item.feature_id, units, period, amount < 0)

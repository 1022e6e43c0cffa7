"""Buying more or fewer units ahead: the balance moves at once, the price counts to the period's end (§2.3)."""

from ledger.core.balance import Grant
from ledger.core.billing import Billing
from ledger.core.cancellation import Which, find
from ledger.core.decider import Context
from ledger.core.draft import Draft
from ledger.core.entitlement import check_quantities, prepaid_units
from ledger.core.errors import InvalidRequest, SubscriptionNotFound
from ledger.core.events import Line, LineKind, Quantity, QuantityChanged
from ledger.core.invoicing import finish
from ledger.core.lines import grant_of, line
from ledger.core.money import ZERO, add, subtract
from ledger.core.period import period_at
from ledger.core.pricing import cost
from ledger.core.quote import Move, Planned
from ledger.core.state import Customer
from ledger.core.subscription import Subscription
from ledger.core.terms import PlanItem


class ChangeQuantities(Which, frozen=True):
    """Set the total units bought ahead of some features, included ones counted."""

    quantities: tuple[Quantity, ...] = ()
    billing: Billing = Billing()


def plan_quantities(customer: Customer, command: ChangeQuantities, context: Context) -> Planned:
    """Work out a change of quantities, or refuse it."""
    draft = Draft(customer, context)
    subscription = find(customer, command)
    if not subscription.active:
        raise InvalidRequest(
            f"Plan {subscription.plan.plan_id} has not started yet: its quantities are set when it is attached"
        )
    if subscription.plan.one_off:
        raise InvalidRequest(f"Plan {subscription.plan.plan_id} is paid once: attach it again to buy more")
    check_quantities(subscription.plan, command.quantities)
    for wanted in command.quantities:
        _change(draft, subscription, wanted)
    draft.incoming.append(Move(subscription.plan, command.quantities))
    draft.outgoing.append(Move(subscription.plan, subscription.quantities))
    return finish(draft, "update_quantity", command.billing)


def _change(draft: Draft, subscription: Subscription, wanted: Quantity) -> None:
    item = next(item for item in subscription.plan.items if item.feature_id == wanted.feature_id and item.prepaid)
    grant = grant_of(draft.customer, subscription, item)
    if grant is None:
        raise SubscriptionNotFound(f"a balance of {item.feature_id} on plan {subscription.plan.plan_id}")
    before, prepaid = subscription.quantity(item.feature_id), prepaid_units(item, [wanted])
    if before == wanted.quantity:
        return
    key = subscription.subscription_id
    draft.happen(QuantityChanged(key, item.feature_id, grant.grant_id, before, wanted.quantity, grant.prepaid, prepaid))
    draft.charge([_line(draft, subscription, item, grant)])


def _line(draft: Draft, subscription: Subscription, item: PlanItem, before: Grant) -> Line:
    """The difference between the two prices for the time that is left; all of it where the price is paid once."""
    price, after = item.price, draft.customer.grants[before.grant_id]
    assert price is not None
    old = cost(price, item.included, add(item.included, before.prepaid))
    new = cost(price, item.included, add(item.included, after.prepaid))
    zone = draft.context.settings.zone
    period = period_at(subscription.anchor, price.every, draft.now, zone) if price.every.repeats else None
    amount = subtract(new, old)
    return line(
        draft.customer,
        subscription,
        LineKind.PREPAID,
        amount.copy_abs(),
        period,
        draft.now,
        sign=-1 if amount < ZERO else 1,
        item=item,
        quantity=subtract(after.prepaid, before.prepaid),
    )

"""Buying more or fewer units ahead: when the balance moves and when the price is due is the item's say (§2.3)."""

from collections.abc import Sequence
from typing import ClassVar

from ledger.core.balances.entitlement import check_quantities, prepaid_units
from ledger.core.decider import Context
from ledger.core.draft import Draft
from ledger.core.errors import InvalidRequest, SubscriptionNotFound
from ledger.core.events import Quantity, QuantityChanged, QuantityScheduled
from ledger.core.invoices.invoicing import finish
from ledger.core.invoices.lines import grant_of
from ledger.core.invoices.midcycle import bill_difference, stays_paid
from ledger.core.invoices.pricing import cost
from ledger.core.money import add, subtract
from ledger.core.state import Customer
from ledger.core.subscriptions.billing import Billing
from ledger.core.subscriptions.cancellation import Which, find
from ledger.core.subscriptions.quote import Move, Planned
from ledger.core.subscriptions.subscription import Subscription
from ledger.core.terms import PlanItem


class ChangeQuantities(Which, frozen=True):
    """Set the total units bought ahead of some features, included ones counted."""

    waits_as: ClassVar[str | None] = "quantities"

    quantities: tuple[Quantity, ...] = ()
    billing: Billing = Billing()


def plan_quantities(customer: Customer, command: ChangeQuantities, context: Context) -> Planned:
    """Work out a change of quantities, or refuse it."""
    draft = Draft(customer, context)
    change_quantities(draft, find(customer, command), command.quantities, command.billing)
    return finish(draft, "update_quantity", command.billing, asked=command)


def change_quantities(
    draft: Draft, subscription: Subscription, quantities: Sequence[Quantity], billing: Billing
) -> None:
    """Let quantities of an active subscription change in a draft, or refuse it."""
    if not subscription.active:
        raise InvalidRequest(
            f"Plan {subscription.plan.plan_id} has not started yet: its quantities are set when it is attached"
        )
    if subscription.plan.one_off:
        raise InvalidRequest(f"Plan {subscription.plan.plan_id} is paid once: attach it again to buy more")
    check_quantities(subscription.plan, quantities)
    for wanted in quantities:
        _change(draft, subscription, wanted, billing)
    draft.incoming.append(Move(subscription.plan, tuple(quantities)))
    draft.outgoing.append(Move(subscription.plan, subscription.quantities))


def _change(draft: Draft, subscription: Subscription, wanted: Quantity, billing: Billing) -> None:
    item = next(item for item in subscription.plan.items if item.feature_id == wanted.feature_id and item.prepaid)
    key, before = subscription.subscription_id, subscription.quantity(item.feature_id)
    waiting = any(each.feature_id == item.feature_id for each in subscription.next_quantities)
    if before == wanted.quantity and not waiting:
        return
    if item.price is not None and not item.price.every.repeats:
        raise InvalidRequest(f"Units of {item.feature_id} are paid once: buy more with a one-off plan")
    if before == wanted.quantity or (wanted.quantity < before and stays_paid(item) and not subscription.trialing):
        draft.happen(QuantityScheduled(key, item.feature_id, before, wanted.quantity))
    else:
        _resize(draft, subscription, item, wanted, billing)


def _resize(draft: Draft, subscription: Subscription, item: PlanItem, wanted: Quantity, billing: Billing) -> None:
    """The balance moves at once; the difference of the two prices is billed."""
    grant, price = grant_of(draft.customer, subscription, item), item.price
    if grant is None or price is None:
        raise SubscriptionNotFound(f"a balance of {item.feature_id} on plan {subscription.plan.plan_id}")
    before, prepaid = subscription.quantity(item.feature_id), prepaid_units(item, [wanted])
    draft.happen(
        QuantityChanged(
            subscription.subscription_id,
            item.feature_id,
            grant.grant_id,
            before,
            wanted.quantity,
            grant.prepaid,
            prepaid,
        )
    )
    old = cost(price, item.included, add(item.included, grant.prepaid))
    new = cost(price, item.included, add(item.included, prepaid))
    bill_difference(draft, subscription, item, old, new, subtract(prepaid, grant.prepaid), billing)

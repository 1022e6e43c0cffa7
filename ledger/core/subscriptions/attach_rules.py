"""What may not be asked of an attach: wishes that contradict each other, or that a plan has no place for (§2.2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.core.draft import Draft
from ledger.core.errors import InvalidRequest
from ledger.core.invoices.adjusting import check_billing
from ledger.core.subscriptions.billing import Billing, ProrationBehavior
from ledger.core.subscriptions.carrying import carries, check_carry
from ledger.core.subscriptions.order import Order
from ledger.core.subscriptions.starting import shared_cycle
from ledger.core.subscriptions.subscription import Subscription
from ledger.core.terms import Plan

if TYPE_CHECKING:
    from ledger.core.subscriptions.change import Attach

MOST_BACKDATED: Final = timedelta(days=3660)


class Asked(NamedTuple):
    """An attach and what is known of it: the plan it takes the place of, and when it begins if that is not now."""

    command: Attach
    order: Order
    current: Subscription | None
    starts_at: datetime | None
    removed: Sequence[Subscription]


def check_attach(draft: Draft, asked: Asked) -> None:
    """Refuse an attach whose wishes cannot all be met."""
    command, order = asked.command, asked.order
    check_billing(command.billing)
    _check_schedule(asked)
    _check_start(draft, asked)
    _check_end(draft, asked)
    _check_anchor(draft, asked)
    _check_carry(draft, command)
    _check_cycle(draft, asked)
    if asked.starts_at is not None:
        _check_later(asked)
    elif order.proration is ProrationBehavior.NONE and charge_is_unavoidable(draft, order, asked.current):
        raise InvalidRequest(
            f"proration_behavior none bills nothing, and plan {order.plan.plan_id} must be paid for when it starts: "
            "leave it out"
        )
    if waits_for_payment(command.billing):
        _check_waiting(command)


def waits_for_payment(billing: Billing) -> bool:
    """Whether a plan starts only when its invoice is paid (§2.2, invoice_mode)."""
    return billing.invoice_mode is not None and not billing.invoice_mode.enable_plan_immediately


def _check_waiting(command: Attach) -> None:
    """Refuse what is decided when a plan starts, for one that starts when somebody pays."""
    for field, asked in (
        ("carry_over_balances", command.carry_balances),
        ("carry_over_usages", command.carry_usages),
        ("remove_plan_ids", command.remove_plan_ids),
    ):
        if asked:
            raise InvalidRequest(
                f"{field} is for plans that start now: leave it out, or send enable_plan_immediately true"
            )


def _check_schedule(asked: Asked) -> None:
    if asked.command.schedule is None:
        return
    if asked.command.schedule.value == "end_of_cycle":
        if asked.command.starts_at is not None:
            raise InvalidRequest("starts_at and plan_schedule end_of_cycle are two starts: leave one of them out")
        if asked.current is None:
            raise InvalidRequest(
                f"Plan {asked.order.plan.plan_id} takes the place of no plan whose cycle it could wait for: "
                "leave out plan_schedule"
            )
    elif asked.starts_at is not None:
        raise InvalidRequest("plan_schedule immediate and a future starts_at are two starts: leave one of them out")


def _check_start(draft: Draft, asked: Asked) -> None:
    starts_at, order = asked.command.starts_at, asked.order
    if starts_at is None:
        return
    which = "A future starts_at" if starts_at > draft.now else "A past starts_at"
    if order.plan.cycle is None:
        raise InvalidRequest(f"{which} is only for paid plans that recur: leave it out")
    if order.trial is not None:
        raise InvalidRequest(f"{which} cannot begin with a free trial: send free_trial null")
    if starts_at < draft.now:
        _check_past(draft, asked, starts_at)


def _check_past(draft: Draft, asked: Asked, starts_at: datetime) -> None:
    if draft.now - starts_at > MOST_BACKDATED:
        raise InvalidRequest(f"starts_at was {starts_at.isoformat()} and may be at most ten years ago")
    if any(each.active and each.plan.cycle is not None for each in draft.customer.subscriptions.values()):
        raise InvalidRequest("A past starts_at is for a customer without a paid subscription: leave it out")
    if asked.order.anchor is not None:
        raise InvalidRequest(
            "A past starts_at is what the billing cycle is counted from: leave out billing_cycle_anchor"
        )
    if asked.command.billing.no_billing_changes or asked.order.proration is not ProrationBehavior.PRORATE_IMMEDIATELY:
        raise InvalidRequest(
            "A past starts_at bills what has passed: leave out no_billing_changes and proration_behavior"
        )


def _check_end(draft: Draft, asked: Asked) -> None:
    ends_at, plan = asked.command.ends_at, asked.order.plan
    if ends_at is None:
        return
    if not plan.priced:
        raise InvalidRequest(f"ends_at is only for paid plans and {plan.plan_id} is free: leave it out")
    if ends_at <= (asked.starts_at or draft.now):
        raise InvalidRequest(f"ends_at was {ends_at.isoformat()} and must be after the plan starts, and in the future")


def _check_anchor(draft: Draft, asked: Asked) -> None:
    command, plan = asked.command, asked.order.plan
    if not command.anchor_now and command.anchor_at is None:
        return
    if plan.one_off:
        raise InvalidRequest(f"billing_cycle_anchor: plan {plan.plan_id} is paid once and has no cycle: leave it out")
    if asked.order.trial is not None:
        raise InvalidRequest("billing_cycle_anchor cannot be named together with a free trial: its end is the anchor")
    if command.anchor_now and asked.starts_at is not None:
        raise InvalidRequest("billing_cycle_anchor now is for a plan that starts now: leave it out")
    if command.anchor_at is not None and command.anchor_at <= (asked.starts_at or draft.now):
        raise InvalidRequest("billing_cycle_anchor must be after the plan starts")
    if command.anchor_at is not None and command.ends_at is not None and command.anchor_at >= command.ends_at:
        raise InvalidRequest("billing_cycle_anchor must be before ends_at")


def _check_carry(draft: Draft, command: Attach) -> None:
    catalog = draft.context.catalog
    check_carry("carry_over_balances", command.carry_balances, catalog)
    check_carry("carry_over_usages", command.carry_usages, catalog)
    if command.carry_balances is None or command.carry_usages is None:
        return
    ids = command.carry_balances.feature_ids
    if ids is None or any(carries(command.carry_usages, each) for each in ids):
        raise InvalidRequest(
            "carry_over_balances and carry_over_usages name the same feature: carry over what remains or what was used"
        )


def _check_cycle(draft: Draft, asked: Asked) -> None:
    wanted = asked.command.new_billing_subscription
    if wanted is False and not any(
        each.active and each.plan.cycle is not None for each in draft.customer.subscriptions.values()
    ):
        raise InvalidRequest("new_billing_subscription was false and there is no subscription to join: leave it out")
    if wanted and asked.current is None and any(each.plan.priced for each in asked.removed):
        raise InvalidRequest("new_billing_subscription and remove_plan_ids of a paid plan cannot be asked together")


def _check_later(asked: Asked) -> None:
    """Refuse what is about an invoice or a balance of now, for a plan that starts later."""
    command, plan = asked.command, asked.order.plan
    for field, carry in (("carry_over_balances", command.carry_balances), ("carry_over_usages", command.carry_usages)):
        if carry is not None:
            raise InvalidRequest(
                f"{field} is for switches that happen at once, and this one is scheduled: leave it out"
            )
    if command.billing.invoice_mode is not None:
        raise InvalidRequest("invoice_mode is for plans that start now, and this one is scheduled: leave it out")
    if asked.order.trial is not None:
        raise InvalidRequest("free_trial is for plans that start now, and this one is scheduled: leave it out")
    billing = command.billing
    if billing.custom_lines is not None or billing.add_lines or billing.remove_lines:
        raise InvalidRequest("Lines can be changed only of a change that happens now: leave them out")
    if command.remove_plan_ids:
        raise InvalidRequest("remove_plan_ids is for plans that start now, and this one is scheduled: leave it out")
    once = {item.feature_id for item in plan.items if item.price is not None and not item.price.every.repeats}
    if any(each.feature_id in once for each in command.quantities):
        raise InvalidRequest(
            "feature_quantities: units that are paid once cannot be bought by a scheduled switch: attach a one-off plan"
        )


def charge_is_unavoidable(draft: Draft, order: Order, current: Subscription | None) -> bool:
    """True where a plan cannot begin without being paid for: it opens a cycle of its own, or costs something once."""
    plan = order.plan
    if not plan.priced or order.trial is not None:
        return False
    joins = None if order.own_cycle or order.anchor is not None else shared_cycle(draft.customer, plan)
    if _costs_once(order):
        return True
    if current is None:
        return joins is None
    return not current.plan.priced or current.trialing or (plan.cycle is not None and joins is None)


def _costs_once(order: Order) -> bool:
    plan: Plan = order.plan
    if plan.base is not None and not plan.base.every.repeats:
        return True
    bought = {each.feature_id for each in order.quantities}
    return any(
        item.price is not None and item.prepaid and not item.price.every.repeats and item.feature_id in bought
        for item in plan.items
    )

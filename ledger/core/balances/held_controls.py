"""Which limits are shown of a customer or an entity: its own, and what only its plans say (reference §2.9)."""

from collections.abc import Iterable
from typing import Any

from ledger.core.balances.controls import NOTHING, subject
from ledger.core.state import Customer
from ledger.core.terms import Controls, UsageLimit


def own_controls(customer: Customer, entity_id: str | None) -> Controls:
    """The limits that a customer, or an entity of it, has set for itself; `EntityNotFound` for no entity of it."""
    return customer.controls if entity_id is None else customer.entity(entity_id).controls


def plan_controls(customer: Customer, entity_id: str | None) -> Controls:
    """The limits of the active plans of a scope that its own do not shadow, each subject once."""
    own = own_controls(customer, entity_id)
    held = [
        each.plan.controls or NOTHING
        for each in customer.subscriptions.values()
        if each.active and each.entity_id == entity_id
    ]
    return Controls(
        _unshadowed(own.spend_limits, [each for said in held for each in said.spend_limits]),
        _unshadowed(own.usage_limits, [each for said in held for each in said.usage_limits]),
        _unshadowed(own.usage_alerts, [each for said in held for each in said.usage_alerts]),
        _unshadowed(own.auto_topups, [each for said in held for each in said.auto_topups]),
        _unshadowed(own.overage_allowed, [each for said in held for each in said.overage_allowed]),
    )


def _unshadowed(own: Iterable[Any], said: Iterable[Any]) -> tuple[Any, ...]:
    """Of several plans the first counts; of usage limits, the most restrictive."""
    shadowed = {subject(each) for each in own}
    found: dict[Any, Any] = {}
    for entry in said:
        key = subject(entry)
        known = found.get(key)
        stricter = known is not None and isinstance(entry, UsageLimit) and entry.limit < known.limit
        if key not in shadowed and (known is None or stricter):
            found[key] = entry
    return tuple(found.values())

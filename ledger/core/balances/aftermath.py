"""What a use brings about by itself: alerts that were asked for, and units that are bought when few are left (§2.9)."""

from collections.abc import Sequence

from ledger.core.balances.alerts import crossed
from ledger.core.balances.controls import Effective
from ledger.core.balances.topup import TOP_UP, give_up, top_up
from ledger.core.decider import Context
from ledger.core.draft import Draft
from ledger.core.events import Event, LockClosed, LockOpened, Origin, PaymentRequested, UsageRecorded
from ledger.core.invoices.invoicing import finish
from ledger.core.state import Customer

Use = UsageRecorded | LockOpened | LockClosed


def follow(customer: Customer, event: Use, controls: Effective, context: Context) -> Sequence[Event]:
    """The event, and what follows from it at once."""
    if not controls.usage_alerts and not controls.auto_topups:
        return [event]
    touched = [event.feature_id, *(customer.grants[each.grant_id].feature_id for each in event.allocations)]
    features = list(dict.fromkeys(touched))
    draft = _told(customer, event, controls, features, context)
    asked = {feature_id: top_up(draft, controls, feature_id) for feature_id in features}
    planned = finish(draft, TOP_UP, origin=Origin.USAGE)
    declined = next((each for each in planned.events if isinstance(each, PaymentRequested)), None)
    if declined is None or not planned.abandoned:
        return planned.events
    draft = _told(customer, event, controls, features, context)  # what was used was used, paid for or not
    bought = {feature_id: plan_id for feature_id, plan_id in asked.items() if plan_id is not None}
    give_up(draft, controls, bought, declined.amount_minor, declined.currency)
    return draft.events


def _told(customer: Customer, event: Use, controls: Effective, features: Sequence[str], context: Context) -> Draft:
    draft = Draft(customer, context)
    draft.happen(event)
    draft.happen(*crossed(draft, controls, features, event.entity_id))
    return draft

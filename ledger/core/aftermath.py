"""What a use brings about by itself: alerts that were asked for, and units that are bought when few are left (§2.9)."""

from collections.abc import Sequence

from ledger.core.alerts import crossed
from ledger.core.controls import Effective
from ledger.core.decider import Context
from ledger.core.draft import Draft
from ledger.core.events import Event, LockClosed, LockOpened, Origin, UsageRecorded
from ledger.core.invoicing import finish
from ledger.core.state import Customer
from ledger.core.topup import top_up


def follow(
    customer: Customer, event: UsageRecorded | LockOpened | LockClosed, controls: Effective, context: Context
) -> Sequence[Event]:
    """The event, and what follows from it at once."""
    if not controls.usage_alerts and not controls.auto_topups:
        return [event]
    draft = Draft(customer, context)
    draft.happen(event)
    touched = [event.feature_id, *(customer.grants[each.grant_id].feature_id for each in event.allocations)]
    features = list(dict.fromkeys(touched))
    draft.happen(*crossed(draft, controls, features, event.entity_id))
    for feature_id in features:
        top_up(draft, controls, feature_id)
    return finish(draft, "top_up", origin=Origin.USAGE).events

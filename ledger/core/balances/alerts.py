"""Usage alerts: a threshold is told of once, by the use that crosses it (reference §2.9)."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from ledger.core.balances.balance import Grant
from ledger.core.balances.controls import Effective
from ledger.core.balances.deduction import in_scope
from ledger.core.balances.limits import window
from ledger.core.draft import Draft
from ledger.core.events import UsageAlerted
from ledger.core.money import ZERO, multiply, subtract, total
from ledger.core.state import Customer
from ledger.core.terms import UsageAlert

_ALL: Final = Decimal(100)


class _Stand(NamedTuple):
    used: Decimal
    remaining: Decimal
    whole: Decimal


def crossed(draft: Draft, controls: Effective, feature_ids: Sequence[str], entity_id: str | None) -> list[UsageAlerted]:
    """The thresholds of these features that were not reached before the draft's events and are now."""
    return list(_crossed(draft, controls, feature_ids, entity_id))


def _crossed(
    draft: Draft, controls: Effective, feature_ids: Sequence[str], entity_id: str | None
) -> Iterator[UsageAlerted]:
    for alert in controls.usage_alerts:
        for feature_id in feature_ids:
            if alert.feature_id not in (None, feature_id):
                continue
            was, now = (
                _stand(customer, draft, controls, alert, feature_id, entity_id)
                for customer in (draft.before, draft.customer)
            )
            if was is not None and now is not None and _reached(alert, now) and not _reached(alert, was):
                yield UsageAlerted(feature_id, alert.threshold, alert.threshold_type, alert.name, entity_id)


def _reached(alert: UsageAlert, stand: _Stand) -> bool:
    match alert.threshold_type:
        case "usage":
            return stand.used >= alert.threshold
        case "remaining":
            return stand.remaining <= alert.threshold
        case "usage_percentage":
            return stand.whole > ZERO and multiply(stand.used, _ALL) >= multiply(stand.whole, alert.threshold)
        case _:
            return stand.whole > ZERO and multiply(stand.remaining, _ALL) <= multiply(stand.whole, alert.threshold)


def _stand(
    customer: Customer, draft: Draft, controls: Effective, alert: UsageAlert, feature_id: str, entity_id: str | None
) -> _Stand | None:
    """What is measured against the threshold; None where there is nothing to measure, or no end to it."""
    if alert.basis == "usage_limit":
        return _of_limit(customer, draft, controls, alert, feature_id)
    grants = [each for each in in_scope(customer.grants.values(), feature_id, entity_id) if _counts(alert, each)]
    endless = any(grant.terms.unlimited for grant in grants)
    if not grants or (endless and alert.threshold_type != "usage"):
        return None
    whole = total(grant.included if alert.basis == "included" else grant.granted for grant in grants)
    return _Stand(total(grant.used for grant in grants), _left(grants), whole)


def _counts(alert: UsageAlert, grant: Grant) -> bool:
    match alert.basis:
        case "included":
            return not grant.loose and grant.terms.rollover_of is None
        case "recurring":
            return grant.terms.reset is not None and grant.terms.reset.repeats
        case _:
            return True


def _left(grants: Iterable[Grant]) -> Decimal:
    return total(max(ZERO, grant.balance) for grant in grants)


def _of_limit(
    customer: Customer, draft: Draft, controls: Effective, alert: UsageAlert, feature_id: str
) -> _Stand | None:
    for scoped in controls.usage_limits:
        if scoped.limit.feature_id == feature_id and scoped.limit.properties == alert.properties:
            units = window(customer, scoped, draft.now, draft.context.settings.zone).units
            return _Stand(units, max(ZERO, subtract(scoped.limit.limit, units)), scoped.limit.limit)
    return None

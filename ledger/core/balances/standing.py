"""Where a feature stands for a customer or an entity (reference §2.1)."""

from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from decimal import Decimal

import msgspec

from ledger.core.balances.balance import Grant
from ledger.core.balances.deduction import in_order, in_scope, overage_allowed
from ledger.core.balances.entitlement import window
from ledger.core.money import ZERO, add, total


class Standing(msgspec.Struct, frozen=True):
    """The sums over a feature's grants. `remaining` never shows a debt: that is `usage` above `granted`.

    `max_purchase` is None where something is sold without end.
    """

    grants: Sequence[Grant]
    granted: Decimal
    remaining: Decimal
    usage: Decimal
    unlimited: bool
    overage_allowed: bool
    max_purchase: Decimal | None
    next_reset_at: datetime | None

    @property
    def boolean(self) -> bool:
        return bool(self.grants) and all(grant.boolean for grant in self.grants)


def standing(grants: Iterable[Grant], now: datetime, zone: tzinfo) -> Standing:
    """Sum up the grants of one feature, already in deduction order."""
    ordered = list(grants)
    granted = remaining = usage = ZERO
    for grant in ordered:
        granted = add(granted, grant.granted)
        remaining = add(remaining, max(ZERO, grant.balance))
        usage = add(usage, grant.used)
    resets = [period.end for grant in ordered if (period := window(grant, now, zone)) is not None]
    sold = [each.terms.price for each in ordered if each.terms.price and each.terms.rollover_of is None]
    limits = [each.max_purchase for each in sold if each.max_purchase is not None]
    return Standing(
        ordered,
        granted,
        remaining,
        usage,
        any(grant.terms.unlimited for grant in ordered),
        any(overage_allowed(grant) for grant in ordered),
        total(limits) if limits and len(limits) == len(sold) else None,
        min(resets, default=None),
    )


def held(
    grants: Iterable[Grant], feature_id: str, entity_id: str | None, *, longest_first: bool = False
) -> list[Grant]:
    """The grants of a feature that a customer, or an entity of it, draws on, in deduction order."""
    return in_order(in_scope(grants, feature_id, entity_id), entity_id, longest_first=longest_first)

"""Sums of balances at a moment of the past, folded from the log, for as many customers as one may wait for.

No read model keeps what every balance once was. So what the customer list shows, filters or sorts by sums of then is
worked out from the events of the customers that its other filters leave, and refused where these are too many.
"""

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from types import MappingProxyType
from typing import Final, NamedTuple
from uuid import UUID

from api.call import Call
from api.reads.past import Then
from ledger.core.errors import InvalidRequest
from ledger.core.state import Customer
from ledger.store.snapshots import MILESTONES_APART
from projections.balances.fold import Sums, sums_of
from projections.reads import AccountRow, BalanceTest, Ordering
from replay.past import Past

MOST_CUSTOMERS: Final = 500
MOST_EVENTS: Final = 200_000
_NARROW: Final = "narrow it by plan, status, search, metadata or created_from, or leave feature and balance out"
_COMPARES: Final[Mapping[str, Callable[[Decimal, Decimal], bool]]] = MappingProxyType(
    {"lt": operator.lt, "lte": operator.le, "eq": operator.eq, "gte": operator.ge, "gt": operator.gt}
)

Found = Mapping[str, Sums | None]


class TooMany(InvalidRequest):
    """More customers, or longer histories, than balances of the past are worked out for in one answer."""

    def __init__(self, what: str) -> None:
        super().__init__(f"Balances of the past are worked out from events, and this list has {what}: {_NARROW}")


class Standing(NamedTuple):
    """A customer of the list with its sums of then, by feature; None where it had no balance of it."""

    row: AccountRow
    sums: Found

    def shown(self, feature_id: str | None) -> AccountRow:
        """The row with the sums of a feature."""
        found = None if feature_id is None else self.sums[feature_id]
        return self.row if found is None else self.row._replace(**found._asdict())


def standings(call: Call, then: Then, rows: Iterable[AccountRow], features: Iterable[str]) -> list[Standing]:
    """The sums of some customers, in their order. Raises `TooMany`."""
    wanted, found, events = sorted(set(features)), list[Standing](), 0
    with _past(call) as past:
        for row in rows:
            customer = _stood(past, then, row.stream_id)
            events += min(customer.version, MILESTONES_APART)
            if len(found) >= MOST_CUSTOMERS:
                raise TooMany(f"more than {MOST_CUSTOMERS} customers")
            if events > MOST_EVENTS:
                raise TooMany(f"customers with more than {MOST_EVENTS} events together")
            found.append(Standing(row, {each: sums_of(customer.grants.values(), each) for each in wanted}))
    return found


def passes(standing: Standing, tests: Sequence[BalanceTest]) -> bool:
    """Whether all of these hold; nothing does of a feature that it had no balance of."""
    return all(_holds(standing.sums[test.feature_id], test) for test in tests)


def in_order(standings: Sequence[Standing], ordering: Ordering) -> list[Standing]:
    """Sorted by a sum of the ordering's feature, those that had no balance of it last, whichever way it goes."""
    assert ordering.feature_id is not None
    having, lacking = list[tuple[Decimal, UUID, Standing]](), list[Standing]()
    for each in standings:
        sums = each.sums[ordering.feature_id]
        if sums is None:
            lacking.append(each)
        else:
            having.append((_sum(sums, ordering.sort), each.row.stream_id, each))
    having.sort(key=lambda each: each[:2], reverse=ordering.descending)
    lacking.sort(key=lambda each: each.row.stream_id, reverse=ordering.descending)
    return [*(each for _, _, each in having), *lacking]


def _holds(sums: Sums | None, test: BalanceTest) -> bool:
    return sums is not None and _COMPARES[test.comparison](_sum(sums, test.column), test.number)


def _sum(sums: Sums, column: str) -> Decimal:
    if sums.unlimited and column != "usage":
        return Decimal("Infinity")
    found: Decimal = getattr(sums, column)
    return found


def _stood(past: Past, then: Then, stream_id: UUID) -> Customer:
    """A customer as what was recorded had left it: lists show no more than that."""
    try:
        return past.customer(stream_id, then.when, then.settings).recorded
    except InvalidRequest:
        # A sandbox customer whose own clock has not come as far: of it everything that was known counts.
        return past.customer(stream_id, then.when._replace(at=None), then.settings).recorded


@contextmanager
def _past(call: Call) -> Iterator[Past]:
    store = call.services.store
    with store.pool.connection() as conn:
        yield Past(conn, store.operator, call.identity.ledger.ledger_id)

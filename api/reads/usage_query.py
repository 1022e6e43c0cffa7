"""What a request asks of usage: which uses, as of when, and whether their rows or sums of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any
from uuid import UUID

from api.call import Call
from api.reads.past import on_record, then_of
from api.reads.query import first_instant
from api.reads.usage_parameters import WORDS, check, groups_of, property_name, summed
from api.v1.ranges import SHORTEST, cycle_of
from api.wire import limits
from api.wire.refusals import InvalidInputs
from ledger.core.errors import InvalidRequest
from ledger.core.state import Customer
from ledger.store.addresses import CustomerAddress
from projections.queries.aggregate import Asked, Measure
from projections.queries.bins import Bins, BinSize, Cycle, Range, bins, one_bin
from projections.queries.uses import Groups, UseFilter
from projections.view import View
from projections.when import When


@dataclass(frozen=True)
class UsageAsked:
    """A request, read: `keep` has the range too, `customer` is there where one was named and its cycles are asked for.

    `zone` is the one that days are counted in; `billed_in` the ledger's, which billing cycles are counted in whatever
    was asked for.
    """

    query: Mapping[str, Any]
    keep: UseFilter
    zone: tzinfo
    billed_in: tzinfo
    when: When | None
    customer: Customer | None

    @property
    def summed(self) -> bool:
        """Whether sums are asked for."""
        return summed(self.query)

    @property
    def measure(self) -> Measure:
        """What is summed."""
        return Measure(self.query["measure"] or Measure.VALUE)

    @property
    def names(self) -> tuple[str, ...]:
        """What is grouped by, as it was named."""
        return groups_of(self.query)

    @property
    def by(self) -> Groups:
        """What is grouped by."""
        names = self.names
        properties = tuple(name for each in names if (name := property_name(each)) is not None)
        return Groups(**{word: word in names for word in WORDS}, properties=properties)

    def position(self, view: View) -> int:
        """What the answer is as of."""
        return view.position if self.when is None else self.when.position

    def due(self, view: View) -> datetime | None:
        """Up to when due work is done, which is told of the present only."""
        return view.due if self.when is None else None

    def pinned(self, position: int) -> UseFilter:
        """The uses up to a position, whatever is recorded after it."""
        return self.keep if self.keep.upto_position == 0 else self.keep._replace(upto_position=position)

    def sums(self, view: View) -> Asked:
        """The sums that are asked for. Raises `TooManyBins`."""
        lower, upper = self.keep.used_from, self.keep.used_to
        if self.query["bin"] is None:
            whole_range = one_bin(lower or limits.EARLIEST, upper or limits.LATEST)
        else:
            whole_range = self._bins(view, lower, upper)
        return Asked(
            self.pinned(self.position(view)),
            whole_range,
            self.by,
            self.measure,
            self.query["top"],
        )

    def top(self) -> tuple[datetime, datetime]:
        """With `rest`: the stretch of which the top is."""
        first, end = (first_instant(self.query[name], self.zone) for name in ("top_from", "top_to"))
        return first or limits.EARLIEST, end or limits.LATEST

    def _bins(self, view: View, lower: datetime | None, upper: datetime | None) -> Bins:
        size = BinSize(self.query["bin"])
        first, last = lower, upper
        if lower is None or upper is None:
            ((first, last),) = view.rows("read_usage_bounds", ("usage",), stream_id=self.keep.stream_id)
            if first is None:
                return one_bin(limits.EARLIEST, limits.LATEST)
            first = lower or min(first, (upper or limits.LATEST) - SHORTEST)
            last = upper or max(last, first) + SHORTEST
        assert first is not None
        assert last is not None
        within = Range(first, last, whole_first=lower is None, whole_last=upper is None)
        zone = self.billed_in if size is BinSize.BILLING_CYCLE else self.zone
        return bins(size, zone, within, cycle=self._cycle(size), name=f"bin={size}")

    def _cycle(self, size: BinSize) -> Cycle | None:
        if size is not BinSize.BILLING_CYCLE:
            return None
        found = None if self.customer is None else cycle_of(self.customer)
        if found is None:
            raise InvalidRequest("bin was billing_cycle, and the customer is on no plan to count its cycles from")
        return found


def asked(call: Call, query: dict[str, Any], customer_id: str | None = None) -> UsageAsked:
    """Read a request. Raises `InvalidInputs` for what does not go together, `CustomerNotFound`, what `when_of` does."""
    customer_id = customer_id or query.get("customer_id")
    check(query, call.request.args, customer_id)
    stream_id, customer, when, billed_in = _whose(call, query, customer_id)
    zone = query["timezone"] or billed_in
    used_from, used_to = (first_instant(query[name], zone) for name in ("from", "to"))
    if used_from is not None and used_to is not None and used_to <= used_from:
        raise InvalidInputs({"to": "is not after from and must be"})
    upto = None if when is None else when.position
    if when is not None and when.at is not None:
        used_to = min(used_to or limits.LATEST, when.at + SHORTEST)
        if used_from is not None and used_from >= used_to:
            used_from, upto = used_to - SHORTEST, 0  # all that is asked about came later
    without = tuple(sorted(set(query["without"])))
    absent = [(name, None) for each in without if (name := property_name(each)) is not None]
    keep = UseFilter(
        stream_id=stream_id,
        feature_ids=tuple(sorted(set(query["feature_id"]))) or None,
        entity_id=query["entity_id"],
        plan_id=query["plan_id"],
        balance_feature_id=query["balance_feature_id"],
        event_name=query["event_name"],
        properties=(*sorted(query["properties"].items()), *absent),
        without=tuple(each for each in without if property_name(each) is None),
        used_from=used_from,
        used_to=used_to,
        upto_position=upto,
    )
    return UsageAsked(query, keep, zone, billed_in, when, customer)


def _whose(
    call: Call, query: dict[str, Any], customer_id: str | None
) -> tuple[UUID | None, Customer | None, When | None, tzinfo]:
    """The customer that is named, as of when, and the ledger's zone, which was another one before it was changed.

    Uses of a customer that is gone stay: of it there is the stream alone.
    """
    then = then_of(call, query)
    if then is None:
        zone = call.background.settings.zone
        if customer_id is None:
            return None, None, None, zone
        if query["bin"] != BinSize.BILLING_CYCLE:
            return call.settle(customer_id), None, None, zone
        step = call.look(CustomerAddress(customer_id)).steps[0]
        return step.stream_id, step.after if step.after.exists else None, None, zone
    if customer_id is None:
        return None, None, then.when, then.settings.zone
    stood = on_record(call, then, customer_id).stood
    return stood.stream_id, stood.customer if stood.customer.exists else None, then.when, then.settings.zone

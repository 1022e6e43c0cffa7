"""Uses and sums of uses as people and spreadsheets read them, and the query that leads from a sum to its uses."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import quote_plus
from uuid import UUID

import msgspec

from api.ids import USE, shown_customer, shown_local
from api.views.shapes import Json
from api.views.timeline import rfc_3339
from api.wire.json import plain, render
from api.wire.limits import EARLIEST, LATEST
from ledger.store.addresses import internal_id
from projections.jsonb import read_json
from projections.queries.aggregate import Asked, Sum
from projections.queries.uses import Group, Use

Customers = Mapping[UUID, str | None]
Pairs = list[tuple[str, str]]


def use_row(use: Use) -> Json:
    """One use, with what it took from each balance."""
    return {
        "id": shown_local(USE, use.stream_id, f"{use.version}.0"),
        "position": use.position,
        "customer_id": shown_customer(use.customer_id, use.stream_id),
        "internal_id": internal_id(use.stream_id),
        "feature_id": use.feature_id,
        "entity_id": use.entity_id,
        "event_name": use.event_name,
        "value": use.value,
        "used_at": rfc_3339(use.used_at),
        "at": rfc_3339(use.at),
        "properties": {} if use.properties is None else read_json(use.properties),
        "deductions": [] if use.deductions is None else [_deduction(each) for each in read_json(use.deductions)],
    }


def _deduction(taken: Json) -> Json:
    names = ("balance_id", "feature_id", "plan_id", "value", "units")
    return {name: taken[name] for name in names}


def group_of(found: Sum, asked: Asked, customers: Customers, names: Sequence[str]) -> Json:
    """The groups of a sum by the names of their fields."""
    group, by = found.group, asked.groups
    shown: Json = {}
    if by.feature:
        shown["feature_id"] = group.feature_id
    if by.balance:
        shown["balance_feature_id"] = found.taken_from
    if by.customer:
        shown["customer_id"] = group.stream_id and shown_customer(customers.get(group.stream_id), group.stream_id)
        shown["internal_id"] = group.stream_id and internal_id(group.stream_id)
    if by.entity:
        shown["entity_id"] = group.entity_id
    if by.plan:
        shown["plan_id"] = group.plan_id
    if by.properties:
        values = group.properties or (None,) * len(by.properties)
        shown["properties"] = dict(zip(names, values, strict=True))
    return shown


class Links:
    """The queries that lead from the sums of one answer to their uses. `ranked` says, of the sum of all other groups,
    which groups are told apart.

    The sums have most of their words in common: those of a group and those of a bin are written once.
    """

    def __init__(self, path: str, asked: Asked, ranked: Pairs, position: int) -> None:
        self._path, self._asked, self._ranked = path, asked, _words(ranked)
        self._end = _words([("as_of", f"position:{position}")]).removesuffix("&")
        self._groups: dict[tuple[Group, str | None, bool], str] = {}
        self._bins: dict[int, str] = {}

    def of(self, found: Sum) -> str:
        """The query of one sum."""
        return self.begin(found) + self.end(found)

    def begin(self, found: Sum) -> str:
        """Its part that says which group."""
        key = found.group, found.taken_from, found.rest
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = f"{self._path}?{_words(self._group(*key))}"
        return group

    def end(self, found: Sum) -> str:
        """Its part that says which bin."""
        span = self._bins.get(found.bin)
        if span is None:
            start, end = self._asked.bins.edges[found.bin : found.bin + 2]
            span = self._bins[found.bin] = _words(between("from", start, "to", end))
        return f"{span}{self._ranked if found.rest else ''}{self._end}"

    def _group(self, group: Group, taken_from: str | None, rest: bool) -> Pairs:  # noqa: FBT001  a part of a sum's key
        keep, by = self._asked.keep, self._asked.groups
        pairs: Pairs = []
        if group.feature_id is not None and by.feature:
            pairs.append(("feature_id", group.feature_id))
        else:
            pairs += [("feature_id", each) for each in keep.feature_ids or ()]
        whose = (group.stream_id if by.customer else None) or keep.stream_id
        if whose is not None and not self._path.startswith("/v1/customers/"):
            pairs.append(("customer_id", internal_id(whose)))
        # The other groups have no value of their own: what all uses are kept by still holds for them.
        by_entity, by_plan = by.entity and not rest, by.plan and not rest
        pairs += _named("entity", group.entity_id if by_entity else keep.entity_id, absent=by_entity)
        pairs += _named("plan", group.plan_id if by_plan else keep.plan_id, absent=by_plan)
        balance_feature_id = taken_from if by.balance else keep.balance_feature_id
        pairs += [("balance_feature_id", balance_feature_id)] if balance_feature_id is not None else []
        pairs += [("event_name", keep.event_name)] if keep.event_name is not None else []
        asked_for = dict(keep.properties) | ({} if rest else dict(zip(by.properties, group.properties, strict=True)))
        for name, value in asked_for.items():
            pairs.append(("without", f"properties.{name}") if value is None else (f"properties.{name}", value))
        return [*pairs, *(("without", each) for each in keep.without)]


class SumRows:
    """How the sums of one answer are shown: each has only what was asked for, which is its stretch of time, its groups
    and its number; and the way to its uses.

    A year by day is many rows of the same few words: they are put together as JSON of pieces that are made once.
    """

    def __init__(self, asked: Asked, customers: Customers, names: Sequence[str], links: Links) -> None:
        self._asked, self._customers, self._names, self._links = asked, customers, names, links
        self._groups: dict[tuple[Group, str | None, bool], tuple[str, str]] = {}
        self._bins: dict[tuple[int, bool], tuple[str, str]] = {}

    def row(self, found: Sum) -> msgspec.Raw:
        """One sum, as JSON."""
        key, place = (found.group, found.taken_from, found.rest), (found.bin, found.rest)
        begin, link = self._groups.get(key) or self._groups.setdefault(key, self._of_group(found))
        span, end = self._bins.get(place) or self._bins.setdefault(place, self._of_bin(found))
        amount = found.amount(self._asked.measure)
        number = plain(amount) if isinstance(amount, Decimal) else str(amount)
        return msgspec.Raw(f"{{{span}{begin}{number}{link}{end}}}".encode())

    def _of_group(self, found: Sum) -> tuple[str, str]:
        """What stands before the number of a group's sums and after it. A link is quoted for an address, which leaves
        nothing in it that JSON would write otherwise.
        """
        rest, measure = "true" if found.rest else "false", self._asked.measure
        fields = _fields(group_of(found, self._asked, self._customers, self._names))
        return f'{fields}"rest":{rest},"{measure}":', f',"rows":"{self._links.begin(found)}'

    def _of_bin(self, found: Sum) -> tuple[str, str]:
        """What a bin's sums begin and end with."""
        return self._span(found.bin), f'{self._links.end(found)}"'

    def _span(self, number: int) -> str:
        start, end = self._asked.bins.edges[number : number + 2]
        began = "null" if start == EARLIEST else f'"{_instant(start)}"'
        ended = "null" if end == LATEST else f'"{_instant(end)}"'
        return f'"start":{began},"end":{ended},'


def _fields(fields: Json) -> str:
    """Some fields of an object as they stand in its JSON, with more to come."""
    return f"{render(fields).decode()[1:-1]}," if fields else ""


# One answer after the other is of the same days.
_quoted = lru_cache(4_096)(quote_plus)
_instant = lru_cache(4_096)(rfc_3339)


def _words(pairs: Pairs) -> str:
    return "".join([f"{_quoted(name)}={_quoted(value)}&" for name, value in dict.fromkeys(pairs)])


def between(from_name: str, start: datetime, to_name: str, end: datetime) -> Pairs:
    """A stretch of time in a query; what has no bound is left out."""
    lower = [(from_name, _instant(start))] if start > EARLIEST else []
    return lower + ([(to_name, _instant(end))] if end < LATEST else [])


def _named(name: str, value: str | None, *, absent: bool) -> Pairs:
    if value is not None:
        return [(f"{name}_id", value)]
    return [("without", name)] if absent else []


def export_row(row: Sequence[Any]) -> Sequence[Any]:
    """A use as a line of a file; the columns of USE_COLUMNS."""
    position, stream_id, version, customer_id, *others = row
    internal = internal_id(stream_id)
    return (
        shown_local(USE, stream_id, f"{version}.0"),
        position,
        internal if customer_id is None else customer_id,
        internal,
        *others,
    )


def sum_lines(
    asked: Asked, found: Iterable[Sum], customers: Customers, names: Sequence[str]
) -> Iterable[Sequence[datetime | str | Decimal | int | bool | None]]:
    """Sums as lines of a file; the columns of SUM_COLUMNS."""
    for each in found:
        group = group_of(each, asked, customers, names)
        properties = group.get("properties")
        start, end = asked.bins.edges[each.bin], asked.bins.edges[each.bin + 1]
        yield (
            None if start == EARLIEST else start,
            None if end == LATEST else end,
            group.get("feature_id"),
            group.get("balance_feature_id"),
            group.get("customer_id"),
            group.get("internal_id"),
            group.get("entity_id"),
            group.get("plan_id"),
            None if properties is None else msgspec.json.encode(properties).decode(),
            each.rest,
            asked.measure.value,
            Decimal(each.amount(asked.measure)),
        )

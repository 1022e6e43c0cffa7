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
from api.wire.limits import EARLIEST, LATEST
from ledger.store.addresses import internal_id
from projections.jsonb import read_json
from projections.queries.aggregate import Asked, Sum
from projections.queries.uses import Use

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


def sum_row(asked: Asked, found: Sum, customers: Customers, names: Sequence[str], link: str) -> Json:
    """One sum. It has only what was asked for: its stretch of time, its groups, its number; and the way to its uses."""
    start, end = asked.bins.edges[found.bin], asked.bins.edges[found.bin + 1]
    return {
        "start": None if start == EARLIEST else _instant(start),
        "end": None if end == LATEST else _instant(end),
        **group_of(found, asked, customers, names),
        "rest": found.rest,
        asked.measure.value: found.amount(asked.measure),
        "rows": link,
    }


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


def link_of(path: str, asked: Asked, found: Sum, ranked: Pairs, position: int) -> str:
    """The query whose uses a sum is of. `ranked` says, of the sum of all other groups, which groups are told apart."""
    keep, group, by = asked.keep, found.group, asked.groups
    start, end = asked.bins.edges[found.bin], asked.bins.edges[found.bin + 1]
    pairs: Pairs = []
    if found.group.feature_id is not None and by.feature:
        pairs.append(("feature_id", found.group.feature_id))
    else:
        pairs += [("feature_id", each) for each in keep.feature_ids or ()]
    if by.customer and group.stream_id is not None:
        pairs.append(("customer_id", internal_id(group.stream_id)))
    elif keep.stream_id is not None and not path.startswith("/v1/customers/"):
        pairs.append(("customer_id", internal_id(keep.stream_id)))
    pairs += _named("entity", group.entity_id if by.entity else keep.entity_id, absent=by.entity and not found.rest)
    pairs += _named("plan", group.plan_id if by.plan else keep.plan_id, absent=by.plan and not found.rest)
    taken_from = found.taken_from if by.balance else keep.balance_feature_id
    pairs += [("balance_feature_id", taken_from)] if taken_from is not None else []
    pairs += [("event_name", keep.event_name)] if keep.event_name is not None else []
    asked_for = dict(keep.properties) | (
        dict(zip(by.properties, group.properties, strict=True)) if not found.rest else {}
    )
    for name, value in asked_for.items():
        pairs.append(("without", f"properties.{name}") if value is None else (f"properties.{name}", value))
    pairs += [("without", each) for each in keep.without]
    pairs += between("from", start, "to", end)
    if found.rest:
        pairs += ranked
    pairs.append(("as_of", f"position:{position}"))
    return f"{path}?{'&'.join([f'{_quoted(name)}={_quoted(value)}' for name, value in dict.fromkeys(pairs)])}"


# The sums of an answer have most of their words in common.
_quoted = lru_cache(4_096)(quote_plus)
_instant = lru_cache(4_096)(rfc_3339)


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
    use = Use(*row)
    return (
        shown_local(USE, use.stream_id, f"{use.version}.0"),
        use.position,
        shown_customer(use.customer_id, use.stream_id),
        internal_id(use.stream_id),
        use.feature_id,
        use.entity_id,
        use.event_name,
        use.value,
        use.used_at,
        use.at,
        use.properties,
        use.deductions,
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

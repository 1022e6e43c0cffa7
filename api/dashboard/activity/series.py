"""Sums of uses as graphs: one for each unit, as units of different features are never added up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Final

from api.ids import shown_customer
from api.views.shapes import Json
from api.views.uses import Customers
from api.wire.json import render
from ledger.core.money import ZERO, add
from ledger.core.offers.catalog import Catalog
from projections.queries.aggregate import Asked, Measure, Sum
from projections.queries.bins import Bins, BinSize

REST: Final = "All others"
NONE: Final = "none"
MOST_PANELS: Final = 6


@dataclass
class Series:
    """What one group used: an amount for each bin, and for those that have one the way to its uses."""

    label: str
    rest: bool
    amounts: list[Decimal]
    links: dict[int, str] = field(default_factory=dict)

    @property
    def total(self) -> Decimal:
        """Over the whole range."""
        return sum(self.amounts, ZERO)


@dataclass
class Panel:
    """One graph: everything in it is counted in the same unit."""

    name: str
    unit: str
    uses: int
    series: list[Series]
    labels: Sequence[str]
    titles: Sequence[str]

    @property
    def drawn(self) -> str:
        """What the script draws, as JSON."""
        series = [{"label": each.label, "values": each.amounts} for each in self.series]
        shown = {"labels": self.labels, "titles": self.titles, "series": series, "unit": self.unit}
        return render(shown).decode()

    @property
    def total(self) -> Decimal:
        """Of all groups, over the whole range."""
        return sum((each.total for each in self.series), ZERO)

    @property
    def rows(self) -> Iterable[Json]:
        """The same numbers as a table: bins in which something was used."""
        for index, title in enumerate(self.titles):
            if any(index in each.links for each in self.series):
                cells = [(each.amounts[index], each.links.get(index)) for each in self.series]
                yield {"title": title, "cells": cells, "total": sum((amount for amount, _ in cells), ZERO)}


def panels(
    asked: Asked,
    found: Sequence[Sum],
    links: Sequence[str],
    *,
    catalog: Catalog,
    customers: Customers,
    size: BinSize,
    zone: tzinfo,
) -> list[Panel]:
    """The graphs of an answer, those with the most uses first. `links` lead to the uses of each sum."""
    labels, titles = named_bins(asked.bins, size, zone)
    made: dict[tuple[str | None, str | None], Panel] = {}
    groups: dict[tuple[object, ...], Series] = {}
    for each, link in zip(found, links, strict=True):
        unit = _unit(asked, each)
        panel = made.get(unit)
        if panel is None:
            panel = made[unit] = Panel(*_names(asked, unit, catalog), 0, [], labels, titles)
        panel.uses += each.uses
        key = (unit, each.rest, each.group)
        series = groups.get(key)
        if series is None:
            label = _label(asked, each, customers, catalog, panel.name)
            series = groups[key] = Series(label, each.rest, [ZERO] * len(labels))
            panel.series.append(series)
        series.amounts[each.bin] = add(series.amounts[each.bin], Decimal(each.amount(asked.measure)))
        series.links[each.bin] = link
    for panel in made.values():
        panel.series.sort(key=lambda each: (each.rest, -abs(each.total), each.label))
    return sorted(made.values(), key=lambda panel: (-panel.uses, panel.name))


def _unit(asked: Asked, found: Sum) -> tuple[str | None, str | None]:
    """What is counted in the same unit lies in the same graph."""
    if asked.measure is Measure.COUNT:
        return None, None
    return (None if found.taken_from is not None else found.group.feature_id), found.taken_from


def _names(asked: Asked, unit: tuple[str | None, str | None], catalog: Catalog) -> tuple[str, str]:
    """What a graph is called, and what its numbers count."""
    if asked.measure is Measure.COUNT:
        return "Uses", "uses"
    feature_id = unit[1] or unit[0] or ""
    feature = catalog.features.get(feature_id)
    name = feature_id if feature is None else feature.name
    return name, name


def _label(asked: Asked, found: Sum, customers: Customers, catalog: Catalog, panel: str) -> str:
    """What a group is called in the legend: the values that it is told apart by."""
    if found.rest:
        return REST
    group, by = found.group, asked.by
    parts: list[str] = []
    if by.feature or (asked.measure is Measure.DEDUCTED and group.feature_id is not None):
        feature = catalog.features.get(group.feature_id or "")
        parts.append(group.feature_id or NONE if feature is None else feature.name)
    if by.customer and group.stream_id is not None:
        parts.append(shown_customer(customers.get(group.stream_id), group.stream_id))
    if by.entity:
        parts.append(group.entity_id or "No entity")
    if by.plan:
        versions = catalog.plans.get(group.plan_id or "", ())
        parts.append(versions[-1].name if versions else group.plan_id or "No plan")
    parts += [value if value is not None else NONE for value in group.properties]
    return " · ".join(parts) or panel


def named_bins(bins: Bins, size: BinSize, zone: tzinfo) -> tuple[list[str], list[str]]:
    """What bins are called on an axis, shortly, and wherever there is room."""
    starts = [each.astimezone(UTC if size is BinSize.HOUR else zone) for each in bins.starts]
    return [_short(each, size) for each in starts], [_whole(each, size) for each in starts]


def _short(start: datetime, size: BinSize) -> str:
    match size:
        case BinSize.HOUR:
            return f"{start:%H:%M}" if start.hour else f"{start.day} {start:%b}"
        case BinSize.MONTH:
            return f"{start:%b %Y}"
    return f"{start.day} {start:%b}"


def _whole(start: datetime, size: BinSize) -> str:
    day = f"{start.day} {start:%b %Y}"
    match size:
        case BinSize.HOUR:
            return f"{day}, {start:%H:%M} UTC"
        case BinSize.DAY:
            return f"{start:%a} {day}"
        case BinSize.WEEK:
            return f"Week of {day}"
        case BinSize.MONTH:
            return f"{start:%B %Y}"
        case BinSize.BILLING_CYCLE:
            return f"Cycle from {day}"

"""Sums of uses by bin and group. The one place that decides what they are read from.

Sums of the whole ledger, and of a customer with a long history, are read from cells of half an hour that the projection
keeps; only in cells that an edge of a bin cuts the rows are summed. What the cells do not tell is summed from the rows:
groups or filters by plan, event name or property, by customer or entity in the whole ledger, and what was known before.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Any, Final, NamedTuple
from uuid import UUID

from ledger.core.errors import InvalidInput
from ledger.core.money import ZERO, add
from ledger.store.binary import InstantArray
from ledger.store.chain import instant_field
from projections.queries.bins import REMEMBERED, Bins
from projections.queries.uses import Group, Groups, UseFilter
from projections.usage.fold import MODEL
from projections.usage.tables import cell_of
from projections.view import View

MODELS: Final = ("usage",)
MOST_SUMS: Final = 10_000


class Measure(StrEnum):
    """What is summed: units as they were used, units or credits that left balances, or how many uses there were."""

    VALUE = "value"
    DEDUCTED = "deducted"
    COUNT = "count"


class Source(StrEnum):
    """What sums are read from: cells of the ledger, cells of a customer, or rows."""

    LEDGER = "ledger"
    STREAM = "stream"
    ROWS = "rows"


class TooManySums(InvalidInput):
    """More bins and groups than one answer holds."""

    def __init__(self) -> None:
        super().__init__(
            f"The answer would have more than {MOST_SUMS} sums: ask for a top, fewer groups, longer bins or a shorter "
            "range"
        )


@dataclass(frozen=True)
class Asked:
    """Which uses are summed, by what, in which bins, and how many groups are told apart.

    Units of different features are never added up: sums of values are by feature whatever else they are by, and of
    what left balances by the feature of the balances. `top` tells the groups of the largest sums over all bins apart,
    those of each feature by themselves, and adds the others up. Only counts can be compared across features: there the
    feature is a part of the group, if it is named.
    """

    keep: UseFilter
    bins: Bins
    by: Groups = field(default=Groups())
    measure: Measure = Measure.VALUE
    top: int | None = None
    most: int = MOST_SUMS

    @cached_property
    def groups(self) -> Groups:
        """What is split by in the end."""
        by = self.by
        if self.measure is Measure.DEDUCTED:
            return by._replace(balance=True)
        return by._replace(feature=by.feature or self.measure is Measure.VALUE)

    @property
    def rank_features(self) -> bool:
        """Whether features are ranked against each other."""
        return self.by.feature and self.measure is Measure.COUNT

    @property
    def parts(self) -> bool:
        """Whether it matters what a use took from which balance."""
        by, keep = self.groups, self.keep
        return (
            self.measure is Measure.DEDUCTED
            or by.plan
            or by.balance
            or by.grant
            or keep.plan_id is not None
            or keep.balance_feature_id is not None
            or "plan" in keep.without
        )


class Sum(NamedTuple):
    """A sum: its bin, its group, or all groups beyond the top where `rest`.

    `uses` have a part in it; `deducted` is told where the measure is. `taken_from` is the feature whose balances were
    taken from, `grant_id` one such balance of the customer.
    """

    bin: int
    group: Group
    taken_from: str | None
    grant_id: str | None
    rest: bool
    value: Decimal
    uses: int
    deducted: Decimal

    def amount(self, measure: Measure) -> Decimal | int:
        """The number that was asked for."""
        match measure:
            case Measure.VALUE:
                return self.value
            case Measure.DEDUCTED:
                return self.deducted
            case Measure.COUNT:
                return self.uses


def sums(view: View, asked: Asked, *, source: Source | None = None) -> list[Sum]:
    """The sums that are asked for, by bin and then group; bins and groups without uses have none.

    With `top` the groups of a bin are in the order of their sums over all bins, the largest first and the rest last.
    Needs the model usage. Raises `TooManySums`. `source` is for tests: rows can always be summed.
    """
    view.standing.require(MODEL)
    chosen = source or source_of(view, asked)
    found = None if chosen is Source.ROWS else _from_cells(view, asked, chosen)
    if found is None:
        found = _from_rows(view, asked, [(asked.bins.lower, asked.bins.upper)], asked.top)
    if asked.measure is Measure.DEDUCTED:
        found = [each for each in found if each.deducted != ZERO]
    if len(found) > asked.most:
        raise TooManySums
    return sorted(found, key=_order(found) if asked.top is None else _ranking(found, asked))


def source_of(view: View, asked: Asked) -> Source:
    """Where the sums are read from."""
    keep, by = asked.keep, asked.by
    past = keep.upto_position is not None and keep.upto_position < view.position
    told = by.plan or by.grant or by.properties or keep.plan_id is not None or keep.without or keep.properties
    if past or told or keep.event_name is not None or keep.balance_feature_id is not None:
        return Source.ROWS
    if keep.stream_id is not None:
        long = view.rows("find_stream_sums", MODELS, stream_id=keep.stream_id)[0][0]
        return Source.STREAM if long else Source.ROWS
    if by.customer or by.entity or keep.entity_id is not None:
        return Source.ROWS
    return Source.LEDGER


def _from_cells(view: View, asked: Asked, source: Source) -> list[Sum] | None:
    """Whole cells, and the rows of those that are cut; None where credits were taken, which cells do not tell apart."""
    keep, bins, by = asked.keep, asked.bins, asked.groups
    spans = bins.spans()
    cells = view.rows(
        "sum_cells" if source is Source.LEDGER else "sum_stream_cells",
        MODELS,
        **keep.parameters(),
        edges=_instants(bins.edges),
        first_cell=cell_of(bins.lower),
        end=bins.upper,
        cut=[cell_of(lower) for lower, _ in spans],
        by_entity=by.entity,
        measure=asked.measure.value,
    )
    if asked.measure is Measure.DEDUCTED and any(on_credits for *_, on_credits in cells):
        return None
    stream_id = keep.stream_id if by.customer else None
    pairs = {(feature_id, entity_id) for _, feature_id, entity_id, *_ in cells}
    groups = {pair: (_group(pair, by, stream_id), pair[0] if by.balance else None) for pair in pairs}
    found = [
        Sum(bin_, *groups[feature_id, entity_id], None, False, value, uses, deducted)  # noqa: FBT003  each row pays
        for bin_, feature_id, entity_id, value, uses, deducted, _ in cells
    ]
    rows = _from_rows(view, asked, spans, None) if spans else []
    return _merged([*found, *rows], asked)


def _group(pair: tuple[str, str | None], by: Groups, stream_id: UUID | None) -> Group:
    feature_id, entity_id = pair
    return Group(feature_id if by.feature else None, stream_id, entity_id)


def _from_rows(view: View, asked: Asked, spans: Sequence[tuple[datetime, datetime]], top: int | None) -> list[Sum]:
    rows = view.rows(
        "sum_taken" if asked.parts else "sum_uses",
        MODELS,
        **asked.keep.parameters(),
        **asked.groups.parameters(),
        edges=_instants(asked.bins.edges),
        lower=[lower for lower, _ in spans],
        upper=[upper for _, upper in spans],
        measure=asked.measure.value,
        top=top,
        rank_features=asked.rank_features,
        most=asked.most + 1,
    )
    return [
        Sum(bin_, Group(feature, stream, entity, plan, tuple(props or ())), taken, grant, rest, value, uses, deducted)
        for bin_, feature, taken, stream, entity, plan, grant, props, rest, value, uses, deducted in rows
    ]


@lru_cache(REMEMBERED)
def _instants(instants: tuple[datetime, ...]) -> InstantArray:
    # A bin for each day of years is an array that takes long to become text.
    return InstantArray.of(map(instant_field, instants), len(instants))


def _merged(found: Iterable[Sum], asked: Asked) -> list[Sum]:
    """The same sums from several places added up, and the groups beyond the top made one."""
    merged = _added(found)
    if asked.top is None:
        return merged
    weights = _weights(merged, asked)
    first = {league: _first(weight, asked.top) for league, weight in weights.items()}
    return _added(each if each.group in first[_league(each, asked)] else _rest(each, asked) for each in merged)


def _weights(found: Iterable[Sum], asked: Asked) -> dict[Any, dict[Group, Decimal]]:
    """The sum of each group over all bins, by league."""
    weights: dict[Any, dict[Group, Decimal]] = {}
    for each in found:
        weight = weights.setdefault(_league(each, asked), {})
        weight[each.group] = add(weight.get(each.group, ZERO), Decimal(each.amount(asked.measure)))
    return weights


def _first(weights: Mapping[Group, Decimal], top: int) -> set[Group]:
    return set(sorted(weights, key=lambda group: (-abs(weights[group]), _sortable(group)))[:top])


def _league(each: Sum, asked: Asked) -> tuple[str | None, str | None]:
    """What is ranked against each other has the same unit."""
    return None if asked.rank_features else each.group.feature_id, each.taken_from


def _added(found: Iterable[Sum]) -> list[Sum]:
    merged: dict[Any, Sum] = {}
    for each in found:
        key = each[:5]
        known = merged.get(key)
        if known is None:
            merged[key] = each
        else:
            value, deducted = add(known.value, each.value), add(known.deducted, each.deducted)
            merged[key] = known._replace(value=value, uses=known.uses + each.uses, deducted=deducted)
    return list(merged.values())


def _rest(each: Sum, asked: Asked) -> Sum:
    return each._replace(group=Group(None if asked.rank_features else each.group.feature_id), rest=True)


def _order(found: Sequence[Sum]) -> Callable[[Sum], Any]:
    """By bin, and in each bin by group."""
    groups = {group: _sortable(group) for group in {each.group for each in found}}
    return lambda each: (each.bin, each.rest, groups[each.group], each.taken_from or "", each.grant_id or "")


def _sortable(group: Group) -> Any:
    """Groups in an order of their own; what has no value comes last, as in the database."""
    parts = (group.feature_id, group.stream_id and str(group.stream_id), group.entity_id, group.plan_id)
    return [(part is None, part or "") for part in (*parts, *group.properties)]


def _ranking(found: Sequence[Sum], asked: Asked) -> Callable[[Sum], Any]:
    """The order of a top: in each bin the leagues by name, in each the largest group first."""
    weights, order = _weights((each for each in found if not each.rest), asked), _order(found)

    def place(each: Sum) -> Any:
        league = _league(each, asked)
        weight = ZERO if each.rest else weights[league][each.group]
        return each.bin, each.rest, [name or "" for name in league], -abs(weight), order(each)

    return place

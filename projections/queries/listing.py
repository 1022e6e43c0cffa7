"""How a question to the customer list becomes a statement: fixed texts, each in a file, put together.

Twelve columns to sort by, both ways, times every set of filters are more statements than anybody would read in files
of their own, and one that has them all is one that no index serves. So the parts are files, in
`projections.accounts.lists`, and this is the one place that joins them: with names out of closed sets, and placeholders
for everything a caller sent.
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, LiteralString, NamedTuple
from uuid import UUID

from psycopg.sql import SQL, Composable, Composed, Placeholder

from projections.statements import statement

PARTS: Final = "projections.accounts.lists"
MOST_BIGINT: Final = 2**63 - 1
_NUMBER: Final = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?")


def _text(text: str) -> str:
    if "\0" in text:
        raise ValueError(text)
    return text


def _whole(text: str) -> int:
    number = int(text)
    if abs(number) > MOST_BIGINT:
        raise ValueError(text)
    return number


def _number(text: str) -> Decimal:
    if text != "Infinity" and not _NUMBER.fullmatch(text):
        raise ValueError(text)
    return Decimal(text)


class Sort(NamedTuple):
    """A column to sort by: what of the row, its type, how a cursor's text becomes it, and what stands for nothing.

    `of_feature`: it is a sum of the feature that was asked for, and nothing is to have no balance of it.
    """

    key: LiteralString
    type: LiteralString
    parse: Callable[[str], Any]
    empty: LiteralString | None = None
    of_feature: bool = False

    @property
    def leaves_some_out(self) -> bool:
        """Whether there may be customers that have nothing to be sorted by."""
        return self.empty is not None or self.of_feature


def _of_text(key: LiteralString) -> Sort:
    return Sort(key, "text", _text, "''")


SORTS: Final = MappingProxyType(
    {
        "id": _of_text("a.id_key"),
        "internal_id": Sort("a.stream_id", "uuid", UUID),
        "name": _of_text("a.name_key"),
        "email": _of_text("a.email_key"),
        "plan": _of_text("a.plan_key"),
        "plan_id": _of_text("a.plan_id_key"),
        "plan_version": Sort("a.version_key", "integer", _whole, "0"),
        "plan_status": Sort("a.plan_status", "text", _text),
        "active_subscriptions": Sort("a.active_subscriptions", "bigint", _whole),
        "balance_owed": Sort("a.owed_minor", "bigint", _whole),
        "credit": Sort("a.credit_minor", "bigint", _whole),
        "created_at": Sort("a.created_at", "timestamptz", datetime.fromisoformat),
        "granted": Sort(
            "(CASE WHEN b.unlimited THEN 'Infinity' ELSE b.granted END)", "numeric", _number, of_feature=True
        ),
        "remaining": Sort(
            "(CASE WHEN b.unlimited THEN 'Infinity' ELSE b.remaining END)", "numeric", _number, of_feature=True
        ),
        "usage": Sort("b.usage", "numeric", _number, of_feature=True),
    }
)
"""Every column that the list can be sorted by."""

SUMS: Final[MappingProxyType[str, LiteralString]] = MappingProxyType(
    {
        "granted": "(CASE WHEN s.unlimited THEN 'Infinity' ELSE s.granted END)",
        "remaining": "(CASE WHEN s.unlimited THEN 'Infinity' ELSE s.remaining END)",
        "usage": "s.usage",
    }
)
COMPARISONS: Final[MappingProxyType[str, LiteralString]] = MappingProxyType(
    {"lt": "<", "lte": "<=", "eq": "=", "gte": ">=", "gt": ">"}
)


def part(name: str, **filled: Composable) -> Composed:
    """One of the texts, with what it has in braces filled in."""
    return SQL(statement(name, PARTS)).format(**filled)


def compares(number: int, column: str, comparison: str) -> Composed:
    """The condition on a sum of a feature; `feature_<number>` and `number_<number>` are its parameters."""
    return part(
        "with_balance",
        feature=Placeholder(f"feature_{number}"),
        column=SQL(SUMS[column]),
        comparison=SQL(COMPARISONS[comparison]),
        number=Placeholder(f"number_{number}"),
    )


def has_property(number: int, *, typed: bool) -> Composed:
    """The condition on a property of the metadata; `property_<number>`, and where typed `typed_<number>`."""
    filled = {"property": Placeholder(f"property_{number}")}
    if not typed:
        return part("with_metadata", **filled)
    return part("with_typed_metadata", typed=Placeholder(f"typed_{number}"), **filled)


class Stretch(NamedTuple):
    """A part of the list: those that have something to be sorted by, or (`empty`) those that have nothing."""

    sort: Sort
    descending: bool
    empty: bool

    def statement(self, whole: str, conditions: Sequence[Composed], *, goes_on: bool) -> Composed:
        """The statement of this stretch, from its beginning or (`goes_on`) from after a key."""
        key, way = SQL(self.sort.key), SQL("DESC" if self.descending else "ASC")
        order, whole_order = SQL("a.stream_id {}").format(way), SQL("stream_id {}").format(way)
        if not self.empty:
            order = SQL("{} {}, {}").format(key, way, order)
            whole_order = SQL("sorted_by {}, {}").format(way, whole_order)
        found = [*conditions, *self._kept(key), *([self._after(key)] if goes_on else [])]
        parts = {"key": key, "conditions": SQL("\n").join(found), "order": order}
        return part(whole, **parts, **({"whole_order": whole_order} if whole == "past" else {}))

    def _kept(self, key: SQL) -> Sequence[Composed]:
        if self.sort.of_feature:
            return [part("without_sums" if self.empty else "with_sums")]
        if self.sort.empty is None:
            return []
        return [part("without_key" if self.empty else "with_key", key=key, empty=SQL(self.sort.empty))]

    def _after(self, key: SQL) -> Composed:
        beyond = SQL("<" if self.descending else ">")
        if self.empty:
            return part("after_stream", beyond=beyond)
        return part("after", key=key, beyond=beyond, type=SQL(self.sort.type))


def estimate(conditions: Sequence[Composed]) -> Composed:
    """What asks the planner how many customers these conditions leave."""
    return part("estimate", conditions=SQL("\n").join(conditions))


def gathered(
    sort: Sort, conditions: Sequence[Composed], *, descending: bool, after: int | None, backwards: bool = False
) -> Composed:
    """The statement that gathers what a narrow filter leaves and sorts that, from after a key of a stretch.

    Going `backwards`, those that have nothing to be sorted by come first; `descending` is the way it is read.
    """
    beyond, begins = SQL("<" if descending else ">"), SQL("true").format()
    name = "gathered_before" if backwards else "gathered_after"
    if after == 0:
        begins = part(name, beyond=beyond, type=SQL(sort.type))
    elif after is not None:
        begins = part(f"{name}_stream", beyond=beyond)
    own = SQL("found.own_key")
    lacks = SQL("false") if sort.empty is None else SQL("{} = {}").format(own, SQL(sort.empty))
    return part(
        "gathered",
        own_key=SQL("NULL" if sort.of_feature else sort.key),
        key=SQL(sort.key) if sort.of_feature else own,
        lacks=SQL("b.feature_id IS NULL") if sort.of_feature else lacks,
        sorted_feature=SQL("%(feature_id)s::text" if sort.of_feature else "NULL"),
        conditions=SQL("\n").join(conditions),
        after=begins,
        way=SQL("DESC" if descending else "ASC"),
        lacks_way=SQL("DESC" if backwards else "ASC"),
    )


def stretches(sort: Sort, *, descending: bool) -> Sequence[Stretch]:
    """The parts of the list in their order."""
    first = Stretch(sort, descending, empty=False)
    return (first, Stretch(sort, descending, empty=True)) if sort.leaves_some_out else (first,)

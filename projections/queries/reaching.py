"""Which way to the entries of a timeline is quick: along an index in order, or by what is rare about them.

A filter with an index in the order of positions is answered from it at once. Others are looked for along the newest
entries (or the oldest), a few at most: that finds what is common, and what it does not find enough of is rare enough to
find all of it, by whatever index there is, and sort. Business time grows with the position but for latecomers: before
and after the place where it reaches an instant there are few of them, and they are looked for as what is rare.
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from psycopg.sql import Composed

from projections.statements import in_order
from projections.view import View

LOOK: Final = 2_000  # entries of a short walk
MODELS: Final = ("timeline",)
UNORDERED: Final = ("words", "amount_from", "amount_to")
WITHIN_STREAM: Final = (*UNORDERED, "kinds", "actor", "feature_id", "entity_id", "plan_id")
NARROWER: Final = ("entity_id", "plan_id")


class Stretch(NamedTuple):
    """Positions from `first` to `last`. Among the `late` ones little happened in the time that is asked for."""

    first: int
    last: int
    late: bool = False


class Reach:
    """What is asked, within `bounds` (the first and the last position), and the statements that may answer it."""

    def __init__(self, view: View, keep: dict[str, Any], bounds: tuple[int, int], *, oldest_first: bool) -> None:
        self.view, self.keep, self.bounds, self.oldest_first = view, keep, bounds, oldest_first

    def rows(self, after: int | None, limit: int) -> list[Any]:
        """The next rows after a position (None: from the beginning), at most `limit`."""
        found: list[Any] = []
        for stretch in self._stretches(after):
            if stretch.first <= stretch.last and len(found) < limit:
                found += self._rows(stretch, limit - len(found))
        return found

    def stream(self) -> Iterator[Any]:
        """All rows in order, in constant memory."""
        asked = self._asked(Stretch(*self.bounds), None)
        return self.view.stream(self._in_order("list_timeline"), MODELS, **asked)

    def _in_order(self, name: str) -> Composed:
        return in_order(name, oldest_first=self.oldest_first)

    def _asked(self, stretch: Stretch, limit: int | None) -> dict[str, Any]:
        return {**self.keep, "first": stretch.first, "last": stretch.last, "limit": limit}

    def _stretches(self, after: int | None) -> list[Stretch]:
        first, last = self.bounds
        if after is not None:
            first, last = (max(first, after + 1), last) if self.oldest_first else (first, min(last, after - 1))
        if self.keep["stream_id"] is not None:
            return [Stretch(first, last)]
        begin, end = first, last
        if self.keep["at_from"] is not None:
            begin = min(max(first, self._where(self.keep["at_from"])), last + 1)
        ends = [instant for instant in (self.keep["at_to"], self.keep["upto_at"]) if instant is not None]
        if ends:
            end = max(min(last, self._where(min(ends)) - 1), begin - 1)
        found = [Stretch(first, begin - 1, late=True), Stretch(begin, end), Stretch(end + 1, last, late=True)]
        return found if self.oldest_first else found[::-1]

    def _where(self, instant: Any) -> int:
        rows = self.view.rows("find_at", MODELS, end=self.bounds[1] + 1, instant=instant)
        return int(rows[0][0])

    def _rows(self, stretch: Stretch, limit: int) -> list[Any]:
        asked = self._asked(stretch, limit)
        if stretch.late:
            return self._sorted(asked, "list_timeline_late")
        names = UNORDERED if self.keep["stream_id"] is None else WITHIN_STREAM
        if any(self.keep[name] is not None for name in names):
            return self._looked_for(asked)
        if self.keep["feature_id"] is not None and all(self.keep[name] is None for name in NARROWER):
            return self._of_feature(asked)
        return self.view.rows(self._in_order("list_timeline"), MODELS, **asked)

    def _looked_for(self, asked: dict[str, Any]) -> list[Any]:
        rows = self.view.rows(self._in_order("list_timeline_near"), MODELS, **asked, look=LOOK)
        return rows if len(rows) == asked["limit"] else self._sorted(asked)

    def _sorted(self, asked: dict[str, Any], name: str = "list_timeline_sorted") -> list[Any]:
        return self.view.rows(name, MODELS, **asked, direction=1 if self.oldest_first else -1)

    def _of_feature(self, asked: dict[str, Any]) -> list[Any]:
        used = [] if asked["told"] else self.view.rows(self._in_order("list_timeline_used"), MODELS, **asked)
        # Of what else touched it, only what comes before the last of these is wanted.
        side = {"last" if self.oldest_first else "first": used[-1][0]} if len(used) == asked["limit"] else {}
        told = self._looked_for(asked | side | {"told": True})
        return sorted([*used, *told], key=lambda row: row[0], reverse=not self.oldest_first)[: asked["limit"]]

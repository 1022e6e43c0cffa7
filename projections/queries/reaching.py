"""Which way to the entries of a timeline is quick: along an index in order, or by what is rare about them.

A filter with an index in the order of positions is answered from it at once. Words, amounts and days of a whole ledger
have indexes in no order: a short look along the newest entries (or the oldest) finds what is common, and what it does
not find enough of is rare enough to find all of it and sort.
"""

from typing import Any, Final

from projections.view import View

LOOK_TOLD: Final = 2_000  # entries besides plain usage
LOOK_ALL: Final = 10_000  # entries of any kind
MODELS: Final = ("timeline",)
UNORDERED: Final = ("words", "amount_from", "amount_to", "at_from", "at_to")


class Reach:
    """What is asked, within `bounds` (the first and the last position), and the statements that may answer it."""

    def __init__(self, view: View, keep: dict[str, Any], bounds: tuple[int, int], oldest_first: bool) -> None:  # noqa: FBT001  a list's order
        self.view, self.keep, self.bounds, self.oldest_first = view, keep, bounds, oldest_first
        self.order = "_oldest" if oldest_first else ""
        self.ordered = f"list_timeline{self.order}"

    @property
    def is_unordered(self) -> bool:
        """Whether no index in the order of positions leads to what is asked."""
        return self.keep["stream_id"] is None and any(self.keep[name] is not None for name in UNORDERED)

    @property
    def is_of_feature(self) -> bool:
        """Whether a feature is what narrows it down."""
        others = ("stream_id", "entity_id", "plan_id")
        return self.keep["feature_id"] is not None and all(self.keep[name] is None for name in others)

    def parameters(self, after: int | None, limit: int | None) -> dict[str, Any]:
        """As statements take it. An answer knows what was taken back up to the last position."""
        first, last = self.bounds
        if after is not None:
            first, last = (max(first, after + 1), last) if self.oldest_first else (first, min(last, after - 1))
        return {**self.keep, "known": self.bounds[1], "first": first, "last": last, "limit": limit}


def rows_within(reach: Reach, after: int | None, limit: int) -> list[Any]:
    """The next rows after a position (None: from the beginning), at most `limit`."""
    asked = reach.parameters(after, limit)
    if asked["first"] > asked["last"]:
        return []
    if reach.is_unordered:
        return _near(reach, asked) or _rare(reach, asked)
    name = f"list_timeline_of_feature{reach.order}" if reach.is_of_feature else reach.ordered
    return reach.view.rows(name, MODELS, **asked)


def _near(reach: Reach, asked: dict[str, Any]) -> list[Any]:
    """A full page from a short look; nothing where that does not fill one."""
    edge = _edge(reach, asked)
    side = {"last": min(asked["last"], edge)} if reach.oldest_first else {"first": max(asked["first"], edge)}
    rows = reach.view.rows(reach.ordered, MODELS, **asked | side)
    return rows if len(rows) == asked["limit"] else []


def _edge(reach: Reach, asked: dict[str, Any]) -> int:
    if not asked["told"]:
        return int(asked["first"] + LOOK_ALL if reach.oldest_first else asked["last"] - LOOK_ALL)
    name = f"find_timeline_edge{reach.order}"
    place = {"first": asked["first"], "last": asked["last"], "entries": LOOK_TOLD}
    rows = reach.view.rows(name, MODELS, **place)
    return int(rows[0][0]) if rows else int(asked["last" if reach.oldest_first else "first"])


def _rare(reach: Reach, asked: dict[str, Any]) -> list[Any]:
    direction = 1 if reach.oldest_first else -1
    return reach.view.rows("list_timeline_sorted", MODELS, **asked, direction=direction)

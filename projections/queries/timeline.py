"""The timeline: everything that happened, in words, newest first unless asked; one entry at a time, or by command."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import UUID

from ledger.core.decider import CLOCK
from ledger.core.events import REGISTRY
from projections.cursors import BY_POSITION, Question, from_cursor, to_cursor
from projections.jsonb import read_json
from projections.queries.reaching import Reach
from projections.queries.rows import Page, TimelineEntry
from projections.timeline.fold import kind as kind_of
from projections.view import View
from projections.when import When

INSTANT: Final = timedelta(microseconds=1)
MOST_AT_ONCE: Final = 5_000  # entries on a page of groups; the group at hand is still finished


class TimelineFilter(NamedTuple):
    """What to keep: None keeps everything. Instants: `from` inside, `to` outside; amounts: both inside.

    `at` is when it is true in the business, `recorded` when we learned it; `kind` is `balance.deducted`, or
    `balance` for all of its kind. `words` stand in the sentence (its reason is part of it), the customer's name or its
    e-mail address, in any case; plain usage, that is usage without a reason, is not looked through for them.
    """

    stream_id: UUID | None = None
    kind: str | None = None
    actor: str | None = None
    feature_id: str | None = None
    entity_id: str | None = None
    plan_id: str | None = None
    amount_from: Decimal | None = None
    amount_to: Decimal | None = None
    at_from: datetime | None = None
    at_to: datetime | None = None
    recorded_from: datetime | None = None
    recorded_to: datetime | None = None
    words: str | None = None
    position: int | None = None


class TimelineGroup(NamedTuple):
    """What one command caused, as far as it was asked for; or what fell due for a customer at one instant."""

    entries: Sequence[TimelineEntry]
    cut: bool = False
    """Whether it goes on beyond the page."""


BOUNDS: Final = ("kind", "recorded_from", "recorded_to", "position")
EVERYTHING: Final = TimelineFilter()
KINDS: Final = sorted({kind_of(name) for name in REGISTRY})


def timeline(
    view: View,
    keep: TimelineFilter = EVERYTHING,
    *,
    oldest_first: bool = False,
    limit: int = 50,
    cursor: str | None = None,
    when: When | None = None,
) -> Page[TimelineEntry]:
    """Entries of the timeline in the order of the log. Needs the model timeline."""
    asking = _Asking(view, keep, oldest_first, when, "timeline")
    entries = asking.entries(asking.after(cursor), limit + 1)
    return Page(entries[:limit], asking.cursor(entries[limit - 1]) if len(entries) > limit else None)


def timeline_groups(
    view: View,
    keep: TimelineFilter = EVERYTHING,
    *,
    oldest_first: bool = False,
    limit: int = 50,
    cursor: str | None = None,
    when: When | None = None,
    most_entries: int | None = None,
) -> Page[TimelineGroup]:
    """The same by the command that caused them. Needs the model timeline.

    A page holds whole groups, however long they are, unless `most_entries` ends it before: then its last may be cut.
    """
    asking = _Asking(view, keep, oldest_first, when, "timeline.groups")
    groups: list[list[TimelineEntry]] = []
    at_once = limit * 4 if most_entries is None else min(limit * 4, most_entries + 1)
    for held, entry in enumerate(asking.all_entries(asking.after(cursor), at_once)):
        if held == most_entries:
            *whole, last = groups
            cut = command_of(last[-1]) == command_of(entry)
            return Page([*map(TimelineGroup, whole), TimelineGroup(last, cut)], asking.cursor(last[-1]))
        if not groups or command_of(groups[-1][-1]) != command_of(entry):
            if len(groups) == limit or held >= MOST_AT_ONCE:
                return Page([TimelineGroup(each) for each in groups], asking.cursor(groups[-1][-1]))
            groups.append([])
        groups[-1].append(entry)
    return Page([TimelineGroup(each) for each in groups], None)


def command_of(entry: TimelineEntry) -> tuple[Any, ...]:
    """What entries of one command have in common, and neighbours of different commands have not.

    A command's events are recorded in one transaction, side by side, by one caller under one request id; the clock
    has no request, and what it did is told apart by customer and instant, as is what was done without a request id.
    """
    who = (entry.actor, entry.on_behalf_of, entry.reason, entry.recorded_at, entry.request_id)
    return (*who, entry.stream_id, entry.at) if entry.actor == CLOCK or not entry.request_id else who


def timeline_after(view: View, keep: TimelineFilter, position: int, limit: int) -> list[TimelineEntry]:
    """The next entries after a position, oldest first. Needs the model timeline."""
    return _Asking(view, keep, True, None, "follow").entries(position, limit)  # noqa: FBT003  oldest first


def timeline_stream(
    view: View, keep: TimelineFilter, *, oldest_first: bool, when: When | None
) -> Iterator[tuple[Any, ...]]:
    """All rows in constant memory, in the order of `TimelineEntry`, JSON as text. Needs the model timeline."""
    return Reach(view, _parameters(view, keep, when), _bounds(view, keep, when), oldest_first=oldest_first).stream()


class _Asking:
    """One question of the timeline: what is kept, in which order, as of when."""

    def __init__(self, view: View, keep: TimelineFilter, oldest_first: bool, when: When | None, name: str) -> None:  # noqa: FBT001  a list's order
        moment = None if when is None else (when.position, when.at)
        self._question = Question(view.ledger_id, name, (keep, oldest_first, moment))
        self._reach = Reach(view, _parameters(view, keep, when), _bounds(view, keep, when), oldest_first=oldest_first)

    def after(self, cursor: str | None) -> int | None:
        found = from_cursor(self._question, cursor, BY_POSITION)
        return None if found is None else found[0]

    def cursor(self, entry: TimelineEntry) -> str:
        return to_cursor(self._question, [entry.position])

    def entries(self, after: int | None, limit: int) -> list[TimelineEntry]:
        return [_entry(row) for row in self._reach.rows(after, limit)]

    def all_entries(self, after: int | None, at_once: int) -> Iterator[TimelineEntry]:
        while found := self.entries(after, at_once):
            yield from found
            if len(found) < at_once:
                return
            after = found[-1].position


def _parameters(view: View, keep: TimelineFilter, when: When | None) -> dict[str, Any]:
    kinds = None if keep.kind is None else kinds_of(keep.kind)
    given = {name: value for name, value in keep._asdict().items() if name not in BOUNDS}
    plain = kinds is None or "usage.recorded" in kinds
    return given | {
        "kinds": kinds,
        "words": None if keep.words is None else f"%{_literal(keep.words)}%",
        "told": not plain or keep.words is not None or keep.plan_id is not None,
        "known": _known(view, when),
        "upto_at": None if when is None else when.at,
    }


def _known(view: View, when: When | None) -> int:
    """The last position that an answer knows of."""
    return view.position if when is None else min(view.position, when.position)


def _literal(words: str) -> str:
    """Words as they stand, for ILIKE."""
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _bounds(view: View, keep: TimelineFilter, when: When | None) -> tuple[int, int]:
    """The first and the last position that can be meant."""
    # Where the view is further than what is folded, nothing that is asked for is missing.
    first, last = 1, min(_known(view, when), view.standing.projected)

    def begin(name: str, instant: datetime, **parameters: Any) -> int:
        found = view.rows(name, ("timeline",), end=last + 1, instant=instant, **parameters)
        return int(found[0][0])

    if keep.position is not None:
        return keep.position, min(last, keep.position)
    if keep.recorded_from is not None:
        first = begin("find_recorded", keep.recorded_from)
    if keep.recorded_to is not None:
        last = begin("find_recorded", keep.recorded_to) - 1
    if keep.stream_id is not None:
        if keep.at_from is not None:
            first = max(first, begin("find_happened", keep.at_from, stream_id=keep.stream_id))
        ends = [keep.at_to, None if when is None or when.at is None else when.at + INSTANT]
        for end in filter(None, ends):
            last = min(last, begin("find_happened", end, stream_id=keep.stream_id) - 1)
    return first, last


def kinds_of(kind: str) -> list[str]:
    """The kinds that a filter means: itself, and all that begin with it; none where there is no such kind."""
    return [each for each in KINDS if each == kind or each.startswith(f"{kind}.")]


def _entry(row: tuple[Any, ...]) -> TimelineEntry:
    entry = TimelineEntry(*row)
    return entry._replace(before=_json(row[11]), after=_json(row[12]), links=_json(row[17]))


def _json(text: str | None) -> Any:
    return None if text is None else read_json(text)

"""The timeline: everything that happened, in words, newest first unless asked."""

from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from ledger.core.events import REGISTRY
from projections.cursors import BY_POSITION, Question, from_cursor, to_cursor
from projections.jsonb import read_json
from projections.queries.rows import Page, TimelineEntry
from projections.timeline.fold import kind as kind_of
from projections.view import View


class TimelineFilter(NamedTuple):
    """What to keep: None keeps everything. Instants: `from` inside, `to` outside.

    `at` is when it is true in the business, `recorded` when we learned it; `kind` is `balance.deducted`, or
    `balance` for all of its kind.
    """

    stream_id: UUID | None = None
    kind: str | None = None
    actor: str | None = None
    feature_id: str | None = None
    entity_id: str | None = None
    plan_id: str | None = None
    at_from: datetime | None = None
    at_to: datetime | None = None
    recorded_from: datetime | None = None
    recorded_to: datetime | None = None


EVERYTHING: Final = TimelineFilter()
KINDS: Final = sorted({kind_of(name) for name in REGISTRY})


def timeline(
    view: View,
    keep: TimelineFilter = EVERYTHING,
    *,
    oldest_first: bool = False,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[TimelineEntry]:
    """Entries of the timeline in the order of the log. Needs the model timeline."""
    question = Question(view.ledger_id, "timeline", (keep, oldest_first))
    after = from_cursor(question, cursor, BY_POSITION)
    rows = view.rows(
        "list_timeline_oldest" if oldest_first else "list_timeline",
        ("timeline",),
        after=None if after is None else after[0],
        limit=limit + 1,
        kinds=None if keep.kind is None else kinds_of(keep.kind),
        **keep._asdict(),
    )
    entries = [_entry(row) for row in rows[:limit]]
    return Page(entries, to_cursor(question, [entries[-1].position]) if len(rows) > limit else None)


def kinds_of(kind: str) -> list[str]:
    """The kinds that a filter means: itself, and all that begin with it; none where there is no such kind."""
    return [each for each in KINDS if each == kind or each.startswith(f"{kind}.")]


def _entry(row: tuple[Any, ...]) -> TimelineEntry:
    entry = TimelineEntry(*row)
    return entry._replace(before=_json(row[11]), after=_json(row[12]), links=_json(row[17]))


def _json(text: str | None) -> Any:
    return None if text is None else read_json(text)

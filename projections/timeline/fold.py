"""Every event of a ledger as one row: a plain sentence, who and why, before and after."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from typing import Final as Constant
from uuid import UUID

from ledger.core.events import REGISTRY, UsageRecorded, today
from projections.jsonb import plain_json
from projections.projection import Changes, Final, Kind, Model, Recorded, Row, Table
from projections.timeline import invoices, offers, people, plans, units, waiting
from projections.timeline.memo import Memo, Recalled, Remembered, glance, keep, memo_of
from projections.timeline.standing import evolve, used
from projections.timeline.telling import Told

SENTENCES: Constant = {
    **people.SENTENCES,
    **plans.SENTENCES,
    **units.SENTENCES,
    **invoices.SENTENCES,
    **waiting.SENTENCES,
    **offers.SENTENCES,
}

TIMELINE: Constant = Table(
    "timeline",
    key=1,
    columns={
        "position": Kind.BIGINT,
        "stream_id": Kind.UUID,
        "customer_id": Kind.TEXT,
        "kind": Kind.TEXT,
        "sentence": Kind.TEXT,
        "actor": Kind.TEXT,
        "on_behalf_of": Kind.TEXT,
        "reason": Kind.TEXT,
        "request_id": Kind.TEXT,
        "at": Kind.INSTANT,
        "recorded_at": Kind.INSTANT,
        "before": Kind.JSON,
        "after": Kind.JSON,
        "feature_ids": Kind.TEXTS,
        "entity_id": Kind.TEXT,
        "plan_id": Kind.TEXT,
        "amount": Kind.NUMERIC,
        "links": Kind.JSON,
        "known_as": Kind.TEXT,
        "reverses": Kind.BIGINT,
    },
    grows_only=True,
)

STREAMS: Constant = Table("timeline_streams", key=1, columns={"stream_id": Kind.UUID, "state": Kind.JSON})


def restore(rows: Mapping[str, Sequence[tuple[str]]]) -> Remembered:
    """What is remembered of a stream."""
    kept = rows["timeline_streams"]
    return glance(kept[0][0]) if kept else Memo()


def fold(remembered: Remembered, recorded: Recorded) -> tuple[Remembered, Sequence[Final]]:
    """Tell one event; its row is final."""
    event = recorded.event
    if type(event) is UsageRecorded and isinstance(remembered, Recalled):
        moved = used(remembered, event)
        told = units.used(event, remembered, moved)
        return moved, (Final(TIMELINE.name, entry(recorded, moved, told)),)
    memo = memo_of(remembered)
    after = evolve(memo, event, recorded.stream_id)
    told = SENTENCES[type(event)](event, memo, after)
    return remembered if after is memo else after, (Final(TIMELINE.name, entry(recorded, after, told)),)


def changes(stream_id: UUID, before: Remembered, after: Remembered) -> Changes:
    """What is remembered of a stream, where it is something new."""
    found = Changes()
    if after is not before:
        found.put(STREAMS.name, (stream_id, keep(after)))
    return found


def size(remembered: Remembered) -> int:
    """About how many kilobytes what is remembered of a stream takes in memory."""
    if isinstance(remembered, Recalled):
        return 1 + len(remembered.balances) // 2
    return 1 + len(remembered.grants) + len(remembered.invoices)


def entry(recorded: Recorded, memo: Remembered, told: Told) -> Row:
    """An event as it is stored in the timeline."""
    reason = None if recorded.event.reason is None else recorded.event.reason.text()
    return (
        recorded.position,
        recorded.stream_id,
        memo.customer_id,
        kind(recorded.type),
        sentence(recorded, told.phrase, reason),
        recorded.actor,
        recorded.on_behalf_of,
        reason,
        recorded.request_id,
        recorded.at,
        recorded.recorded_at,
        _json(told.before),
        _json(told.after),
        told.feature_ids,
        told.entity_id,
        told.plan_id,
        told.amount,
        _json(told.links),
        None if type(recorded.event) is UsageRecorded and reason is None else memo.known_as,
        told.reverses,
    )


@cache
def kind(stored_name: str) -> str:
    """A stored name without its version: `usage.recorded`."""
    return stored_name[: stored_name.rindex(".")]


def sentence(recorded: Recorded, phrase: str, reason: str | None) -> str:
    """Who did what, and why."""
    who = recorded.actor if recorded.on_behalf_of is None else f"{recorded.actor} (for {recorded.on_behalf_of})"
    return f"{who} {phrase}" if not reason else f"{who} {phrase}: {reason}"


def _json(value: Any) -> bytes | None:
    return None if value is None else plain_json(value)


FOLDS: Constant = frozenset(today(cls) for cls in REGISTRY.values())

MODEL: Constant = Model(
    "timeline", "projections.timeline.sql", (TIMELINE, STREAMS), FOLDS, restore, fold, changes, revision=5, size=size
)

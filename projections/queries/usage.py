"""What products used, use by use, newest first."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from ledger.core.balances.balance import Grant
from ledger.core.events import Allocation
from projections.cursors import BY_INSTANT, Question, from_cursor, to_cursor
from projections.jsonb import read_json
from projections.queries.rows import Deducted, Page, UsageEntry, UsageFilter
from projections.view import View

ALL: Final = UsageFilter()

_taken: Final = msgspec.json.Decoder(tuple[Allocation, ...])
Grants = Mapping[tuple[UUID, str], Grant]


def usage(view: View, keep: UsageFilter = ALL, *, limit: int = 50, cursor: str | None = None) -> Page[UsageEntry]:
    """Uses by when they were used, with what each took from which grant.

    Needs the models customers, balances and usage.
    """
    features = None if keep.feature_ids is None else tuple(sorted(set(keep.feature_ids)))
    question = Question(view.ledger_id, "usage", keep._replace(feature_ids=features))
    at, position = from_cursor(question, cursor, BY_INSTANT) or (None, None)
    rows = view.rows(
        "list_usage",
        ("customers", "usage"),
        after_at=at,
        after_position=position,
        limit=limit + 1,
        **(keep._asdict() | {"feature_ids": None if features is None else list(features)}),
    )
    shown = rows[:limit]
    # Use that was brought in later names its grant and took nothing of it.
    taken = [() if row[-1] is None else [each for each in _taken.decode(row[-1]) if each.amount] for row in shown]
    grants = _grants(view, {(row[2], each.grant_id) for row, took in zip(shown, taken, strict=True) for each in took})
    entries = [_entry(row, took, grants) for row, took in zip(shown, taken, strict=True)]
    return Page(entries, to_cursor(question, shown[-1][:2]) if len(rows) > limit else None)


def _grants(view: View, wanted: set[tuple[UUID, str]]) -> Grants:
    if not wanted:
        return {}
    streams, ids = zip(*sorted(wanted), strict=True)
    rows = view.rows("read_grants", ("balances",), stream_ids=list(streams), grant_ids=list(ids))
    return {(stream, key): msgspec.json.decode(state, type=Grant) for stream, key, state in rows}


def _entry(row: Sequence[Any], taken: Sequence[Allocation], grants: Grants) -> UsageEntry:
    at, position, stream_id, version, customer_id, feature_id, entity_id, name, value, properties, _ = row
    return UsageEntry(
        stream_id,
        customer_id,
        position,
        version,
        at,
        feature_id,
        entity_id,
        name,
        value,
        {} if properties is None else read_json(properties),
        [Deducted(each.grant_id, each.amount, grants.get((stream_id, each.grant_id))) for each in taken],
    )

"""Given events, then rows: a model without a database."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from ledger.core.events import Event, stored_name
from projections.folding.batch import fold_events
from projections.folding.changes import Moved, collect
from projections.folding.loading import NO_ROWS
from projections.folding.writing import summed
from projections.projection import Key, Model, Recorded, Row

STREAM: Final = UUID("01900000-0000-7000-8000-000000000001")
START: Final = datetime(2026, 1, 1, tzinfo=UTC)


def recorded(event: Event, position: int = 1, actor: str = "tests", on_behalf_of: str | None = None) -> Recorded:
    at = START + timedelta(minutes=position)
    return Recorded(position, STREAM, position, stored_name(event), event, actor, on_behalf_of, "req", at, at)


def given(model: Model, *events: Event) -> Mapping[str, Mapping[Key, Row]]:
    """The rows of each table after the events, folded one batch each, as the runner would write them."""
    tables: dict[str, dict[Key, Row]] = {table.name: {} for table in model.tables}
    state = model.restore(NO_ROWS)
    for position, event in enumerate(events, start=1):
        states = {0: state}
        finals = fold_events(model, [(0, recorded(event, position))], states)
        _apply(tables, model, collect(model, [Moved(STREAM, state, states[0])], finals))
        state = states[0]
    return tables


def column(model: Model, table: str, row: Row, name: str) -> Any:
    return row[list(model.table(table).columns).index(name)]


def only(rows: Mapping[Key, Row]) -> Row:
    (row,) = rows.values()
    return row


def columns(model: Model, table: str, row: Row, names: Iterable[str]) -> list[Any]:
    return [column(model, table, row, name) for name in names]


def _apply(tables: dict[str, dict[Key, Row]], model: Model, changes: Any) -> None:
    for name, keys in changes.gone.items():
        for key in keys:
            del tables[name][key]
    for name, rows in changes.rows.items():
        table = model.table(name)
        written = summed(table, [*tables[name].values(), *rows]) if table.accumulates else rows
        for row in written:
            tables[name][table.key_of(row)] = row

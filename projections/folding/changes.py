"""What a batch changed: rows to write and keys to delete, from the states before and after it."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple
from typing import Final as Constant
from uuid import UUID

from projections.projection import Changes, Final, Key, Model

Ended = AbstractSet[tuple[str, Key]]
NOTHING: Constant[Ended] = frozenset()


class Moved(NamedTuple):
    """A stream of a batch: its state before, and after."""

    stream_id: UUID
    before: Any
    after: Any


def collect(model: Model, moved: Iterable[Moved], finals: Iterable[Final], ended: Ended = NOTHING) -> Changes:
    """Everything a batch changed. A row that became final is written as such and never deleted.

    `ended` are keys of rows that became final earlier, while the states before still have them.
    """
    found, final_keys = Changes(), set[tuple[str, Key]]()
    changing = {table.name: table for table in model.tables if table.changes}
    for name, row in finals:
        found.rows[name].append(row)
        if name in changing:
            final_keys.add((name, changing[name].key_of(row)))
    for stream_id, before, after in moved:
        if after is before:
            continue
        changed = model.changes(stream_id, before, after)
        for name, rows in changed.rows.items():
            found.rows[name].extend(rows)
        for name, keys in changed.gone.items():
            gone = [key for key in keys if (name, key) not in final_keys and (name, key) not in ended]
            if gone:
                found.gone[name].extend(gone)
    return found

"""The shape of a read model: a pure fold from events to rows, and the SQL that keeps the rows.

A model folds one stream at a time: `restore` makes its state from the rows that may still change, `fold` moves it
by one event and answers rows that are final, `changes` says which rows a batch left different. All of it is pure;
the runner owns the transaction and the position. No row depends on the clock.

A model's folder holds `fold.py` and, under `sql/`, the statements of each table, of which there are four kinds:

* one whose rows change: what a stream stands at. `load_<table>`, unless it `follows` from the others; `upsert_<table>`
  and `delete_<table>`;
* one that grows only: what happened. The fold answers its rows as final; `append_<table>`;
* one that accumulates: sums over many streams. The fold answers what is to be added as if it were a final row: a key,
  and after it the amounts. A batch's rows of one key are summed in memory, and `add_<table>` adds them to what the
  table holds. Rows and position being one transaction, everything is added exactly once, in a rebuild too; and sums are
  exact, so that it does not matter in which batches they were added. It is not part of any stream's state.
* one that is derived from a table that only grows and whose key begins with the position. `derive_<table>` makes its
  rows in the database, of the rows of positions from `first` to `last` that a batch added there.

Each has `retire_<table>`, a small step in deleting a generation that nobody reads any more.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from typing import Final as Constant
from uuid import UUID

from ledger.core.events import Event

LONG_HISTORY: Constant = 200_000  # events that nobody has folded: more of them are built, fewer are run after

Row = tuple[Any, ...]
Key = tuple[Any, ...]


class Recorded(NamedTuple):
    """An event with everything the log says about it. Its `type` is the stored name."""

    position: int
    stream_id: UUID
    version: int
    type: str
    event: Event
    actor: str
    on_behalf_of: str | None
    request_id: str
    at: datetime
    recorded_at: datetime


class Kind(StrEnum):
    """What a column holds, and so how it travels. Numbers and JSON travel as text and are cast by the statement."""

    UUID = "uuid"
    TEXT = "text"
    INTEGER = "integer"
    BIGINT = "bigint"
    NUMERIC = "numeric"
    BOOLEAN = "boolean"
    INSTANT = "instant"
    JSON = "json"
    TEXTS = "texts"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a model: the columns after `ledger_id` and `generation`, the first `key` of which are its key.

    In a table that `accumulates` the others are the amounts: `Kind.NUMERIC` or `Kind.BIGINT`, never null. One that
    changes and `follows` from the model's other tables is written with them and never loaded.
    """

    name: str
    key: int
    columns: Mapping[str, Kind]
    grows_only: bool = False
    accumulates: bool = False
    derived_from: str | None = None
    follows: bool = False

    @property
    def changes(self) -> bool:
        """Whether its rows are what a stream stands at, and are written as that changes."""
        return not (self.grows_only or self.accumulates or self.derived_from)

    @property
    def loads(self) -> bool:
        """Whether states are made from its rows."""
        return self.changes and not self.follows

    def key_of(self, row: Row) -> Key:
        """The part of a row that tells it from all others."""
        return row[: self.key]


class Final(NamedTuple):
    """A row that will never change again; of a table that accumulates, a key and what is to be added there."""

    table: str
    row: Row


class Changes:
    """Rows to write and keys to delete, by table."""

    __slots__ = ("gone", "rows")

    def __init__(self) -> None:
        self.rows: defaultdict[str, list[Row]] = defaultdict(list)
        self.gone: defaultdict[str, list[Key]] = defaultdict(list)

    def put(self, table: str, row: Row) -> None:
        """Write a row, new or in place of the one with its key."""
        self.rows[table].append(row)

    def drop(self, table: str, key: Key) -> None:
        """Delete the row with this key."""
        self.gone[table].append(key)


Fold = Callable[[Any, Recorded], tuple[Any, Sequence[Final]]]


def a_few_kilobytes(_state: Any) -> int:
    """What most states take in memory."""
    return 5


@dataclass(frozen=True, slots=True)
class Model:
    """One read model. `folds` are the events that matter to it; it is not shown others.

    `revision` goes up with every change after which the same log gives other rows: workers then build it anew. A state
    takes about `size` kilobytes of memory.
    """

    name: str
    package: str
    tables: tuple[Table, ...]
    folds: frozenset[type[Event]]
    restore: Callable[[Mapping[str, Sequence[Any]]], Any]
    fold: Fold
    changes: Callable[[UUID, Any, Any], Changes]
    revision: int = 1
    size: Callable[[Any], int] = a_few_kilobytes

    @property
    def remembers(self) -> bool:
        """Whether a stream has a state; of one whose events say all there is to say, nothing is kept."""
        return any(table.loads for table in self.tables)

    def table(self, name: str) -> Table:
        """The table of this name."""
        for table in self.tables:
            if table.name == name:
                return table
        raise KeyError(name)


def named(models: Sequence[Model]) -> dict[str, list[Any]]:
    """Models as the parameters of a statement."""
    return {"models": [model.name for model in models], "revisions": [model.revision for model in models]}

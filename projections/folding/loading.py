"""The states of streams, from the rows that a model keeps of them."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from ledger.store.binary import UuidArray
from ledger.store.chain import uuid_field
from projections.projection import Model
from projections.statements import statement

NO_ROWS: Final[defaultdict[str, list[Any]]] = defaultdict(list)


class Loading:
    """The rows that the states of some streams are made from, asked for with one question a table.

    In a pipeline the questions are on their way when this is made, and are waited for where states are needed.
    """

    def __init__(
        self, conn: Connection[Any], ledger_id: str, generation: int, model: Model, stream_ids: Sequence[UUID]
    ) -> None:
        self._model, self._stream_ids = model, stream_ids
        parameters = {
            "ledger_id": ledger_id,
            "generation": generation,
            "stream_ids": UuidArray.of([uuid_field(each) for each in stream_ids], len(stream_ids)),
        }
        self._asked = [(table.name, conn.cursor(binary=True)) for table in model.tables if table.loads]
        for name, cursor in self._asked:
            cursor.execute(statement(f"load_{name}", model.package), parameters, prepare=True)

    def states(self) -> list[Any]:
        """The states of the streams as their rows have them, in the order in which they were asked for."""
        found: dict[int, dict[str, list[Any]]] = {
            stream_id.int: {name: [] for name, _ in self._asked} for stream_id in self._stream_ids
        }
        for name, cursor in self._asked:
            for row in cursor.fetchall():
                found[row[0].int][name].append(row[1:])
        return [self._model.restore(rows) for rows in found.values()]

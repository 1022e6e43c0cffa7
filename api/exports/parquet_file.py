"""Parquet: typed columns, row group by row group; which list of which ledger it is stands in its footer.

Numbers are decimal128 with as many places as quantities and amounts have at most, so they are exact: one that did not
fit would fail the export and never be rounded. JSON is text.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from api.exports.about import About
from api.reads.resource import Column, Kind
from api.wire.limits import NUMBER_PLACES

GROUP_ROWS: Final = 50_000
GROUP_BYTES: Final = 4 * 1024 * 1024  # in Arrow's form; what a writer needs for a group is a few times that
DIGITS: Final = 38

_TYPES: Final[Mapping[Kind, Any]] = MappingProxyType(
    {
        Kind.TEXT: pa.string(),
        Kind.INTEGER: pa.int64(),
        Kind.NUMBER: pa.decimal128(DIGITS, NUMBER_PLACES),
        Kind.INSTANT: pa.timestamp("us", tz="UTC"),
        Kind.BOOLEAN: pa.bool_(),
        Kind.JSON: pa.string(),
    }
)


class _Sink:
    """What Arrow writes to: bytes wait here until they are taken."""

    closed = False

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: Any) -> int:
        self._pieces.append(bytes(data))
        return len(self._pieces[-1])

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is held open."""

    def taken(self) -> bytes:
        data = b"".join(self._pieces)
        self._pieces.clear()
        return data


def write(columns: Sequence[Column], rows: Iterator[Sequence[Sequence[Any]]], about: About) -> Iterator[bytes]:
    """A piece for every row group, and the footer: a file that failed has none, and nothing opens it."""
    schema = _schema(columns, about)
    sink = _Sink()
    with pa.PythonFile(sink, mode="w") as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for group in _groups(schema, rows):
            writer.write_table(group, row_group_size=2 * GROUP_ROWS)
            yield sink.taken()
    yield sink.taken()


def _groups(schema: Any, rows: Iterator[Sequence[Sequence[Any]]]) -> Iterator[Any]:
    """Tables of about `GROUP_ROWS` rows, or fewer where they are wide; what waits to be one is in Arrow's form."""
    waiting: list[Any] = []
    for batch in rows:
        waiting.append(_arrow(schema, batch))
        long = sum(each.num_rows for each in waiting) >= GROUP_ROWS
        if long or sum(each.nbytes for each in waiting) >= GROUP_BYTES:
            yield pa.Table.from_batches(waiting, schema)
            waiting.clear()
    if waiting:
        yield pa.Table.from_batches(waiting, schema)


def _schema(columns: Sequence[Column], about: About) -> Any:
    fields = [pa.field(each.name, _TYPES[each.kind], metadata={"about": each.about}) for each in columns]
    return pa.schema(fields, metadata=about.facts())


def _arrow(schema: Any, batch: Sequence[Sequence[Any]]) -> Any:
    arrays = [pa.array(values, type=field.type) for values, field in zip(zip(*batch, strict=True), schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)

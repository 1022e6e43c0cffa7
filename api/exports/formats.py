"""The formats of files: what each is called, and how rows become its bytes.

Rows are turned batch by batch and column by column: a batch is what an export has in memory.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import Any, Final, TypeVar

from api.exports import beancount_file, csv_file, hledger_file, ndjson_file
from api.exports.about import About
from api.reads.resource import Column

BATCH_ROWS: Final = 1_000
Row = TypeVar("Row")
Batch = Sequence[Sequence[Any]]
"""Some rows; each holds its values in the order of the columns."""


def batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    """The rows, or lines, `BATCH_ROWS` at a time."""
    while batch := list(islice(rows, BATCH_ROWS)):
        yield batch


@dataclass(frozen=True)
class Format:
    """One format. `write` makes the bytes of a file, in pieces.

    `broken` is what stands at the end of a file that could not be finished, so that no reader of the format takes it
    for a whole one; the server cannot abort the transfer itself. `text` says that it is worth compressing on the way.
    """

    name: str
    media_type: str
    content_type: str
    suffix: str
    write: Callable[[Sequence[Column], Iterator[Batch], About], Iterator[bytes]]
    broken: Callable[[str], bytes]
    text: bool = True


def _parquet(columns: Sequence[Column], rows: Iterator[Batch], about: About) -> Iterator[bytes]:
    # Its own allocator keeps what it was given back, for files that a server may never write.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    # Arrow takes longer to import than the whole server, so it waits for the first who asks for Parquet.
    from api.exports import parquet_file

    yield from parquet_file.write(columns, rows, about)


CSV: Final = Format(
    "csv", "text/csv", "text/csv; charset=utf-8; header=present", "csv", csv_file.write, csv_file.broken
)
NDJSON: Final = Format(
    "ndjson", "application/x-ndjson", "application/x-ndjson", "ndjson", ndjson_file.write, ndjson_file.broken
)
# Without the footer at its end, no reader opens a Parquet file at all.
PARQUET: Final = Format(
    "parquet", "application/vnd.apache.parquet", "application/vnd.apache.parquet", "parquet", _parquet,
    lambda _: b"", text=False,
)  # fmt: skip
FORMATS: Final = MappingProxyType({each.name: each for each in (CSV, NDJSON, PARQUET)})
"""The formats of every export."""

HLEDGER: Final = Format(
    "hledger", "text/x-hledger", "text/x-hledger; charset=utf-8", "journal", hledger_file.write, hledger_file.broken
)
BEANCOUNT: Final = Format(
    "beancount", "text/x-beancount", "text/x-beancount; charset=utf-8", "beancount", beancount_file.write,
    beancount_file.broken,
)  # fmt: skip
ALSO: Final = MappingProxyType({each.name: each for each in (HLEDGER, BEANCOUNT)})
"""Formats that only some exports have, by name."""

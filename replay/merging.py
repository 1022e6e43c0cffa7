"""Two things in the same order, walked side by side."""

from collections.abc import Iterator
from typing import Any


class Rows:
    """The rows of one table, in the order of their streams, taken stream by stream."""

    def __init__(self, rows: Iterator[tuple[Any, ...]]) -> None:
        self._rows = rows
        self._next = next(rows, None)

    def of(self, stream: bytes) -> list[tuple[Any, ...]]:
        """The rows of a stream. Those of streams before it that were never asked for come out of `strays` first."""
        found = []
        while self._next is not None and self._next[0] == stream:
            found.append(self._next[1:])
            self._next = next(self._rows, None)
        return found

    def strays(self, before: bytes | None = None) -> Iterator[bytes]:
        """The streams of rows that come before a stream, or of all that are left."""
        while self._next is not None and (before is None or self._next[0] < before):
            yield self._next[0]
            self._next = next(self._rows, None)

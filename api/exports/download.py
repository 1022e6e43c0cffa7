"""A file on its way to a client, and everything that it holds until it has left, or cannot.

What fits into the first piece is sent with its length; what is longer is sent as it is made. The server ends a transfer
whose body fails in the regular way, and cannot be told otherwise. So a file that fails half way ends in what no reader
of its format takes, or in what breaks the compression where the client asked for that; a Parquet file has no footer.
"""

import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import psycopg

from api.exports.formats import Batch, batches
from api.exports.opening import Opened
from ledger.clock import monotonic
from ledger.core.errors import Refusal

FIRST_PIECE_BYTES: Final = 64 * 1024
GZIP: Final = 31  # what zlib calls a gzip header with the largest window
FASTEST: Final = 1
# A deflate block of the kind that is reserved: every reader stops at it with an error.
NO_BLOCK: Final = b"\xff"


class Ending(StrEnum):
    """How an export ended."""

    COMPLETE = "complete"
    DROPPED = "dropped"
    FAILED = "failed"


@dataclass(frozen=True)
class Ended:
    """An export that is over: how, how much of it left, and what it failed of."""

    ending: Ending
    rows: int
    sent: int
    seconds: float
    error: Exception | None = None


class TimeIsUp(Refusal):
    """An export ran longer than it may."""

    code = "service_unavailable"

    def __init__(self) -> None:
        super().__init__("The export took longer than it may: filter it, or ask the operator for more time")


class Download:
    """The bytes of one file, as WSGI iterates them. `done` is called once, when it is over, however that comes.

    `held` is closed at the same moment: whatever keeps the snapshot and the connection.
    """

    def __init__(
        self, opened: Opened, *, held: ExitStack, done: Callable[[Ended], None], compressed: bool = False
    ) -> None:
        self._found, self._file, self._deadline = opened.found.rows, opened.file, opened.deadline
        self._held, self._done = held, done
        self._started = monotonic()
        self._rows = self._sent = 0
        self._over = False
        self._first = b""
        self._pack = zlib.compressobj(FASTEST, wbits=GZIP) if compressed else None
        file = self._file
        self._pieces = file.chosen.write(file.picked.columns, self._counted(), file.about)

    def begin(self) -> bytes | None:
        """Make the first piece. The whole file where that is all of it, else None: the rest comes by iterating.

        Raises whatever went wrong until then; the export is over in that case.
        """
        made: list[bytes] = []
        size = 0
        try:
            while size < FIRST_PIECE_BYTES:
                piece = next(self._pieces, None)
                if piece is None:
                    whole = self._packed(b"".join(made)) + self._flushed()
                    self._sent = len(whole)
                    self._end(Ending.COMPLETE)
                    return whole
                made.append(piece)
                size += len(piece)
        except BaseException:
            self._end(Ending.FAILED)  # whoever hears of it by this exception says why
            raise
        self._first = b"".join(made)
        return None

    def __iter__(self) -> "Download":
        return self

    def __next__(self) -> bytes:
        while not self._over:
            piece = self._next()
            if piece:
                self._sent += len(piece)
                return piece
        raise StopIteration

    def _next(self) -> bytes:
        if self._first:
            first, self._first = self._first, b""
            return self._packed(first)
        try:
            piece = next(self._pieces, None)
        except Exception as error:  # noqa: BLE001  the server would end the transfer as if all were well
            self._end(Ending.FAILED, error)
            return self._broken()
        if piece is None:
            self._end(Ending.COMPLETE)
            return self._flushed()
        return self._packed(piece)

    def close(self) -> None:
        """The server's last call: where it comes before the end, the client has gone."""
        self._end(Ending.DROPPED)

    @property
    def rows(self) -> int:
        """How many rows have been read by now."""
        return self._rows

    def _counted(self) -> Iterator[Batch]:
        for batch in batches(self._found):
            if self._deadline.passed():
                raise TimeIsUp
            self._rows += len(batch)
            yield self._file.picked.of(batch)

    def _packed(self, piece: bytes) -> bytes:
        return piece if self._pack is None else self._pack.compress(piece)

    def _flushed(self) -> bytes:
        return b"" if self._pack is None else self._pack.flush()

    def _broken(self) -> bytes:
        broken = self._file.chosen.broken(self._file.request_id)
        return (
            broken
            if self._pack is None
            else self._pack.compress(broken) + self._pack.flush(zlib.Z_SYNC_FLUSH) + NO_BLOCK
        )

    def _end(self, ending: Ending, error: Exception | None = None) -> None:
        if self._over:
            return
        self._over = True
        # A database that is gone cannot be asked to end a transaction.
        with suppress(psycopg.Error), self._held:
            for each in (self._pieces, self._found):
                if isinstance(each, Generator):
                    each.close()
        self._done(Ended(ending, self._rows, self._sent, monotonic() - self._started, error))

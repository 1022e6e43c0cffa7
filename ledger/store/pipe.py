"""Prepared statements sent together and answered together: one round trip for the whole of a transaction's end.

It speaks to libpq below psycopg's cursors, which cost more than the statements of a small batch themselves.
"""

import itertools
import re
import select
import struct
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final, NamedTuple
from weakref import WeakKeyDictionary

import psycopg
from psycopg import Connection
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, Format
from psycopg.pq.abc import PGresult

from ledger.store.binary import BinaryArray
from ledger.store.chain import EPOCH, MICROSECOND
from ledger.store.statements import statement

PARAMETER: Final = re.compile(r"%\((\w+)\)s")
_BIGINT: Final = struct.Struct("!q")
_TYPES: Final[Mapping[type[Any], int]] = {str: 25, int: 20, bytes: 17, datetime: 1184}


class Call(NamedTuple):
    """A statement by its name and its parameters by theirs."""

    name: str
    parameters: Mapping[str, Any]


class _Prepared(NamedTuple):
    text: bytes
    names: Sequence[str]


@cache
def _positional(name: str) -> _Prepared:
    # The files name their parameters; the protocol numbers them.
    names: list[str] = []

    def number(match: re.Match[str]) -> str:
        if match[1] not in names:
            names.append(match[1])
        return f"${names.index(match[1]) + 1}"

    return _Prepared(PARAMETER.sub(number, statement(name)).encode(), names)


_PIPES: Final[WeakKeyDictionary[Connection[Any], "Pipe"]] = WeakKeyDictionary()


class Pipe:
    """Runs calls on one connection.

    With `keeps`, statements are prepared when first used and stay so. That is for a connection of the writer's own:
    psycopg drops all prepared statements of a connection, ours too, when it rolls a transaction back.
    """

    def __init__(self, conn: Connection[Any], *, keeps: bool = False) -> None:
        self._keeps = keeps
        self._pg, self._prepared, self._numbers = conn.pgconn, dict[str, bytes](), itertools.count(1)
        self._ahead: Sequence[bool] = []
        self._poll = select.poll()
        self._poll.register(conn.pgconn.socket, select.POLLIN)

    @property
    def backend_pid(self) -> int:
        """The server's process on the other end."""
        return self._pg.backend_pid

    @staticmethod
    def of(conn: Connection[Any]) -> "Pipe":
        """The one pipe of a connection that is never rolled back but closed, and keeps its statements."""
        found = _PIPES.get(conn)
        if found is None:
            found = _PIPES[conn] = Pipe(conn, keeps=True)
        return found

    def run(self, calls: Sequence[Call], ahead: Sequence[Call] = ()) -> list[PGresult]:
        """Send every call, then take every answer. The first error is raised after all of them were taken.

        The calls of `ahead` are sent along and run when these have succeeded; nothing else may be run on the
        connection until `take_ahead` has taken their answers.
        """
        pg = self._pg
        pg.enter_pipeline_mode()
        sent = [self._send(call) for call in calls]
        if ahead:
            # The server keeps answers back until it is asked for them, and `ahead` may have to wait for a lock.
            pg.send_flush_request()
        self._ahead = [self._send(call) for call in ahead]
        pg.pipeline_sync()
        self._flush()
        results = self._results(sent)
        if not self._ahead:
            self._end()
        elif any(result.status == ExecStatus.FATAL_ERROR for result in results):
            self._results(self._ahead)
            self._end()
        return self._answers(sent, results)

    @property
    def is_ahead(self) -> bool:
        """Whether calls were sent ahead whose answers nobody has taken."""
        return bool(self._ahead)

    def take_ahead(self) -> list[PGresult]:
        """The answers of the calls that were sent ahead; as `run`."""
        sent = self._ahead
        results = self._results(sent)
        self._end()
        return self._answers(sent, results)

    def _end(self) -> None:
        self._ahead = []
        self._result()
        self._pg.exit_pipeline_mode()

    def _results(self, sent: Sequence[bool]) -> list[PGresult]:
        return [self._result() for prepares in sent for _ in range(1 + prepares)]

    def _answers(self, sent: Sequence[bool], results: Sequence[PGresult]) -> list[PGresult]:
        for result in results:
            if result.status == ExecStatus.FATAL_ERROR:
                # Which of them were prepared before the error is not worth working out: all get new names.
                self._prepared.clear()
                raise error_from_result(result, encoding="utf-8")
        answers = iter(results)
        return [[next(answers) for _ in range(1 + prepares)][-1] for prepares in sent]

    def _send(self, call: Call) -> bool:
        prepared = _positional(call.name)
        values = [call.parameters[name] for name in prepared.names]
        encoded, formats = [_encode(value) for value in values], [Format.BINARY] * len(values)
        if not self._keeps:
            types = [_type_of(value) for value in values]
            self._pg.send_query_params(prepared.text, encoded, types, formats, Format.BINARY)
            return False
        name = self._prepared.get(call.name)
        is_new = name is None
        if name is None:
            name = self._prepared[call.name] = f"tallystick_{next(self._numbers)}".encode()
            self._pg.send_prepare(name, prepared.text, [_type_of(value) for value in values])
        self._pg.send_query_prepared(name, encoded, formats, Format.BINARY)
        return is_new

    def _flush(self) -> None:
        # A large batch does not fit the socket at once, and the server answers while it is still being sent.
        pg = self._pg
        while pg.flush():
            self._poll.modify(pg.socket, select.POLLIN | select.POLLOUT)
            for _, ready in self._poll.poll():
                if ready & select.POLLIN:
                    pg.consume_input()
        self._poll.modify(pg.socket, select.POLLIN)

    def _result(self) -> PGresult:
        pg = self._pg
        while pg.is_busy():
            self._poll.poll()
            pg.consume_input()
        result = pg.get_result()
        if result is None:
            raise psycopg.OperationalError("the connection was lost")
        if result.status != ExecStatus.PIPELINE_SYNC:
            while pg.is_busy():
                self._poll.poll()
                pg.consume_input()
            pg.get_result()
        return result


def _type_of(value: Any) -> int:
    return value.array_oid if isinstance(value, BinaryArray) else _TYPES[type(value)]


def _encode(value: Any) -> bytes:
    match value:
        case bytes():
            return value
        case str():
            return value.encode()
        case int():
            return _BIGINT.pack(value)
        case datetime():
            return _BIGINT.pack((value - EPOCH) // MICROSECOND)
        case _:
            raise TypeError(f"{type(value).__name__} is no parameter")


def bytes_of(result: PGresult, row: int, column: int) -> bytes:
    """A value's bytes; None is an assertion."""
    value = result.get_value(row, column)
    assert value is not None
    return value


def bigint_of(result: PGresult, row: int, column: int) -> int:
    """A bigint."""
    number: int = _BIGINT.unpack(bytes_of(result, row, column))[0]
    return number


def instant_of(result: PGresult, row: int, column: int) -> datetime | None:
    """An instant, or None."""
    value = result.get_value(row, column)
    return None if value is None else EPOCH + _BIGINT.unpack(value)[0] * MICROSECOND

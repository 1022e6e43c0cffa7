"""Reading ahead: while some rows are made into a file, the database is at work on the next ones."""

from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import psycopg
from psycopg import ServerCursor

CANCEL_SECONDS = 5.0
CANCEL_AGAIN_SECONDS = 0.1

Rows = list[Any]


def read_ahead(cursor: ServerCursor[Any], at_once: int) -> Generator[Rows, None, None]:
    """All rows of a cursor that has been executed, `at_once` at a time; one such lot waits in memory.

    What has been asked for is always read to its end, so that between two lots the transaction is idle as it would be
    without this: a reader that stalls is seen by the database. Whoever stops early calls off what is being read.
    """
    rows = cursor.fetchmany(at_once)
    if len(rows) < at_once:  # most lists end here, and need no thread
        if rows:
            yield rows
        return
    with ThreadPoolExecutor(1, thread_name_prefix="read-ahead") as reader:
        following: Future[Rows] = reader.submit(cursor.fetchmany, at_once)
        try:
            while rows:
                yield rows
                rows = following.result()
                if rows:
                    following = reader.submit(cursor.fetchmany, at_once)
        finally:
            _call_off(cursor, following)


def _call_off(cursor: ServerCursor[Any], following: Future[Rows]) -> None:
    # More than once: what the database had not begun with when it was called off, it begins with after all.
    while not following.done():
        try:
            cursor.connection.cancel_safe(timeout=CANCEL_SECONDS)
        except psycopg.Error:
            return  # a database that is gone answers neither this nor what it was asked before
        wait([following], CANCEL_AGAIN_SECONDS)

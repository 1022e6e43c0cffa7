"""Readers have a working connection as soon as the database gives one, however it left the old ones."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql
from psycopg_pool import PoolTimeout

from ledger.store.connections import Limits
from ledger.store.pool import ReaderPool, open_pool

SHARED = 8
PATIENCE_SECONDS = 4.0
AWAY_SECONDS = 2.2


@contextmanager
def pool_of(database_url: str, connections: int) -> Iterator[ReaderPool]:
    """A pool in which so many connections lie ready."""
    pool = open_pool(database_url, Limits(connect_seconds=PATIENCE_SECONDS))
    try:
        pool.wait(PATIENCE_SECONDS)  # else it makes one more for whoever comes before its first is there
        with ExitStack() as taken:
            for _ in range(connections):
                taken.enter_context(pool.connection())
        yield pool
    finally:
        pool.close()


def ask(pool: ReaderPool) -> int:
    with pool.connection() as conn:
        ((answer,),) = conn.execute("SELECT 1")
    return int(answer)


def end_all(admin: psycopg.Connection[tuple[object, ...]], database: str) -> int:
    """End every connection to a database as its restart does; how many they were."""
    ended = admin.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", [database])
    return len(ended.fetchall())


def let_in(admin: psycopg.Connection[tuple[object, ...]], database: str, *, anybody: bool) -> None:
    statement = "ALTER DATABASE {} ALLOW_CONNECTIONS {}"
    admin.execute(sql.SQL(statement).format(sql.Identifier(database), sql.Literal(anybody)))


@pytest.fixture
def admin(postgres: object, database_url: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A connection to another database of the same server."""
    with psycopg.connect(database_url, dbname="postgres", autocommit=True) as conn:
        yield conn


@pytest.fixture
def database(database_url: str) -> str:
    return urlsplit(database_url).path[1:]


def test_a_pool_of_dead_connections_keeps_no_reader_waiting(
    admin: psycopg.Connection[tuple[object, ...]], database_url: str, database: str
) -> None:
    with pool_of(database_url, SHARED) as pool:
        assert end_all(admin, database) == SHARED
        assert [ask(pool) for _ in range(SHARED + 1)] == [1] * (SHARED + 1)


def test_a_reader_who_came_while_the_database_was_away_is_answered_when_it_is_back(
    admin: psycopg.Connection[tuple[object, ...]], database_url: str, database: str
) -> None:
    with pool_of(database_url, SHARED) as pool:
        let_in(admin, database, anybody=False)
        end_all(admin, database)
        back = threading.Timer(AWAY_SECONDS, let_in, (admin, database), {"anybody": True})
        back.start()
        try:
            assert ask(pool) == 1
        finally:
            back.join()


def test_a_reader_waits_no_longer_than_it_was_told(
    admin: psycopg.Connection[tuple[object, ...]], database_url: str, database: str
) -> None:
    with pool_of(database_url, 1) as pool:
        let_in(admin, database, anybody=False)
        end_all(admin, database)
        began = time.monotonic()
        with pytest.raises(PoolTimeout):
            pool.getconn(timeout=0.3)
        assert time.monotonic() - began < PATIENCE_SECONDS


def test_a_full_pool_gives_a_reader_what_another_gives_back(database_url: str) -> None:
    pool = open_pool(database_url, Limits(pool_max=1, connect_seconds=PATIENCE_SECONDS))
    try:
        with pool.connection() as held:
            waiting = threading.Thread(target=ask, args=(pool,))
            waiting.start()
            waiting.join(0.7)
            assert waiting.is_alive(), "it took a second connection"
            assert held.execute("SELECT 1").fetchone() == (1,)
        waiting.join(PATIENCE_SECONDS)
        assert not waiting.is_alive()
    finally:
        pool.close()

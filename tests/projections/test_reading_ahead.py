"""Reading ahead of whoever reads: all rows in their order, and nothing left running when that one stops."""

import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import Connection

from projections.reading_ahead import read_ahead


@pytest.fixture
def conn(database_url: str) -> Iterator[Connection[Any]]:
    with psycopg.connect(database_url) as conn:
        yield conn


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 7])
def test_every_row_arrives_once_and_in_order(conn: Connection[Any], count: int) -> None:
    with conn.cursor(name="numbers") as cursor:
        cursor.execute("SELECT generate_series(1, %s)", [count])
        assert [row for rows in read_ahead(cursor, 2) for (row,) in rows] == list(range(1, count + 1))


def test_an_error_comes_where_its_rows_would_have_come(conn: Connection[Any]) -> None:
    found: list[int] = []
    with conn.cursor(name="numbers") as cursor:
        cursor.execute("SELECT 12 / (5 - n) FROM generate_series(1, 9) AS n")
        with pytest.raises(psycopg.errors.DivisionByZero):
            found.extend(row for rows in read_ahead(cursor, 2) for (row,) in rows)
    assert found == [3, 4, 6, 12]


@pytest.mark.parametrize("head_start", [0.0, 0.2])
def test_what_is_being_read_for_somebody_who_has_gone_is_called_off(conn: Connection[Any], head_start: float) -> None:
    """Also where the database has not begun with it when that one goes."""
    with conn.cursor(name="slow") as cursor:
        cursor.execute("SELECT n, CASE WHEN n > 2 THEN pg_sleep(60)::text END FROM generate_series(1, 9) AS n")
        rows = read_ahead(cursor, 2)
        assert [number for number, _ in next(rows)] == [1, 2]
        time.sleep(head_start)
        begun = time.monotonic()
        rows.close()
    assert time.monotonic() - begun < 30
    conn.rollback()
    assert conn.execute("SELECT 1").fetchone() == (1,)

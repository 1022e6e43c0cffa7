"""Generations go in small steps, by as many runners as there are, and a number that one had is nobody else's."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Self

import psycopg
import pytest
from psycopg import Connection

from ledger.clock import Deadline
from ledger.store.connections import Limits, connect
from ledger.store.ledger import Store
from projections.models import model_named
from projections.projection import Model
from projections.rebuilding import sweeping
from projections.rebuilding.filling import Filling, FillingEnded
from projections.rebuilding.sweeping import sweep_step
from projections.runner import Runner
from projections.statements import statement
from tests.projections.test_runner import live_through_much, same_as_rebuilt
from tests.support.book import Book


@pytest.fixture
def model(book: Book, runner: Runner) -> Model:
    live_through_much(book)
    runner.catch_up()
    found = model_named("balances")
    assert found is not None
    return found


@pytest.fixture
def conn(store: Store) -> Iterator[Connection[Any]]:
    with connect(store.database_url, Limits()) as opened:
        yield opened


def filling_of(store: Store, model: Model) -> Filling:
    return Filling(store.database_url, store.operator, "main", [model])


def give_up(store: Store, model: Model) -> None:
    """Begin a generation and leave it to the sweepers."""
    with filling_of(store, model) as filling:
        filling.finish(filling.conn, filling.projected(filling.conn))


def numbers(store: Store, model: Model) -> list[int]:
    with psycopg.connect(store.database_url) as conn:
        asked = "SELECT DISTINCT generation FROM balances WHERE ledger_id = 'main' ORDER BY generation"
        return [row[0] for row in conn.execute(asked).fetchall()]


def test_a_number_is_given_once_even_where_nothing_is_left_of_the_generation_that_had_it(
    store: Store, runner: Runner, model: Model
) -> None:
    for expected in (2, 3, 4):
        with filling_of(store, model) as filling:
            assert [each.number for each in filling.generations] == [expected]
        runner.sweep()
    assert numbers(store, model) == [1]


def test_a_sweeper_that_comes_late_takes_nothing_from_a_generation_that_was_begun_since(
    store: Store, conn: Connection[Any], runner: Runner, model: Model
) -> None:
    give_up(store, model)
    assert numbers(store, model) == [1, 2]
    with Late(conn) as late:
        runner.sweep()
        with filling_of(store, model) as filling:
            filling.fill()
            with filling.conn.transaction():
                filling.finish(filling.conn, filling.projected(filling.conn))
            assert not late.go_on()
            filling.swap()
    same_as_rebuilt(store)


def test_whoever_fills_a_generation_that_was_given_up_for_it_does_not_write_into_the_next_one(
    store: Store, conn: Connection[Any], runner: Runner, model: Model
) -> None:
    with filling_of(store, model) as slow:
        conn.execute(statement("retire_generation"), {"ledger_id": "main", "model": model.name, "generation": 2})
        runner.sweep()
        with filling_of(store, model) as quick:
            with pytest.raises(FillingEnded):
                slow.swap()
            quick.swap()
    same_as_rebuilt(store)


def wait_until_blocked_or_done(store: Store, conn: Connection[Any], done: Future[bool]) -> None:
    give_up_at = Deadline(20)
    asked = "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = %s"
    with psycopg.connect(store.database_url, autocommit=True) as other:
        while not done.done() and other.execute(asked, [conn.info.backend_pid]).fetchone() != (True,):
            assert give_up_at.remaining()


def test_a_sweeper_that_meets_another_at_the_same_rows_does_not_take_them_for_the_last(
    store: Store, conn: Connection[Any], model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_up(store, model)
    for table in ("balances_ended", "balance_sums"):
        conn.execute(f"DELETE FROM {table} WHERE generation = 2")
    monkeypatch.setattr(sweeping, "STEP_ROWS", 1)
    with connect(store.database_url, Limits()) as other, ThreadPoolExecutor(1) as threads:
        with conn.transaction():
            assert sweep_step(conn)
            beside = threads.submit(sweep_step, other)
            wait_until_blocked_or_done(store, other, beside)
        beside.result()
    while sweep_step(conn):
        pass
    assert numbers(store, model) == [1]


def test_a_generation_of_a_model_that_only_a_newer_program_knows_is_left_to_that(
    conn: Connection[Any], model: Model
) -> None:
    conn.execute(statement("retire_generation"), {"ledger_id": "main", "model": "from_tomorrow", "generation": 2})
    conn.execute(statement("retire_generation"), {"ledger_id": "main", "model": model.name, "generation": 2})
    while sweep_step(conn):
        pass
    assert conn.execute("SELECT model FROM generations").fetchall() == [("from_tomorrow",)]


def test_two_sweepers_at_once_leave_nothing(store: Store, conn: Connection[Any], runner: Runner, model: Model) -> None:
    give_up(store, model)
    with connect(store.database_url, Limits()) as other:
        while sweep_step(conn) or sweep_step(other):
            pass
    assert numbers(store, model) == [1]


class Late:
    """A sweeper that has found what to delete and is held up there until it is told to go on."""

    def __init__(self, conn: Connection[Any]) -> None:
        self._conn = conn

    def __enter__(self) -> Self:
        found = self._conn.execute(statement("select_retired"), {"models": ["balances"]}).fetchone()
        late = self

        class Cursor(psycopg.Cursor[Any]):
            def execute(self, query: Any, *given: Any, **named: Any) -> Any:
                if query != statement("select_retired"):
                    return super().execute(query, *given, **named)
                return late

        self._found, self._cursor = found, Cursor
        return self

    def fetchone(self) -> Any:
        """What was found when there was time."""
        return self._found

    def go_on(self) -> bool:
        """Delete what was found; answers whether it was still there."""
        self._conn.cursor_factory = self._cursor
        return sweep_step(self._conn)

    def __exit__(self, *_: object) -> None:
        self._conn.cursor_factory = psycopg.Cursor

"""Wherever a runner dies, every read model ends as if none had: nothing is applied twice, nothing skipped.

A model that is added comes under this by itself: it is folded alone, and killed after each of its statements in turn.
"""

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import Connection, sql

from ledger.store.connections import Limits, connect
from ledger.store.ledger import Store
from projections.models import MODELS
from projections.projection import Model
from projections.rebuilding.rebuild import compare
from projections.runner import Runner
from tests.projections.test_runner import live_through_much
from tests.support.book import OPERATOR_KEY, Book
from tests.support.postgres import Databases
from tests.support.projected import open_ledger, projected

BATCH_EVENTS = 15


@pytest.fixture(scope="module")
def store(databases: Databases, run_dir: Path) -> Iterator[Store]:
    with projected(databases, run_dir) as url:
        opened = Store(url, operator_key=OPERATOR_KEY)
        yield opened
        opened.close()


class Dying:
    """Makes a connection that breaks after its n-th statement, once: before the next, or before the commit."""

    def __init__(self, after: int) -> None:
        self.left, self.died = after, False

    def __call__(self, database_url: str, limits: Limits) -> Connection[Any]:
        conn = connect(database_url, limits)
        dying = self

        class Cursor(psycopg.Cursor[Any]):
            def execute(self, *given: Any, **named: Any) -> Any:
                found = super().execute(*given, **named)
                dying.strike(conn)
                return found

        conn.cursor_factory = Cursor
        return conn

    def strike(self, conn: Connection[Any]) -> None:
        self.left -= 1
        if not self.left and not self.died:
            self.died = True
            self.end(conn)

    def end(self, conn: Connection[Any]) -> None:
        """As the runner's process does it: nobody is there any more."""
        conn.close()


class Abandoned(Dying):
    """The same, but it is the database that ends the session, with statements under way."""

    def end(self, conn: Connection[Any]) -> None:
        with psycopg.connect(conn.info.dsn) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [conn.info.backend_pid])


def die_after_every_statement(store: Store, models: Sequence[Model], kind: type[Dying] = Dying) -> int:
    """Run and be killed, a statement later each time, until a runner is done before it is; how often that was."""
    for after in count(1):
        dying = kind(after)
        runner = Runner(store.database_url, store.operator, batch_events=BATCH_EVENTS, models=models, connector=dying)
        try:
            runner.catch_up()
        except psycopg.OperationalError:
            assert dying.died
        if not dying.died:
            return after - 1
    raise AssertionError


def rows_of(store: Store, ledger_id: str, model: Model) -> int:
    with store.pool.connection() as conn:
        asked = "SELECT count(*) FROM {} WHERE ledger_id = %s AND generation = 1"
        counts = [conn.execute(sql.SQL(asked).format(sql.Identifier(each.name)), [ledger_id]) for each in model.tables]
        return sum(found.fetchall()[0][0] for found in counts)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_runner_that_is_killed_after_any_statement_of_a_model_applies_everything_once(
    store: Store, model: Model
) -> None:
    ledger_id = model.name
    live_through_much(Book(open_ledger(store, ledger_id)))
    deaths = die_after_every_statement(store, [model])
    assert deaths > 2 * len(model.tables)
    assert rows_of(store, ledger_id, model)
    with store.pool.connection() as conn:
        failed = "SELECT failure FROM projections WHERE ledger_id = %s AND model = %s"
        assert conn.execute(failed, [ledger_id, model.name]).fetchall() == [(None,)]
    assert compare(store.database_url, store.operator, ledger_id, [model]) is None


def test_all_models_together_are_killed_too(store: Store) -> None:
    live_through_much(Book(open_ledger(store, "together")))
    assert die_after_every_statement(store, MODELS) > 3 * len(MODELS)
    assert compare(store.database_url, store.operator, "together") is None


def test_a_session_that_the_database_ends_stops_no_model(store: Store) -> None:
    live_through_much(Book(open_ledger(store, "abandoned")))
    models = [each for each in MODELS if each.name in ("balances", "usage")]
    assert die_after_every_statement(store, models, Abandoned) > 2 * len(models)
    with store.pool.connection() as conn:
        stopped = "SELECT count(*) FROM projections WHERE ledger_id = 'abandoned' AND failed_position IS NOT NULL"
        assert conn.execute(stopped).fetchone() == (0,)
    assert compare(store.database_url, store.operator, "abandoned", models) is None


def test_a_runner_whose_first_batch_of_a_ledger_is_lost_begins_it_again(store: Store) -> None:
    with store.pool.connection() as conn:
        for after in (2, 4, 6, 8):
            open_ledger(store, f"begun-{after}")
            runner = Runner(store.database_url, store.operator, models=MODELS[:1], connector=Abandoned(after))
            with pytest.raises(psycopg.OperationalError):
                runner.catch_up()
            assert runner.catch_up() == 1
            folded = conn.execute("SELECT position FROM projected WHERE ledger_id = %s", [f"begun-{after}"])
            assert folded.fetchone() == (1,), f"it died after statement {after}"

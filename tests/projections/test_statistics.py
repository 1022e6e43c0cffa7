"""A young database is looked at before autovacuum comes to it."""

from collections.abc import Sequence

import psycopg
import pytest

from ledger.clock import Deadline
from ledger.store.connections import Limits, connect
from ledger.store.ledger import Store
from projections.models import MODELS
from projections.rebuilding import statistics
from projections.rebuilding.filling import Filling
from projections.rebuilding.rebuild import rebuild
from projections.rebuilding.statistics import Statistics, analyze
from projections.runner import Runner
from tests.projections.test_runner import live_through_much
from tests.support.book import Book


def rows_known(store: Store, table: str) -> int:
    """How many rows PostgreSQL believes there are; below zero where it has never looked."""
    with psycopg.connect(store.database_url) as conn:
        row = conn.execute("SELECT reltuples::bigint FROM pg_class WHERE relname = %s", [table]).fetchone()
    assert row is not None
    return int(row[0])


def test_every_table_of_a_model_is_looked_at(book: Book, store: Store, runner: Runner) -> None:
    live_through_much(book)
    runner.catch_up()
    analyze(store.database_url, Limits(), MODELS)
    assert rows_known(store, "customers") == 2
    assert all(rows_known(store, table.name) >= 0 for model in MODELS for table in model.tables)


def test_a_model_that_was_built_is_looked_at_before_it_is_read(book: Book, store: Store, runner: Runner) -> None:
    live_through_much(book)
    runner.catch_up()
    before = rows_known(store, "timeline")
    rebuild(store.database_url, store.operator, "main")
    assert before < 0 < rows_known(store, "timeline")


def folded(store: Store, runner: Runner) -> None:
    """Catch up, and wait until PostgreSQL has counted it: a session does so after it has ended."""
    runner.catch_up()
    asked = "SELECT n_live_tup = (SELECT count(*) FROM timeline) FROM pg_stat_user_tables WHERE relname = 'timeline'"
    give_up_at = Deadline(20)
    with psycopg.connect(store.database_url, autocommit=True) as conn:
        while conn.execute(asked).fetchone() != (True,):
            assert give_up_at.remaining()


def outgrown(store: Store, looking: Statistics) -> list[str]:
    with connect(store.database_url, Limits()) as conn:
        return looking.refresh(conn, store.database_url, Limits())


def test_a_table_is_looked_at_again_when_it_is_several_times_as_large(
    book: Book, store: Store, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statistics, "FEW_ROWS", 5)
    looking = Statistics(MODELS)
    live_through_much(book)
    folded(store, runner)
    found = outgrown(store, looking)
    assert "timeline" in found
    assert "entities" not in found  # there is one
    known = rows_known(store, "timeline")
    assert outgrown(store, looking) == []
    for number in range(known):
        book.grant("acme", number + 1)
    folded(store, runner)
    assert "timeline" not in outgrown(store, looking)
    for number in range(3 * known):
        book.grant("acme", number + 1)
    folded(store, runner)
    assert "timeline" in outgrown(store, looking)
    assert rows_known(store, "timeline") > 4 * known


def test_nothing_is_looked_at_while_a_generation_is_filled_or_a_ledger_is_far_behind(
    book: Book, store: Store, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[Sequence[str]] = []
    monkeypatch.setattr(statistics.log, "info", lambda _, tables: said.append(tables))
    monkeypatch.setattr(statistics, "FEW_ROWS", 5)
    looking = Statistics(MODELS)
    live_through_much(book)
    folded(store, runner)
    with Filling(store.database_url, store.operator, "main", MODELS[:1]):
        assert outgrown(store, looking) == []
        assert outgrown(store, looking) == []
    (left,) = said
    assert "timeline" in left
    book.track("acme", 1)
    monkeypatch.setattr(statistics, "FAR_BEHIND_EVENTS", 0)
    assert outgrown(store, looking) == []
    monkeypatch.setattr(statistics, "FAR_BEHIND_EVENTS", 1)
    assert "timeline" in outgrown(store, looking)


def test_a_table_that_takes_too_long_is_left_and_named_and_the_others_are_looked_at(
    book: Book, store: Store, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[Sequence[str]] = []
    monkeypatch.setattr(statistics.log, "warning", lambda _, tables: said.append(tables))
    monkeypatch.setattr(statistics, "LOCK_SECONDS", 0.05)
    live_through_much(book)
    folded(store, runner)
    with psycopg.connect(store.database_url) as conn:
        conn.execute("LOCK TABLE customers")
        analyze(store.database_url, Limits(), MODELS)
    assert said == [["customers"]]
    assert rows_known(store, "customers") < 0 < rows_known(store, "timeline")


def test_a_database_that_cannot_be_looked_at_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(statistics.log, "warning", lambda sentence, **_: said.append(sentence))
    analyze("postgresql://nobody@127.0.0.1:1/none", Limits(), MODELS)
    assert said == ["the tables of the read models could not be analyzed"]

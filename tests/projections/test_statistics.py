"""A young database is looked at before autovacuum comes to it."""

import psycopg
import pytest

from ledger.store.connections import Limits
from ledger.store.ledger import Store
from projections import statistics
from projections.models import MODELS
from projections.rebuild import rebuild
from projections.runner import Runner
from projections.statistics import Statistics, analyze
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


def test_it_is_looked_again_when_there_is_ten_times_as_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "analyze", lambda *_: None)
    counted = Statistics(MODELS)
    looked = []
    for events in (999, 1, 1, 8_998, 1_000, 100_000, 5_000_000, 5_000_000):
        counted.count(events)
        looked.append(counted.refresh("", Limits()))
    assert looked == [False, True, False, False, True, True, True, False]


def test_a_database_that_cannot_be_looked_at_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(statistics.log, "warning", lambda sentence, **_: said.append(sentence))
    analyze("postgresql://nobody@127.0.0.1:1/none", Limits(), MODELS)
    assert said == ["the tables of the read models could not be analyzed"]

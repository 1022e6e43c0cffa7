"""A model is rebuilt beside the one that is read, and what is read is proved to be what a rebuild gives."""

import threading
from collections.abc import Sequence
from functools import partial

import psycopg
import pytest

from ledger.store.connections import Limits
from ledger.store.ledger import Store
from projections.models import MODELS, model_named
from projections.projection import Model
from projections.reads import CUSTOMER_MODELS, TIMELINE_MODELS, Reads, customers, timeline
from projections.rebuilding import rebuild as rebuilding
from projections.rebuilding.filling import Filling
from projections.rebuilding.rebuild import compare, rebuild
from projections.rebuilding.statistics import analyze
from projections.runner import Runner
from projections.statements import statement
from tests.projections.test_runner import head, live_through_much, same_as_rebuilt
from tests.support.book import Book


def test_a_rebuild_while_writes_go_on_is_swapped_in_and_misses_nothing(book: Book, store: Store) -> None:
    live_through_much(book)
    runner, done = Runner(store.database_url, store.operator, batch_events=7), threading.Event()

    def write() -> None:
        for number in range(60):
            book.customer(f"w{number}")
            book.track("acme", 1)
        done.set()

    writer = threading.Thread(target=write)
    runner.start()
    writer.start()
    try:
        rebuilds = 0
        while not done.is_set() or not rebuilds:
            rebuild(store.database_url, store.operator, "main")
            rebuilds += 1
        writer.join()
        with Reads(store.pool).open("main", models=(*CUSTOMER_MODELS, *TIMELINE_MODELS)) as view:
            assert view.position == head(store)
            assert len(customers(view, limit=100).items) == 62
            assert len(timeline(view, limit=500).items) == head(store)
            assert view.standing.generation("timeline") == rebuilds + 1
    finally:
        runner.stop()
    same_as_rebuilt(store)


def test_small_chunks_and_a_small_memory_rebuild_the_same(book: Book, store: Store, runner: Runner) -> None:
    live_through_much(book)
    for number in range(12):
        book.customer(f"c{number}")
        book.attach(f"c{number}", "pro")
    for number in (*range(12), *range(12)):
        book.track(f"c{number}", 1)
    runner.catch_up()
    with Filling(store.database_url, store.operator, "main", MODELS, chunk_events=4) as filling:
        for generation in filling.generations:
            generation._most = 2
        filling.fill()
        filling.swap()
    same_as_rebuilt(store)


def test_what_is_written_while_built_tables_are_looked_at_is_not_left_to_the_swap(
    book: Book, store: Store, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    live_through_much(book)
    runner.catch_up()
    left: list[int] = []

    class Watched(Filling):
        def swap(self) -> int:
            left.append(self.projected(self.conn) - self.position)
            return super().swap()

    def look_while_others_write(database_url: str, limits: Limits, models: Sequence[Model]) -> None:
        for _ in range(9):
            book.track("acme", 1)
        runner.catch_up()
        analyze(database_url, limits, models)

    monkeypatch.setattr(rebuilding, "Filling", partial(Watched, chunk_events=4))
    monkeypatch.setattr(rebuilding, "analyze", look_while_others_write)
    rebuild(store.database_url, store.operator, "main")
    (lag,) = left
    assert lag <= 4
    same_as_rebuilt(store)


def test_nothing_is_left_of_old_generations(book: Book, store: Store, runner: Runner) -> None:
    live_through_much(book)
    runner.catch_up()
    rebuild(store.database_url, store.operator, "main")
    same_as_rebuilt(store)
    runner.sweep()
    with psycopg.connect(store.database_url) as conn:
        assert conn.execute("SELECT count(*) FROM generations").fetchone() == (0,)
        for model in MODELS:
            for table in model.tables:
                found = conn.execute(f"SELECT DISTINCT generation FROM {table.name}").fetchall()
                assert found == [(2,)] or (table.name == "usage_stream_sums" and not found)  # no long history here


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ("UPDATE balances SET remaining = remaining + 1 WHERE feature_id = 'messages'", "balances"),
        ("DELETE FROM timeline WHERE position = 9", "timeline 9 is missing"),
        ("DELETE FROM timeline WHERE position >= 9", "timeline 9 is missing"),
        (
            """INSERT INTO entities
               SELECT ledger_id, generation, stream_id, 'zzz', feature_id, name, forgotten, search, created_at
               FROM entities""",
            "should not be there",
        ),
    ],
)
def test_a_row_that_was_changed_is_named(
    book: Book, store: Store, runner: Runner, change: str, difference: str
) -> None:
    live_through_much(book)
    runner.catch_up()
    same_as_rebuilt(store)
    with psycopg.connect(store.database_url) as conn:
        conn.execute(change)
    found = compare(store.database_url, store.operator, "main")
    assert found is not None
    assert difference in str(found)


def test_one_model_alone_can_be_rebuilt(book: Book, store: Store, runner: Runner, reads: Reads) -> None:
    live_through_much(book)
    runner.catch_up()
    model = model_named("balances")
    assert model is not None
    rebuild(store.database_url, store.operator, "main", [model])
    book.track("acme", 1)
    runner.catch_up()
    with reads.open("main", models=CUSTOMER_MODELS) as view:
        assert [view.standing.generation(name) for name in ("balances", "timeline")] == [2, 1]
    same_as_rebuilt(store)


def test_old_generations_are_swept_without_a_join_of_every_row_with_every_other(store: Store) -> None:
    old = {"ledger_id": "main", "generation": 1, "limit": 2_000}
    with psycopg.connect(store.database_url) as conn:
        for model in MODELS:
            for table in model.tables:
                step = conn.execute(f"EXPLAIN {statement(f'retire_{table.name}', model.package)}", old).fetchall()
                plan = "\n".join(line for (line,) in step)
                assert "Nested Loop" not in plan, plan
                assert table.name == "timeline" or "Tid Scan" in plan, plan

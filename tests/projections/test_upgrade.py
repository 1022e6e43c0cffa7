"""A database of an earlier version: its events are read as they were, and what an upgrade brings is built by itself."""

from dataclasses import replace
from decimal import Decimal
from typing import Final

import psycopg
import pytest
from eventsourcing.persistence import StoredEvent

from ledger.core.state import Customer
from ledger.store.ledger import Store, StreamAddress
from projections.errors import ProjectionUnbuilt
from projections.following import projector
from projections.models import MODELS
from projections.reads import (
    CUSTOMER_MODELS,
    INVOICE_MODELS,
    TIMELINE_MODELS,
    USAGE_MODELS,
    Reads,
    balances,
    customers,
    find_stream,
    timeline,
    usage,
)
from projections.rebuilding import filling
from projections.rebuilding.building import Builder
from projections.runner import Runner
from tests.golden.codec import STREAM, golden_file
from tests.projections.test_runner import head, live_through_much, same_as_rebuilt, stumbling
from tests.support.book import ME, Book
from tests.support.projected import open_ledger

ANOTHER: Final = (b'"grant_id":"7.0"', b'"grant_id":"2.1"')
STORY: Final = (
    "customer.created.v1",
    "balance.granted.v1",
    "plan.attached.v1",
    "entity.created.v1",
    "usage.recorded.v1",
    "balance.deducted.v1",
    "balance.set.v1",
    "balance.reset.v1",
    "quantity.changed.v1",
    "plan.scheduled.v1",
    "plan.unscheduled.v1",
    "plan.canceled.v1",
    "plan.uncanceled.v1",
    "plan.renewed.v1",
    "customer.updated.v1",
)
"""What one customer may have lived through before there were invoices."""


def insert_old_events(store: Store) -> None:
    """The bytes of the golden files as the events of one customer; the key of what is sealed in them is gone."""
    bodies = [golden_file(name).read_bytes() for name in STORY]
    bodies[1] = bodies[1].replace(*ANOTHER)
    told = enumerate(zip(STORY, bodies, strict=True), start=1)
    events = [StoredEvent(STREAM, version, name, body) for version, (name, body) in told]
    store.ledger("main").recorder.insert_events(events)


def as_before_the_upgrade(store: Store, *new: str) -> None:
    """As an earlier version leaves a database: it knew nothing of some models, and folded the others its own way."""
    with psycopg.connect(store.database_url) as conn:
        for model in new:
            conn.execute(f"DELETE FROM {model}")
            conn.execute("DELETE FROM projections WHERE model = %s", (model,))
        conn.execute("UPDATE projections SET revision = 1")


def test_events_of_the_first_version_are_read_by_the_program_of_today(
    book: Book, store: Store, runner: Runner, reads: Reads
) -> None:
    insert_old_events(store)
    runner.catch_up()
    with reads.open("main", models=(*CUSTOMER_MODELS, *TIMELINE_MODELS, *USAGE_MODELS)) as view:
        assert find_stream(view, "anna") == STREAM
        assert [each.state.customer_id for each in customers(view).items] == ["anna"]
        left = {each.grant.grant_id: each.grant.balance for each in balances(view).items}
        assert left == {"2.1": Decimal("301.25"), "7.0": Decimal("200.5")}
        told = [each for each in timeline(view, limit=100).items if each.stream_id == STREAM]
        assert len(told) == len(STORY)
        assert [each.feature_id for each in usage(view).items] == ["messages"]
    same_as_rebuilt(store)
    found = book.ledger.look(StreamAddress(STREAM), by=ME).state
    assert isinstance(found, Customer)
    assert (found.customer_id, sorted(found.subscriptions), sorted(found.grants)) == ("anna", ["7.0"], [])
    assert found.account.invoices == {}
    runner.catch_up()
    same_as_rebuilt(store)


def test_a_model_that_is_new_says_so_until_it_is_built_by_itself(
    book: Book, store: Store, runner: Runner, reads: Reads
) -> None:
    live_through_much(book)
    runner.catch_up()
    as_before_the_upgrade(store, "usage", "invoices")
    for models in (USAGE_MODELS, INVOICE_MODELS):
        with pytest.raises(ProjectionUnbuilt, match="being built"):
            reads.open("main", models=models).__enter__()
    with reads.open("main", models=TIMELINE_MODELS) as view:
        assert len(timeline(view, limit=500).items) == head(store)
    after = Runner(store.database_url, store.operator)
    book.track("acme", 1)
    after.catch_up()
    with reads.open("main", models=(*USAGE_MODELS, *INVOICE_MODELS)) as view:
        assert view.position == head(store)
        assert usage(view).items
    same_as_rebuilt(store)


def test_rows_that_another_revision_folded_are_built_anew_once(book: Book, store: Store, runner: Runner) -> None:
    live_through_much(book)
    runner.catch_up()
    with psycopg.connect(store.database_url) as conn:
        conn.execute('UPDATE subscriptions SET state = state || \'{"kept": "otherwise"}\'')
    as_before_the_upgrade(store)
    builder = Builder(store.database_url, store.operator)
    with psycopg.connect(store.database_url, autocommit=True) as conn:
        behind = [model.name for model in MODELS if model.revision > 1]
        assert builder.round(conn) == len(behind)
        assert builder.round(conn) == 0
    same_as_rebuilt(store)


def test_a_long_history_that_nobody_has_folded_is_built_and_not_run_after(
    book: Book, store: Store, reads: Reads, monkeypatch: pytest.MonkeyPatch
) -> None:
    live_through_much(book)
    for place in (projector, filling):
        monkeypatch.setattr(place, "LONG_HISTORY", 5)
    Runner(store.database_url, store.operator).catch_up()
    with reads.open("main", models=(*CUSTOMER_MODELS, *TIMELINE_MODELS)) as view:
        assert len(timeline(view, limit=500).items) == head(store)
        assert {view.standing.generation(model.name) for model in MODELS} == {2}
    same_as_rebuilt(store)


def test_a_model_that_cannot_be_built_keeps_no_other_from_it(book: Book, store: Store, runner: Runner) -> None:
    live_through_much(book)
    runner.catch_up()
    as_before_the_upgrade(store, "usage", "invoices")
    models = [stumbling(each, 1) if each.name == "timeline" else each for each in MODELS]
    builder = Builder(store.database_url, store.operator, models=models)
    with psycopg.connect(store.database_url, autocommit=True) as conn:
        behind = {model.name for model in MODELS if model.revision > 1} | {"usage", "invoices"}
        assert builder.round(conn) == len(behind - {"timeline"})
        assert builder.round(conn) == 0
    with Reads(store.pool).open("main", models=(*USAGE_MODELS, *INVOICE_MODELS, *TIMELINE_MODELS)) as view:
        assert len(timeline(view, limit=500).items) == head(store)


def test_a_ledger_whose_log_cannot_be_read_keeps_no_other_from_being_built(
    book: Book, store: Store, runner: Runner, reads: Reads
) -> None:
    book.customer("acme")
    Book(open_ledger(store, "next")).customer("acme")
    runner.catch_up()
    as_before_the_upgrade(store, "usage")
    with psycopg.connect(store.database_url) as conn:
        conn.execute("ALTER TABLE events DISABLE TRIGGER ALL")
        conn.execute("UPDATE events SET type = 'from.tomorrow.v1' WHERE ledger_id = 'main' AND position = 1")
    builder = Builder(store.database_url, store.operator)
    with psycopg.connect(store.database_url, autocommit=True) as conn:
        behind = {model.name for model in MODELS if model.revision > 1} | {"usage"}
        assert builder.round(conn) == len(behind)
        assert builder.round(conn) == 0
    with pytest.raises(ProjectionUnbuilt):
        reads.open("main", models=USAGE_MODELS).__enter__()
    with reads.open("next", models=USAGE_MODELS) as view:
        assert usage(view).items == []
    same_as_rebuilt(store, "next")


def test_a_program_that_a_newer_one_has_followed_leaves_the_ledger_to_it(book: Book, store: Store) -> None:
    book.customer("acme")
    newer = [replace(each, revision=each.revision + 1) for each in MODELS]
    Runner(store.database_url, store.operator, models=newer).catch_up()
    book.track("acme", 1)
    assert Runner(store.database_url, store.operator).catch_up() == 0
    assert Runner(store.database_url, store.operator, models=newer).catch_up() == 1

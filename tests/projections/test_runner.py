"""The runner folds what is new, once, whoever runs and wherever it dies."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import Connection

from ledger.core.subscriptions.cancellation import When
from ledger.store import reading
from ledger.store.connections import Limits, connect
from ledger.store.ledger import CustomerAddress, Store
from projections import runner as running
from projections.folding.events import EventReader
from projections.models import MODELS
from projections.projection import Model, Recorded
from projections.reads import (
    CUSTOMER_MODELS,
    TIMELINE_MODELS,
    ProjectionFailed,
    Reads,
    customer,
    customers,
    find_stream,
    timeline,
)
from projections.rebuilding.rebuild import compare, rebuild
from projections.runner import Runner
from projections.statements import statement
from tests.support.book import ME, Book
from tests.support.projected import open_ledger


def live_through_much(book: Book) -> None:
    """One of most things that happen."""
    book.customer("acme", "Acme & Söhne", "ap@acme.example", {"tier": 1, "note": "tab\tand \\ and \n"})
    book.customer(None, None, "lone@example.com")
    book.attach("acme", "free")
    book.attach("acme", "pro")
    book.attach("acme", "setup")
    book.entity("acme", "team-a", "Team A")
    book.track("acme", 60)
    book.grant("acme", 7)
    book.deduct("acme", 10, "refund for\tticket 8812 \\ \n")
    book.cancel("acme", "pro", When.NOW)


def same_as_rebuilt(store: Store, ledger_id: str = "main") -> None:
    assert compare(store.database_url, store.operator, ledger_id) is None


def positions(store: Store) -> list[int]:
    with store.pool.connection() as conn:
        rows = conn.execute("SELECT position FROM timeline WHERE ledger_id = 'main' ORDER BY generation, position")
        return [row[0] for row in rows.fetchall()]


def head(store: Store) -> int:
    return store.ledgers()[0].position


def test_what_was_done_to_a_customer_is_read_back(book: Book, runner: Runner, reads: Reads) -> None:
    book.customer("acme", "Acme & Söhne", "ap@acme.example", {"tier": 1})
    book.attach("acme", "pro")
    book.entity("acme", "team-a", "Team A")
    book.track("acme", 60)
    book.deduct("acme", 10, "refund for ticket 8812")
    assert runner.catch_up() > 0
    written = book.ledger.look(CustomerAddress("acme"), by=ME)
    with reads.open("main", models=CUSTOMER_MODELS) as view:
        stream_id = find_stream(view, "acme")
        assert stream_id is not None
        found = customer(view, stream_id)
        assert view.position == written.position
    assert found is not None
    assert found.state.grants == written.state.grants
    assert found.state.subscriptions == written.state.subscriptions
    assert found.state.entities == written.state.entities
    assert found.state.personal == written.state.personal
    with reads.open("main", models=TIMELINE_MODELS) as view:
        entries = timeline(view).items
    assert entries[0].sentence == "finance-desk deducted 10 of 40 messages from customer acme: refund for ticket 8812"
    assert entries[0].before == {"granted": 100, "remaining": 40, "usage": 60}
    assert entries[0].after == {"granted": 100, "remaining": 30, "usage": 70}
    assert [each.position for each in entries] == list(range(entries[0].position, 0, -1))


@pytest.mark.parametrize("batch_events", [1, 3, 1000])
def test_batches_of_any_size_leave_the_same_rows(book: Book, store: Store, batch_events: int) -> None:
    live_through_much(book)
    Runner(store.database_url, store.operator, batch_events=batch_events).catch_up()
    assert positions(store) == list(range(1, head(store) + 1))
    same_as_rebuilt(store)


def test_two_runners_share_the_work_and_apply_everything_once(book: Book, store: Store) -> None:
    runners = [Runner(store.database_url, store.operator, batch_events=5) for _ in range(2)]
    for runner in runners:
        runner.start()
    try:
        for number in range(30):
            book.customer(f"c{number}")
            book.track("c0", 1) if number % 2 else book.attach(f"c{number}", "pro")
        with Reads(store.pool, wait_seconds=10).open("main", models=TIMELINE_MODELS) as view:
            assert view.position == head(store)
    finally:
        for runner in runners:
            runner.stop()
    assert positions(store) == list(range(1, head(store) + 1))
    same_as_rebuilt(store)


def test_keys_are_read_of_those_alone_who_sealed_something_all_in_one_question(
    book: Book, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for customer_id in ("plain", "sealing", "other"):
        book.customer(customer_id)
        book.attach(customer_id, "pro")
    begun = head(store)
    book.track("plain", 1)
    book.deduct("sealing", 1, "refund")
    book.deduct("other", 1, "refund")
    asked = list[set[UUID]]()

    def read_keys(conn: Connection[Any], ledger_id: str, stream_ids: Iterable[UUID]) -> dict[UUID, bytes | None]:
        asked.append(set(stream_ids))
        return really(conn, ledger_id, asked[-1])

    really = reading.read_keys
    monkeypatch.setattr(reading, "read_keys", read_keys)
    with store.pool.connection() as conn:
        events = EventReader("main", store.operator).read(conn, begun, 100)
    said = {each.stream_id: each.event.reason.text() for each in events if each.event.reason is not None}
    assert list(said.values()) == ["refund", "refund"]
    assert len({each.stream_id for each in events}) == 3
    assert asked == [set(said)]


def stumbling(model: Model, at: int) -> Model:
    def fold(state: Any, recorded: Recorded) -> tuple[Any, Sequence[Any]]:
        if recorded.position >= at:
            raise ValueError("cannot fold this")
        return model.fold(state, recorded)

    return replace(model, fold=fold)


def test_a_model_that_fails_stops_alone_says_where_and_is_cured_by_a_rebuild(book: Book, store: Store) -> None:
    book.customer("acme")
    reads, at = Reads(store.pool, wait_seconds=2), head(store)
    models = [stumbling(each, at) if each.name == "subscriptions" else each for each in MODELS]
    runner = Runner(store.database_url, store.operator, models=[stumbling(models[3], at), *models[:3]])
    runner.catch_up()
    book.track("acme", 1)
    assert runner.catch_up() == 1
    with reads.open("main", models=["customers", "balances"]) as view:
        assert view.position == head(store)
        assert [each.state.customer_id for each in _customers_without_plans(view)] == ["acme"]
    with pytest.raises(ProjectionFailed, match=f"timeline projection stopped at position {at}"):
        reads.open("main", models=TIMELINE_MODELS).__enter__()
    rebuild(store.database_url, store.operator, "main")
    with reads.open("main", models=(*CUSTOMER_MODELS, *TIMELINE_MODELS)) as view:
        assert len(timeline(view).items) == head(store)
        assert len(customers(view).items) == 1


def _customers_without_plans(view: Any) -> list[Any]:
    from projections.customers.fold import CustomerRow, to_customer
    from projections.queries.rows import CustomerEntry

    rows = view.rows("read_customers", ("customers",), stream_ids=[find_stream(view, "acme")])
    return [CustomerEntry(row[0], to_customer(CustomerRow(*row[1:]), {})) for row in rows]


def test_rows_that_cannot_be_written_stop_their_model_only(book: Book, store: Store) -> None:
    with psycopg.connect(store.database_url) as conn:
        conn.execute("ALTER TABLE subscriptions ADD CONSTRAINT no_pro CHECK (plan_id <> 'pro')")
    book.customer("acme")
    book.attach("acme", "pro")
    Runner(store.database_url, store.operator).catch_up()
    with psycopg.connect(store.database_url) as conn:
        said = conn.execute("SELECT failure FROM projections WHERE failure IS NOT NULL").fetchall()
    refused = 'CheckViolation: new row for relation "subscriptions" violates check constraint "no_pro"'
    assert said == [(refused,)]  # and nothing of the row
    reads = Reads(store.pool, wait_seconds=2)
    with pytest.raises(ProjectionFailed):
        reads.open("main", models=CUSTOMER_MODELS).__enter__()
    with reads.open("main", models=TIMELINE_MODELS) as view:
        assert len(timeline(view).items) == head(store)


def turn_into(store: Store, event_type: str) -> None:
    """Let the first event of `main` be of another type."""
    with psycopg.connect(store.database_url) as conn:
        conn.execute("ALTER TABLE events DISABLE TRIGGER ALL")
        conn.execute("UPDATE events SET type = %s WHERE ledger_id = 'main' AND position = 1", [event_type])


def test_a_ledger_that_cannot_be_folded_is_tried_again_after_a_while_and_keeps_no_other_waiting(
    book: Book, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(running.log, "exception", lambda _, ledger_id: said.append(ledger_id))
    open_ledger(store, "next")
    turn_into(store, "from.tomorrow.v1")
    patient = Runner(store.database_url, store.operator)
    assert [patient.catch_up() for _ in range(3)] == [1, 0, 0]
    assert said == ["main"]
    monkeypatch.setattr(running, "PUT_OFF_SECONDS", 0.0)
    eager = Runner(store.database_url, store.operator)
    assert [eager.catch_up() for _ in range(2)] == [0, 0]
    assert said == ["main", "main", "main"]
    turn_into(store, "ledger.created.v1")
    assert eager.catch_up() == head(store)
    same_as_rebuilt(store)


def test_only_the_runner_commits_without_waiting_for_the_disk(book: Book, store: Store) -> None:
    book.customer("acme")
    settings: list[str] = []

    class Cursor(psycopg.Cursor[Any]):
        def execute(self, query: Any, *given: Any, **named: Any) -> Any:
            found = super().execute(query, *given, **named)
            if query == statement("relax_commit"):
                settings.extend(super().execute("SHOW synchronous_commit").fetchone() or ())
            return found

    def watched(database_url: str, limits: Limits) -> Connection[Any]:
        conn = connect(database_url, limits)
        conn.cursor_factory = Cursor
        return conn

    Runner(store.database_url, store.operator, connector=watched).catch_up()
    assert settings == ["off"]
    with store.pool.connection() as conn:
        assert conn.execute("SHOW synchronous_commit").fetchone() == ("on",)


def test_stopping_is_prompt_and_may_be_said_twice(store: Store) -> None:
    runner = Runner(store.database_url, store.operator)
    runner.start()
    runner.stop(5)
    runner.stop(5)
    assert runner._thread is not None
    assert not runner._thread.is_alive()

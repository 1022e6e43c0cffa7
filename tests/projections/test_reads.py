"""Reads are as new as the log when they were asked, and say so; pages follow one another."""

from datetime import timedelta

import msgspec
import pytest

from ledger.core.subscriptions.cancellation import When
from ledger.store.ledger import Store
from projections.cursors import InvalidCursor
from projections.reads import (
    CUSTOMER_MODELS,
    TIMELINE_MODELS,
    BalanceFilter,
    CreatedRange,
    PlanFilter,
    ProjectionBehind,
    Reads,
    TimelineFilter,
    balances,
    customers,
    entities,
    events,
    find_stream,
    ndjson,
    subscriptions,
    timeline,
)
from projections.runner import Runner
from tests.projections.test_runner import head, live_through_much
from tests.support.book import Book
from tests.support.projected import open_ledger


def test_a_read_after_a_write_always_sees_it(book: Book, runner: Runner, reads: Reads) -> None:
    runner.start()
    try:
        for number in range(25):
            written = book.customer(f"c{number}")
            with reads.open("main", models=CUSTOMER_MODELS) as view:
                assert view.position >= written.position
                assert find_stream(view, f"c{number}") == written.steps[0].stream_id
    finally:
        runner.stop()


def test_without_a_runner_a_read_is_refused_and_a_stale_one_says_how_old_it_is(book: Book, store: Store) -> None:
    Runner(store.database_url, store.operator).catch_up()
    known = head(store)
    book.customer("acme")
    reads = Reads(store.pool, wait_seconds=0.05)
    with pytest.raises(ProjectionBehind) as refused:
        reads.open("main", models=CUSTOMER_MODELS).__enter__()
    assert (refused.value.needed, refused.value.reached) == (known + 1, known)
    with reads.open("main", models=CUSTOMER_MODELS, allow_stale=True) as view:
        assert view.position == known
        assert not customers(view).items


def test_lists_say_up_to_when_due_work_is_done(book: Book, runner: Runner, reads: Reads) -> None:
    book.customer("acme")
    book.attach("acme", "pro")
    runner.catch_up()
    with reads.open("main", models=CUSTOMER_MODELS) as view:
        assert view.due == view.standing.clock


def test_customers_are_found_and_sorted_and_paged(book: Book, runner: Runner, reads: Reads) -> None:
    for number in range(7):
        book.customer(f"c{number}", f"Name {number}", f"mail{number}@100%.example")
    book.attach("c1", "pro")
    book.attach("c2", "free")
    runner.catch_up()
    with reads.open("main", models=CUSTOMER_MODELS) as view:

        def ids(**asked: object) -> list[str | None]:
            return [each.state.customer_id for each in customers(view, **asked).items]  # type: ignore[arg-type]  # passed on

        everyone = [f"c{number}" for number in range(6, -1, -1)]
        assert ids() == everyone
        assert ids(oldest_first=True) == everyone[::-1]
        assert ids(search="MAIL3@100%") == ["c3"]
        assert ids(search="100_") == []
        assert ids(plans=[PlanFilter("pro")]) == ["c1"]
        assert ids(plans=[PlanFilter("pro", (2,)), PlanFilter("free", (1, 3))]) == ["c2"]
        assert ids(plans=[PlanFilter("pro")], plan_statuses=["scheduled"]) == []
        assert ids(plans=[PlanFilter("pro")], plan_statuses=["scheduled"]) == []
        third = customers(view).items[2].state.created_at
        assert third is not None
        assert ids(created=CreatedRange(third, None)) == everyone[:3]
        assert ids(created=CreatedRange(None, third - timedelta(milliseconds=1))) == everyone[3:]
        seen, cursor = [], None
        while True:
            page = customers(view, limit=3, cursor=cursor)
            seen += [each.state.customer_id for each in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert seen == everyone
        found = customers(view, search="c1").items[0].state
        assert [each.plan.plan_id for each in found.subscriptions.values()] == ["pro"]
        assert len(found.grants) == 2


def test_a_cursor_belongs_to_its_question_and_its_ledger(
    book: Book, store: Store, runner: Runner, reads: Reads
) -> None:
    open_ledger(store, "other")
    for number in range(3):
        book.customer(f"c{number}")
    runner.catch_up()
    with reads.open("main", models=CUSTOMER_MODELS) as view:
        cursor = customers(view, limit=1).next_cursor
        assert cursor is not None
        assert customers(view, limit=2, cursor=cursor).items
        for wrong in ("nonsense", cursor[:-2], "é", cursor + "AAAA"):
            with pytest.raises(InvalidCursor):
                customers(view, cursor=wrong)
        with pytest.raises(InvalidCursor):
            customers(view, cursor=cursor, search="c")
        with pytest.raises(InvalidCursor):
            entities(view, cursor=cursor)
    with (
        reads.open("other", models=CUSTOMER_MODELS) as view,
        pytest.raises(InvalidCursor),
    ):
        customers(view, cursor=cursor)


def test_lists_of_what_customers_have(book: Book, runner: Runner, reads: Reads) -> None:
    live_through_much(book)
    book.attach("acme", "pro")
    runner.catch_up()
    with reads.open("main", models=CUSTOMER_MODELS) as view:
        acme = find_stream(view, "acme")
        statuses = ["active", "scheduled", "expired"]
        found = subscriptions(view, stream_id=acme, statuses=statuses).items
        assert [(each.subscription.plan.plan_id, each.status, each.ended_by) for each in found] == [
            ("pro", "active", None),
            ("pro", "expired", "canceled"),
            ("free", "expired", "replaced"),
        ]
        assert [each.subscription.plan.plan_id for each in subscriptions(view, one_off=True).items] == ["setup"]
        assert [each.entity.entity_id for each in entities(view, stream_id=acme).items] == ["team-a"]
        assert [each.entity.entity_id for each in entities(view, search="TEAM a").items] == ["team-a"]
        assert [each.entity.entity_id for each in entities(view, plans=[PlanFilter("pro")]).items] == ["team-a"]
        loose = balances(view, BalanceFilter(standalone=True)).items
        assert [(each.customer_id, each.grant.feature_id) for each in loose] == [("acme", "messages")]
        expired = balances(view, BalanceFilter(statuses=("expired",), plan_id="free")).items
        assert [(each.grant.feature_id, each.status) for each in expired] == [("messages", "expired")]
        seen, cursor = [], None
        while True:
            page = balances(view, BalanceFilter(statuses=("active", "expired")), limit=2, cursor=cursor)
            seen += [each.grant.grant_id for each in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert len(seen) == len(set(seen)) == len(balances(view, BalanceFilter(statuses=("active", "expired"))).items)


def test_the_timeline_is_filtered_and_paged(book: Book, runner: Runner, reads: Reads) -> None:
    live_through_much(book)
    runner.catch_up()
    with reads.open("main", models=TIMELINE_MODELS) as view:

        def kinds(keep: TimelineFilter) -> list[str]:
            return [each.kind for each in timeline(view, keep).items]

        assert kinds(TimelineFilter(actor="finance-desk")) == ["balance.deducted"]
        assert kinds(TimelineFilter(kind="balance")) == ["balance.deducted", "balance.granted"]
        assert kinds(TimelineFilter(entity_id="team-a")) == ["entity.created"]
        assert kinds(TimelineFilter(kind="usage.recorded", feature_id="messages")) == ["usage.recorded"]
        assert kinds(TimelineFilter(feature_id="seats", kind="usage.recorded")) == []
        everything = timeline(view, limit=500).items
        middle = everything[len(everything) // 2]
        older = timeline(view, TimelineFilter(recorded_to=middle.recorded_at), limit=500).items
        newer = timeline(view, TimelineFilter(at_from=middle.at), limit=500).items
        assert older == [each for each in everything if each.recorded_at < middle.recorded_at]
        assert newer == [each for each in everything if each.at >= middle.at]
        assert older
        assert middle in newer
        assert everything[0].reason is None or "\t" in everything[0].reason
        page = timeline(view, limit=4, oldest_first=True)
        following = timeline(view, limit=4, oldest_first=True, cursor=page.next_cursor)
        assert [each.position for each in (*page.items, *following.items)] == list(range(1, 9))


def test_the_log_is_streamed_as_it_is_stored(book: Book, store: Store) -> None:
    live_through_much(book)
    rows = list(events(store.pool, "main"))
    assert [row.position for row in rows] == list(range(1, head(store) + 1))
    assert [row.position for row in events(store.pool, "main", after=3, upto=5)] == [4, 5]
    acme = book.customer("acme").steps[0].stream_id
    assert [row.version for row in events(store.pool, "main", stream_id=acme)] == list(
        range(1, 1 + sum(row.stream_id == acme for row in rows))
    )
    line = msgspec.json.decode(ndjson(rows[-1]))
    assert line["hash"] == rows[-1].hash.hex()
    assert line["state"]["type"] == line["type"]
    assert "ticket 8812" not in str([ndjson(row) for row in rows])


def test_a_canceled_plan_stays_active_until_it_ends(book: Book, runner: Runner, reads: Reads) -> None:
    book.customer("acme")
    book.attach("acme", "pro")
    book.cancel("acme", "pro", When.END_OF_CYCLE)
    runner.catch_up()
    with reads.open("main", models=CUSTOMER_MODELS) as view:
        (found,) = subscriptions(view).items
        assert found.subscription.canceled_at is not None
        assert found.status == "active"

"""Several processes and lost connections: nothing acknowledged is lost, nothing is there twice or half."""

import multiprocessing
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from ledger.core.balances.usage import Track
from ledger.store.ledger import Caller, CustomerAddress, Ledger, Limits, Once, Store, StoreUnavailable, Tuning
from ledger.store.pipe import Call, Pipe
from ledger.store.verifying import verify_chain
from ledger.store.writer.transaction import COMMIT
from tests.store.conftest import ME, OPERATOR_KEY, open_customer

# Each a process of its own; what they all import is imported once, before they part.
APART = multiprocessing.get_context("forkserver")
APART.set_forkserver_preload([__name__])


def write_in_process(database_url: str, process: int, commands: int) -> None:
    """Deduct from one customer of all and one of its own, through a store of this process."""
    store = Store(database_url, operator_key=OPERATOR_KEY)
    ledger, by = store.ledger("main"), Caller(f"process {process}")
    open_customer(ledger, f"own-{process}", messages=commands)

    def work(customer_id: str) -> None:
        for _ in range(commands // 2):
            ledger.execute(CustomerAddress(customer_id), Track("messages"), by=by)

    threads = [threading.Thread(target=work, args=(name,)) for name in ("shared", f"own-{process}")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.close()


def test_eight_writing_processes_leave_no_gap_and_a_tailing_reader_misses_nothing(ledger: Ledger, store: Store) -> None:
    open_customer(ledger, "shared", messages=10_000)
    start = ledger.recorder.max_notification_id()
    processes = [APART.Process(target=write_in_process, args=(store.database_url, each, 100)) for each in range(8)]
    for process in processes:
        process.start()
    seen: list[int] = []
    with ledger.recorder.subscribe(gt=start) as subscription:
        for notification in subscription:
            seen.append(notification.id)
            if len(seen) == 8 * (100 + 2):
                break
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    assert start is not None
    assert seen == list(range(start + 1, start + 1 + 8 * 102))
    state = ledger.look(CustomerAddress("shared"), by=ME).state
    assert sum(grant.used for grant in state.grants.values()) == 8 * 50
    with psycopg.connect(store.database_url, autocommit=True) as conn:
        assert verify_chain(conn, "main").broken is None


def test_two_stores_never_decide_on_a_stale_state(ledger: Ledger, store: Store) -> None:
    # Each may take one unit only while one is left: stale states would take more than there are.
    open_customer(ledger, "ann", messages=40)
    other = Store(store.database_url, operator_key=OPERATOR_KEY)
    taken: Counter[int] = Counter()

    def work(which: int, book: Ledger) -> None:
        for _ in range(30):
            before = book.look(CustomerAddress("ann"), by=ME).position
            outcome = book.execute(CustomerAddress("ann"), Track("messages"), by=ME)
            assert outcome.position > before
            left = [grant.balance for grant in outcome.steps[0].before.grants.values()]
            taken[which] += left[0] > 0

    try:
        threads = [
            threading.Thread(target=work, args=(which, book))
            for which, book in ((0, ledger), (1, other.ledger("main")), (2, ledger), (3, other.ledger("main")))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    finally:
        other.close()
    assert sum(taken.values()) == 40


def test_a_look_at_one_store_sees_what_the_other_has_answered(ledger: Ledger, store: Store) -> None:
    open_customer(ledger, "ann", messages=1_000)
    other = Store(store.database_url, operator_key=OPERATOR_KEY)
    try:
        for count in range(1, 30):
            position = ledger.execute(CustomerAddress("ann"), Track("messages"), by=ME).position
            seen = other.ledger("main").look(CustomerAddress("ann"), by=ME)
            assert seen.position >= position
            assert [grant.used for grant in seen.state.grants.values()] == [count]
    finally:
        other.close()


def kill_writers(conn: psycopg.Connection[Any]) -> int:
    rows = conn.execute("""
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
          AND (query ~ '^(COMMIT|BEGIN)' OR query ~ '(INSERT INTO events|FOR UPDATE|pg_notify|ledgers SET)')
    """).fetchall()
    return len(rows)


def test_connections_killed_under_load_lose_nothing_acknowledged_and_repeat_nothing(
    ledger: Ledger, store: Store
) -> None:
    open_customer(ledger, "ann", messages=1_000_000)
    acknowledged: list[str] = []
    unknown: list[str] = []
    stop = threading.Event()

    def work(which: int) -> None:
        count = 0
        while not stop.is_set():
            count += 1
            request_id = f"{which}-{count}"
            by = Caller("tests", request_id=request_id)
            try:
                ledger.execute(CustomerAddress("ann"), Track("messages"), by=by)
            except StoreUnavailable as error:
                unknown.append(request_id) if error.may_have_happened else None
            else:
                acknowledged.append(request_id)

    threads = [threading.Thread(target=work, args=(which,)) for which in range(16)]
    for thread in threads:
        thread.start()
    killed = 0
    with psycopg.connect(store.database_url, autocommit=True) as conn:
        deadline = time.monotonic() + 30
        while killed < 15 and time.monotonic() < deadline:
            killed += kill_writers(conn)
            time.sleep(0.03)
        stop.set()
        for thread in threads:
            thread.join(60)
        rows = conn.execute("SELECT request_id FROM events WHERE request_id <> ''").fetchall()
        assert verify_chain(conn, "main").broken is None
    recorded = Counter(request_id for (request_id,) in rows)
    assert killed >= 15
    assert acknowledged
    assert max(recorded.values()) == 1
    assert set(acknowledged) <= set(recorded)
    assert set(recorded) <= set(acknowledged) | set(unknown)
    state = ledger.look(CustomerAddress("ann"), by=ME).state
    assert sum(grant.used for grant in state.grants.values()) == len(recorded)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_connection_lost_around_its_commit_is_answered_from_the_log(
    ledger: Ledger, store: Store, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    # The writer's own connection is cut by the server in the moment its commit is under way, or was just done.
    open_customer(ledger, "ann", messages=10)
    real = Pipe.run
    cuts: list[int] = []

    def cutting(pipe: Pipe, calls: Sequence[Call], ahead: Sequence[Call] = ()) -> Any:
        if cuts or len(calls) < 2 or calls[-1] != COMMIT:
            return real(pipe, calls, ahead)
        cuts.append(pipe.backend_pid)
        answers = real(pipe, calls[:-1] if moment == "before" else calls)
        with psycopg.connect(store.database_url, autocommit=True) as killer:
            killer.execute("SELECT pg_terminate_backend(%s, 5000)", (cuts[0],))
        if moment == "before":
            return [*answers, *real(pipe, calls[-1:])]
        return real(pipe, [Call("read_head", {"ledger_id": "main"})])

    monkeypatch.setattr(Pipe, "run", cutting)
    once = Once("k", "holder", "track", b"body")
    outcome = ledger.execute(CustomerAddress("ann"), Track("messages"), by=Caller("tests", request_id="cut"), once=once)
    assert cuts
    assert outcome.position == ledger.recorder.max_notification_id()
    with store.pool.connection() as conn:
        assert conn.execute("SELECT count(*) FROM events WHERE request_id = 'cut'").fetchone() == (1,)
    assert ledger.execute(CustomerAddress("ann"), Track("messages"), by=ME, once=once).replayed


def until(what: Callable[[], bool], seconds: float = 3.0) -> bool:
    """Whether it came true in time."""
    limit = time.monotonic() + seconds
    while not what():
        if time.monotonic() > limit:
            return False
        time.sleep(0.001)
    return True


def test_callers_are_answered_while_the_next_lock_is_waited_for(store: Store, ledger: Ledger) -> None:
    # The lock of the next batch is asked for along with a commit; whoever holds it keeps nobody from their answer.
    open_customer(ledger, "ann", messages=1_000)
    answered: list[int] = []
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            answered.append(ledger.execute(CustomerAddress("ann"), Track("messages"), by=ME).position)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert until(lambda: len(answered) > 8)
    try:
        with psycopg.connect(store.database_url, autocommit=True) as conn:
            for _ in range(20):
                with conn.transaction():
                    head = conn.execute("SELECT position FROM ledgers WHERE ledger_id = 'main' FOR UPDATE").fetchone()
                    assert head is not None
                    # Nobody can commit now, and all that is committed reaches its caller before the lock is free.
                    assert until(lambda: max(answered, default=0) == head[0]), "a committed answer waits for the lock"  # noqa: B023  asked at once
                time.sleep(0.01)
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
    with store.pool.connection() as conn:
        tracked = conn.execute("SELECT count(*) FROM events WHERE type LIKE 'usage.recorded.%'").fetchone()
    assert tracked == (len(answered),)


def test_a_head_that_stays_locked_is_a_typed_answer_in_time(store: Store, ledger: Ledger) -> None:
    open_customer(ledger, "ann", messages=10)
    hasty = Store(store.database_url, operator_key=OPERATOR_KEY, limits=Limits(lock_seconds=0.3))
    try:
        with psycopg.connect(store.database_url) as conn:
            conn.execute("SELECT 1 FROM ledgers WHERE ledger_id = 'main' FOR UPDATE")
            with pytest.raises(StoreUnavailable) as unavailable:
                hasty.ledger("main").execute(CustomerAddress("ann"), Track("messages"), by=ME)
        assert not unavailable.value.may_have_happened
        assert hasty.ledger("main").execute(CustomerAddress("ann"), Track("messages"), by=ME).state
    finally:
        hasty.close()


def test_an_unreachable_database_is_a_typed_answer() -> None:
    store = Store(
        "postgresql://nobody@127.0.0.1:1/none",
        operator_key=OPERATOR_KEY,
        limits=Limits(connect_seconds=0.5),
        tuning=Tuning(reconnect_seconds=0.2),
    )
    with pytest.raises(StoreUnavailable):
        store.ledger("main")
    store.close()


def test_closing_serves_what_is_queued_and_takes_no_more(ledger: Ledger, store: Store) -> None:
    open_customer(ledger, "ann", messages=1_000)
    futures = [ledger.submit(CustomerAddress("ann"), Track("messages", value=Decimal(1)), by=ME) for _ in range(200)]
    store.close()
    assert all(future.result(0).position for future in futures)
    with pytest.raises(StoreUnavailable):
        ledger.execute(CustomerAddress("ann"), Track("messages"), by=ME)


def test_one_poisoned_request_fails_alone(ledger: Ledger) -> None:
    # A request id that no text column takes: the database refuses the whole insert.
    open_customer(ledger, "ann", messages=1_000)
    bad = Caller("tests", request_id="nul\x00byte")
    futures = [
        ledger.submit(CustomerAddress("ann"), Track("messages"), by=bad if index == 7 else ME) for index in range(20)
    ]
    failed = [index for index, future in enumerate(futures) if future.exception(30) is not None]
    assert failed == [7]
    state = ledger.look(CustomerAddress("ann"), by=ME).state
    assert sum(grant.used for grant in state.grants.values()) == 19


def test_a_follower_is_told_of_what_was_appended(ledger: Ledger, store: Store) -> None:
    with psycopg.connect(store.database_url, autocommit=True) as conn:
        conn.execute("LISTEN tallystick_events")
        open_customer(ledger, "ann")
        assert [notice.payload for notice in conn.notifies(timeout=5, stop_after=1)] == ["main"]

"""A whole ledger verifies; whatever is changed in it, by whomever, is named."""

import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

from ledger.errors import OperatorError
from ledger.store.ledger import Store, UnknownLedger
from ledger.store.sealing import OperatorKey
from projections.models import MODELS
from projections.runner import Runner
from replay.report import Stage
from replay.verify import Verification, verify
from tests.replay.changes import CHANGES, ONE_OF_EACH
from tests.replay.conftest import live_a_little
from tests.support.book import OPERATOR_KEY, Book
from tests.support.projected import open_ledger

WRITE_SECONDS = 30.0


def verified(store: Store, ledger_id: str = "main") -> Verification:
    return verify(store.database_url, store.operator, ledger_id)


def meddle(store: Store, *statements: str) -> None:
    """Change what must not change, as someone who owns the database can."""
    with psycopg.connect(store.database_url) as conn:
        conn.execute("ALTER TABLE events DISABLE TRIGGER ALL")
        for each in statements:
            assert conn.execute(sql.SQL(each)).rowcount > 0, each
        conn.execute("ALTER TABLE events ENABLE TRIGGER ALL")


def test_a_whole_ledger_verifies(store: Store, lived: Book) -> None:
    stages: list[tuple[Stage, int, int]] = []
    found = verify(store.database_url, store.operator, "main", progress=lambda *each: stages.append(each))
    head = store.ledgers()[0]
    assert found.difference is None
    assert [found.position, found.hash] == [head.position, head.hash]
    compared = {check.stage: check.compared for check in found.checks}
    assert list(compared) == list(Stage)
    assert [compared[Stage.CHAIN], compared[Stage.STREAMS]] == [head.position, head.position]
    assert compared[Stage.CLAIMS] == 7
    assert compared[Stage.DUE] == 2
    assert compared[Stage.SNAPSHOTS] == 1
    assert compared[Stage.PROJECTIONS] == len(MODELS)
    assert {stage for stage, _, _ in stages} >= {Stage.CHAIN, Stage.STREAMS}
    assert all(done <= total for _, done, total in stages)
    assert found.as_json()["whole"] is True
    assert "FAIL" not in found.as_text()


def test_an_empty_ledger_verifies_and_an_unknown_one_is_said_to_be_so(store: Store, runner: Runner) -> None:
    store.create_ledger("empty", "sandbox")
    assert verified(store, "empty").whole
    with pytest.raises(UnknownLedger):
        verified(store, "nowhere")


def test_a_ledger_is_verified_while_it_is_written_to_and_folded(store: Store, lived: Book, runner: Runner) -> None:
    stop, written = threading.Event(), threading.Semaphore(0)

    def write() -> None:
        while not stop.is_set():
            lived.track("busy", 1)
            written.release()

    def verified_amid() -> Verification:
        # Something was written just before, and something is written before we go on: it was under way.
        assert written.acquire(timeout=WRITE_SECONDS)
        found = verified(store)
        while written.acquire(blocking=False):
            continue
        assert written.acquire(timeout=WRITE_SECONDS)
        return found

    writing = threading.Thread(target=write)
    before = store.ledgers()[0].position
    runner.start()
    writing.start()
    try:
        found = [verified_amid() for _ in range(3)]
    finally:
        stop.set()
        writing.join()
        runner.stop()
    assert [each.difference for each in found] == [None, None, None]
    assert before < found[0].position < found[1].position < found[2].position < store.ledgers()[0].position


def test_ledgers_are_verified_each_for_itself(store: Store, lived: Book, runner: Runner) -> None:
    live_a_little(Book(open_ledger(store, "other")))
    runner.catch_up()
    meddle(store, "UPDATE ledgers SET hash = decode(repeat('00', 32), 'hex') WHERE ledger_id = 'other'")
    assert verified(store).whole
    assert not verified(store, "other").whole


def test_what_is_changed_is_named(store: Store, lived: Book) -> None:
    assert misnamed(store, ONE_OF_EACH) == []


@pytest.mark.slow
def test_whatever_is_changed_is_named(store: Store, lived: Book) -> None:
    assert misnamed(store, CHANGES) == []


def misnamed(store: Store, changes: Iterable[str]) -> list[object]:
    """The changes that verification does not find, or not where they are."""
    store.close()
    wrong: list[object] = []
    for what in changes:
        statement, stage, sentence = CHANGES[what]
        with copied(store) as copy:
            meddle(copy, statement)
            found = verified(copy)
        failed = [check.stage for check in found.checks if check.difference is not None]
        if failed[:1] != [stage] or not re.search(sentence, found.difference or ""):
            wrong.append((what, failed, found.difference))
    return wrong


@contextmanager
def copied(store: Store) -> Iterator[Store]:
    """A store on a copy of a database that nobody is connected to."""
    parts = urlsplit(store.database_url)
    name = f"{parts.path[1:]}_copy"
    with psycopg.connect(urlunsplit(parts._replace(path="/postgres")), autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*map(sql.Identifier, (name, parts.path[1:]))))
        opened = Store(urlunsplit(parts._replace(path=f"/{name}")), operator_key=OPERATOR_KEY)
        try:
            yield opened
        finally:
            opened.close()
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def test_another_operators_key_is_said_to_be_so(store: Store, lived: Book) -> None:
    with pytest.raises(OperatorError, match="not the one"):
        verify(store.database_url, OperatorKey(b"f" * 32), "main")

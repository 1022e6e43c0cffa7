"""The runner is woken: by writers in turns, by readers at once."""

import threading
from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from ledger.clock import monotonic
from ledger.store.connections import Limits
from ledger.store.ledger import Store
from projections.following import wake as waking
from projections.following.wake import WANTED, WRITTEN, Wake

NEVER = threading.Event()
LONG_SECONDS = 20.0


@pytest.fixture
def wake(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wake]:
    monkeypatch.setattr(waking, "LISTENING_SECONDS", LONG_SECONDS)
    with Wake(store.database_url, Limits()) as wake:
        yield wake


def tell(store: Store, channel: str) -> None:
    with closing(psycopg.connect(store.database_url, autocommit=True)) as conn:
        conn.execute("SELECT pg_notify(%s, 'main')", [channel])


def fold(seconds: float) -> None:
    """What takes the runner this long between two turns."""
    threading.Event().wait(seconds)


def waited(wake: Wake) -> float:
    begun = monotonic()
    wake.wait(NEVER)
    return monotonic() - begun


def test_what_is_written_while_all_is_quiet_is_news_at_once(store: Store, wake: Wake) -> None:
    tell(store, WRITTEN)
    assert waited(wake) < LONG_SECONDS / 2


def test_what_is_written_soon_after_waits_for_the_next_turn(
    store: Store, wake: Wake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waking, "LONGEST_TURN_SECONDS", 0.2)
    begun = monotonic()
    tell(store, WRITTEN)
    wake.wait(NEVER)
    fold(0.1)
    tell(store, WRITTEN)
    wake.wait(NEVER)
    assert monotonic() - begun >= 0.2


def test_a_turn_with_little_to_fold_is_short(store: Store, wake: Wake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waking, "LONGEST_TURN_SECONDS", LONG_SECONDS)
    tell(store, WRITTEN)
    wake.wait(NEVER)
    fold(0.05)
    tell(store, WRITTEN)
    assert 0.05 < waited(wake) < LONG_SECONDS / 2


def test_a_turn_that_took_as_long_as_it_may_is_followed_by_the_next_at_once(
    store: Store, wake: Wake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waking, "TURN_FOR_FOLDING", LONG_SECONDS / 0.1)
    monkeypatch.setattr(waking, "LONGEST_TURN_SECONDS", 0.1)
    tell(store, WRITTEN)
    wake.wait(NEVER)
    fold(0.1)
    tell(store, WRITTEN)
    assert waited(wake) < LONG_SECONDS / 2


def test_a_reader_who_waits_is_served_in_the_middle_of_a_turn(
    store: Store, wake: Wake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waking, "TURN_FOR_FOLDING", LONG_SECONDS / 0.1)
    monkeypatch.setattr(waking, "LONGEST_TURN_SECONDS", LONG_SECONDS)
    tell(store, WRITTEN)
    wake.wait(NEVER)
    fold(0.1)
    tell(store, WRITTEN)
    tell(store, WANTED)
    assert waited(wake) < LONG_SECONDS / 2


def test_whoever_is_told_nothing_looks_again_by_itself(wake: Wake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waking, "LISTENING_SECONDS", 0.01)
    assert waited(wake) < LONG_SECONDS / 2

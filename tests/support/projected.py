"""Fixtures: a ledger with a catalog on a real database, and a runner that folds it. A conftest imports them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from api.schema import bring_up_to_date
from ledger.core.settings import CreateLedger, Env
from ledger.store.ledger import Ledger, SettingsAddress, Store
from projections.reads import Reads
from projections.runner import Runner
from tests.support.book import ME, OPERATOR_KEY, Book
from tests.support.postgres import Databases

PROJECTED: Final = "tallystick_projected"


@pytest.fixture
def projected_url(databases: Databases, run_dir: Path) -> Iterator[str]:
    """A database with all tables, of the read models too."""
    with projected(databases, run_dir) as url:
        yield url


@pytest.fixture(scope="session")
def books_url(databases: Databases, run_dir: Path) -> Iterator[str]:
    """One database with all tables, for tests whose ledgers are rolled back."""
    with projected(databases, run_dir) as url:
        yield url


@pytest.fixture
def store(projected_url: str) -> Iterator[Store]:
    opened = Store(projected_url, operator_key=OPERATOR_KEY)
    yield opened
    opened.close()


@pytest.fixture
def book(store: Store) -> Book:
    """A sandbox ledger `main` with messages and seats and a few plans."""
    return Book(open_ledger(store, "main"))


@pytest.fixture
def runner(store: Store) -> Runner:
    return Runner(store.database_url, store.operator)


@pytest.fixture
def reads(store: Store) -> Reads:
    return Reads(store.pool, wait_seconds=2.0)


@contextmanager
def projected(databases: Databases, run_dir: Path) -> Iterator[str]:
    """A new database with all tables, a copy of one that is made once a run."""
    databases.ensure_template(run_dir, PROJECTED, bring_up_to_date)
    with databases.fresh(PROJECTED) as url:
        yield url


def open_ledger(store: Store, ledger_id: str, env: Env = Env.SANDBOX) -> Ledger:
    """A new ledger."""
    assert store.create_ledger(ledger_id, env)
    ledger = store.ledger(ledger_id)
    ledger.execute(SettingsAddress(), CreateLedger(ledger_id, env), by=ME)
    return ledger

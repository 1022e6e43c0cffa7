"""A real application on a real database; every answer is held to its schema as it passes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from api.app import create_app
from api.observe import Metrics
from api.schema import bring_up_to_date
from ledger.settings import read_settings
from ledger.store.ledger import Store
from ledger.store.sealing import OperatorKey
from projections.runner import Runner
from tests.api.client import Api, Ledgers
from tests.support.postgres import Databases

OPERATOR_KEY = bytes(range(32))


@pytest.fixture(scope="session")
def api_database(databases: Databases) -> Iterator[str]:
    """One migrated database for the whole folder; every test has a ledger of its own."""
    with databases.fresh() as url:
        bring_up_to_date(url)
        yield url


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def store(api_database: str, metrics: Metrics) -> Iterator[Store]:
    made = Store(api_database, operator_key=OPERATOR_KEY, observe=metrics.batch_done)
    yield made
    made.close()


@pytest.fixture(scope="session")
def projector(api_database: str) -> Iterator[Runner]:
    """Keeps the read models up, as the worker does."""
    runner = Runner(api_database, OperatorKey(OPERATOR_KEY))
    runner.start()
    yield runner
    runner.stop()


@pytest.fixture
def app(store: Store, projector: Runner, metrics: Metrics, tmp_path: Path) -> Flask:
    settings = read_settings({}, data_dir=tmp_path)
    return create_app(store, settings, metrics)


@pytest.fixture
def ledgers(app: Flask, store: Store) -> Ledgers:
    """Makes ledgers, and clients that hold a key to them."""
    return Ledgers(app, store)


@pytest.fixture
def api(ledgers: Ledgers) -> Api:
    """An admin's client of a new sandbox ledger."""
    return ledgers.sandbox()

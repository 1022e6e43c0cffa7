"""The one application of a worker, on a real database: a test has a ledger of its own in it, not a server.

Its fixtures are for the folders that speak to it: their `conftest.py` takes them in. A module whose tests count, close
or set up the application itself takes `own_metrics`, `own_store` and `own_app` in beside them, under the plain names.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import pytest
from argon2 import PasswordHasher
from flask import Flask

from api import sessions, users
from api.app import create_app
from api.observe import Metrics
from ledger.settings import read_settings
from ledger.store.ledger import Store, Tuning
from ledger.store.sealing import OperatorKey
from projections.runner import Runner
from tests.api.client import Api, Ledgers
from tests.support.postgres import Databases
from tests.support.projected import projected

OPERATOR_KEY: Final = bytes(range(32))
# A ledger keeps a thread and a connection for as long: hundreds of tests one after the other would use them up.
SOON: Final = Tuning(idle_seconds=1)


class Application(NamedTuple):
    """What all tests of a worker share. `runner` keeps the read models up, as the worker process does."""

    url: str
    runner: Runner
    metrics: Metrics
    store: Store
    app: Flask


@contextmanager
def application(databases: Databases, run_dir: Path, data_dir: Path) -> Iterator[Application]:
    """An application on a new database."""
    with projected(databases, run_dir) as url:
        runner, metrics = Runner(url, OperatorKey(OPERATOR_KEY)), Metrics()
        store = Store(url, operator_key=OPERATOR_KEY, tuning=SOON, observe=metrics.batch_done)
        runner.start()
        yield Application(url, runner, metrics, store, create_app(store, read_settings({}, data_dir=data_dir), metrics))
        store.close()
        runner.stop()


@pytest.fixture(scope="session")
def api_database(shared: Application) -> str:
    """The database of the shared application; every test has a ledger of its own."""
    return shared.url


@pytest.fixture(scope="session")
def projector(shared: Application) -> Runner:
    return shared.runner


@pytest.fixture(scope="session")
def metrics(shared: Application) -> Metrics:
    return shared.metrics


@pytest.fixture(scope="session")
def store(shared: Application) -> Store:
    return shared.store


@pytest.fixture(scope="session")
def app(shared: Application) -> Flask:
    return shared.app


@pytest.fixture
def ledgers(app: Flask, store: Store) -> Ledgers:
    """Makes ledgers, and clients that hold a key to them."""
    return Ledgers(app, store)


@pytest.fixture
def api(ledgers: Ledgers) -> Api:
    """An admin's client of a new sandbox ledger."""
    return ledgers.sandbox()


@pytest.fixture(scope="module")
def cheap_passwords() -> Iterator[None]:
    """Hashes that take no time: production's take a sixth of a second of a processor, for each password and each guess.

    `tests/dashboard/test_passwords.py` has production's.
    """
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(users, "HASHER", cheap)
        patch.setattr(sessions, "HASHER", cheap)
        patch.setattr(sessions, "NOBODY", cheap.hash("nobody's"))
        yield


@pytest.fixture
def own_metrics() -> Metrics:
    """Counters that begin at nothing."""
    return Metrics()


@pytest.fixture
def own_store(api_database: str, metrics: Metrics) -> Iterator[Store]:
    """A store that one test may close."""
    made = Store(api_database, operator_key=OPERATOR_KEY, observe=metrics.batch_done)
    yield made
    made.close()


@pytest.fixture
def own_app(store: Store, metrics: Metrics, tmp_path: Path) -> Flask:
    """An application whose places, and whatever else it keeps, are one test's own."""
    return create_app(store, read_settings({}, data_dir=tmp_path), metrics)

"""Fixtures for the whole suite. docs/testing.md says how it is split and which fixture to ask for."""

import gc
import os
import shutil
import zlib
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.database import DirectoryBasedExampleDatabase

from ledger.embedded import EmbeddedPostgres
from tests.support.postgres import (
    CHOSEN,
    FAST,
    TEMPLATE,
    Databases,
    alone,
    binaries,
    copied,
    hurried,
    pristine,
    run_directory,
    sweep_abandoned,
)

if TYPE_CHECKING:
    from tests.support.application import Application

# In CI the same examples every time: a change is judged by what it did, not by the luck of the draw.
CI = bool(os.environ.get("CI"))
settings.register_profile(
    "suite",
    deadline=None,
    derandomize=CI,
    database=None if CI else DirectoryBasedExampleDatabase(Path(".hypothesis")),
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("suite")

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
BY_FOLDER = {"sdk": "sdk", "faults": "fault"}
BY_FIXTURE = {"postgres", "database_url", "blank_database_url", "made_data_dir", "durable_postgres"}


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Modules and tests are kept to the end: to look for garbage among them takes as long again as collecting them."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """How several workers share the tests, unless the command says it."""
    if config.getvalue("dist") != "load":
        return None
    from tests.support.sharing import FileByFile

    return FileByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what a test is from where it lies and what it asks for, so that no one can forget to."""
    for item in items:
        folder = item.path.parent.name
        if folder in BY_FOLDER:
            item.add_marker(BY_FOLDER[folder])
        if BY_FIXTURE & set(getattr(item, "fixturenames", ())):
            item.add_marker("database")


@pytest.fixture(scope="session")
def run_dir() -> Iterator[Path]:
    """A folder of this run that other users may pass through, for data directories."""
    sweep_abandoned()
    with run_directory() as place:
        yield place


@pytest.fixture(scope="session")
def postgres(run_dir: Path) -> Iterator[EmbeddedPostgres]:
    """The suite's shared server: fast, and so not for tests that kill the machine."""
    server = EmbeddedPostgres(run_dir / "shared", settings=FAST, binaries=binaries())
    with alone(run_dir):
        server.start()
    yield server
    with alone(run_dir):
        if server.stop():
            shutil.rmtree(run_dir / "shared", ignore_errors=True)


@pytest.fixture(scope="session")
def databases(postgres: EmbeddedPostgres) -> Iterator[Databases]:
    """What makes a worker's databases."""
    made = Databases(postgres.url, WORKER)
    yield made
    made.close()


@pytest.fixture
def database_url(databases: Databases, run_dir: Path) -> Iterator[str]:
    """A new, migrated database for one test."""
    databases.ensure_template(run_dir)
    with databases.fresh(TEMPLATE) as url:
        yield url


@pytest.fixture(scope="session")
def shared(databases: Databases, run_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Application]":
    """The one application of a worker, whichever folder asks."""
    from tests.support.application import application  # tests of the core run without any of it

    with application(databases, run_dir, tmp_path_factory.mktemp("application")) as made:
        yield made


@pytest.fixture
def blank_database_url(databases: Databases) -> Iterator[str]:
    """A new, empty database for one test."""
    with databases.fresh() as url:
        yield url


@pytest.fixture
def data_dir(run_dir: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A data directory of one test's own, not made yet, below a folder that the database's user can reach."""
    place = run_dir / f"{WORKER}-{zlib.crc32(request.node.nodeid.encode()):08x}"
    yield place
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def made_data_dir(data_dir: Path, run_dir: Path) -> Path:
    """A data directory of one test's own that has been started and stopped before."""
    return copied(pristine(run_dir), data_dir)


@pytest.fixture(scope="session")
def place_for(run_dir: Path) -> Callable[[str], Path]:
    """Gives the data directory for a server that several tests share: made before, as far as `serve` can take it over.

    It brings PostgreSQL 18, whichever the suite runs on.
    """

    def place(name: str) -> Path:
        data_dir = run_dir / f"{name}-{WORKER}"
        return data_dir if CHOSEN else hurried(copied(pristine(run_dir), data_dir))

    return place


@pytest.fixture
def durable_postgres(made_data_dir: Path) -> Iterator[EmbeddedPostgres]:
    """A server of one test's own as in production, fsync and all but the size, to be killed at will."""
    with EmbeddedPostgres(made_data_dir, binaries=binaries()) as server:
        yield server

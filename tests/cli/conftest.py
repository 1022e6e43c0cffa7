"""What the command line's tests ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.program import report
from tests.support.postgres import CHOSEN, Databases

SAMPLE = "tallystick_sample"


@pytest.fixture
def sample(databases: Databases, run_dir: Path) -> Iterator[str]:
    """A database of one test's own with a ledger in it: the stories of four companies, told through HTTP once a run."""
    databases.ensure_template(run_dir, SAMPLE, _tell)
    with databases.fresh(SAMPLE) as url:
        yield url


def _tell(url: str) -> None:
    (told,) = report("demo", "--customers", "4", "--database-url", url)
    assert told["customers"] == 4


@pytest.fixture
def made_data_dir(made_data_dir: Path) -> Path:
    """A data directory that `serve` can take over: it brings PostgreSQL 18, whichever the suite runs on."""
    if CHOSEN:
        pytest.skip("the command brings its own PostgreSQL, and this data directory is another's")
    return made_data_dir

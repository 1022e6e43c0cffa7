"""What the command line's tests ask for."""

from pathlib import Path

import pytest

from tests.support.postgres import CHOSEN


@pytest.fixture
def made_data_dir(made_data_dir: Path) -> Path:
    """A data directory that `serve` can take over: it brings PostgreSQL 18, whichever the suite runs on."""
    if CHOSEN:
        pytest.skip("the command brings its own PostgreSQL, and this data directory is another's")
    return made_data_dir

"""What holds for every example of the core."""

import os
import time
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="package")
def elsewhere() -> Iterator[None]:
    """The machine's own time zone is an odd one, an hour off again from 2 January on: only the ledger's counts."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "ODD-3ODDER,J2/0,J350/0"
    time.tzset()
    yield
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()

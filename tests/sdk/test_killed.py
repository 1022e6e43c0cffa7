"""Two of the ten kills of tests/faults, on every run of the suite: of the server, and of its database."""

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.kills import KILLS, kill_under_load
from tests.faults.load import Load
from tests.support.serving import Serving, serving


@pytest.fixture(scope="module")
def mortal(place_for: Callable[[str], Path]) -> Iterator[Serving]:
    """A server that no other test needs."""
    with serving(place_for("mortal")) as running:
        yield running


@pytest.fixture(scope="module")
def load(mortal: Serving) -> Load:
    seed = secrets.randbits(32)
    print(f"seed of the load: {seed}")  # noqa: T201 - pytest shows it with a failure
    made = Load(seed)
    made.open_accounts(mortal)
    return made


@pytest.mark.parametrize("victim", ["server", "database"])
def test_what_was_answered_is_there_once_and_nothing_is_half_there(mortal: Serving, load: Load, victim: str) -> None:
    kill_under_load(mortal, load, KILLS[victim])

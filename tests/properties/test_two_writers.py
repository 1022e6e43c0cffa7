"""What replay rebuilds equals what is served equals what a naive model says, in whatever order things are asked."""

from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from ledger.store.migrate import STORE_MIGRATIONS, migrate
from projections.migrations import PROJECTION_MIGRATIONS
from tests.properties.machine import TwoWriters
from tests.properties.world import World


def run(database_url: str, examples: int, steps: int) -> None:
    migrate(database_url, (STORE_MIGRATIONS, PROJECTION_MIGRATIONS))
    numbers = count(1)

    class Machine(TwoWriters):
        def make_world(self) -> World:
            return World(database_url, f"machine-{next(numbers)}")

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
            # Shrinking runs the world hundreds of times more; what failed is printed whole and kept for the next run.
            phases=[Phase.reuse, Phase.generate],
        ),
    )


def test_two_writers_keep_one_book(database_url: str) -> None:
    run(database_url, examples=5, steps=15)


@pytest.mark.slow
def test_two_writers_keep_one_book_for_long(database_url: str) -> None:
    run(database_url, examples=9, steps=40)

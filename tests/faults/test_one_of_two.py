"""Of two servers on one ledger either may die at any moment: the other goes on, and no answer is lost."""

import secrets
from collections.abc import Callable
from pathlib import Path

from tests.faults.load import Load
from tests.support.serving import Serving, serving

DEATHS = 3


def test_the_death_of_one_server_does_not_touch_what_the_other_answers(place_for: Callable[[str], Path]) -> None:
    seed = secrets.randbits(32)
    print(f"seed of the load: {seed}")  # noqa: T201 - pytest shows it with a failure
    load = Load(seed)
    with serving(place_for("pair")) as survivor:
        load.open_accounts(survivor)
        other = Serving(survivor.data_dir, name="other")
        try:
            for _ in range(DEATHS):
                other.start()
                with load.running(survivor), load.running(other):
                    load.pause(load.random.uniform(0.3, 1.0))
                    other.kill()
                    load.pause(0.5)
                assert load.unanswered(other) > 0, "it died without a request in its hands"
                assert load.unanswered(survivor) == 0
                load.check(survivor)
        finally:
            other.stop()
            other.log.unlink(missing_ok=True)

"""Every scenario, one module each, in the order they run: the rivals first, then ours."""

from benchmarks.bench import Scenario
from benchmarks.scenarios import raw_postgresql, rival_eventsourcing, rival_umadb

SCENARIOS: tuple[Scenario, ...] = (
    raw_postgresql.SCENARIO,
    rival_eventsourcing.SCENARIO,
    rival_umadb.SCENARIO,
)

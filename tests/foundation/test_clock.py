import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.clock import Deadline, monotonic, utc_now
from ledger.core.decider import whole_milliseconds

ROOT = Path(__file__).parents[2]
CLOCKS = {"now", "utcnow", "today", "time", "time_ns", "gmtime", "localtime"}


def test_now_is_aware_and_in_utc() -> None:
    assert utc_now().utcoffset() == timedelta(0)
    assert abs(utc_now() - datetime.now(UTC)) < timedelta(seconds=5)


@given(st.datetimes(timezones=st.just(UTC)))
def test_cutting_to_milliseconds_never_goes_forward_and_loses_less_than_one(instant: datetime) -> None:
    cut = whole_milliseconds(instant)
    assert timedelta(0) <= instant - cut < timedelta(milliseconds=1)
    assert cut.microsecond % 1000 == 0
    assert whole_milliseconds(cut) == cut


def test_a_time_limit_runs_out_and_stays_so() -> None:
    assert not Deadline(60).passed()
    assert 0 < Deadline(60).remaining() <= 60
    over = Deadline(-1)
    assert over.passed()
    assert over.remaining() == 0.0
    assert monotonic() <= monotonic()


@pytest.mark.parametrize("folder", ["ledger", "projections", "replay", "api"])
def test_no_other_module_reads_the_wall_clock(folder: str) -> None:
    """Calls of datetime.now, date.today, time.time and their kin, anywhere but in ledger/clock.py."""
    readers = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        if path != ROOT / "ledger" / "clock.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and _reads_a_clock(node.func)
    ]
    assert readers == []


def _reads_a_clock(function: ast.expr) -> bool:
    if not isinstance(function, ast.Attribute) or function.attr not in CLOCKS:
        return False
    owner = function.value
    name = owner.id if isinstance(owner, ast.Name) else owner.attr if isinstance(owner, ast.Attribute) else ""
    return name in {"datetime", "date", "time"}

"""What the timeline keeps of a stream tells of any history what one tells who has seen all of it."""

import json
from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from msgspec.structs import replace

from ledger.core.errors import Refusal
from ledger.core.events import (
    Allocation,
    BalanceReset,
    Ended,
    Event,
    GrantTerms,
    Level,
    PlanAttached,
    PlanCanceled,
    PlanExpired,
    PlanPaidUp,
    PlanPastDue,
    TrialEnded,
    UsageRecorded,
)
from ledger.core.terms import FeatureKind
from projections.timeline.fold import MODEL
from projections.timeline.memo import Memo, Remembered, keep
from tests.core.account import Account
from tests.core.offers import units
from tests.core.test_any_attach import DISCOUNTS, PLANS, STEPS
from tests.projections.given import START, column, recorded
from tests.projections.test_folds import CREATED, LATER, PRO

MESSAGES = GrantTerms("2.0", "messages", FeatureKind.CONSUMABLE, START, None, "2.0", "pro", included=units(100))
LEFT = replace(MESSAGES, grant_id="3.0", included=units(30), rollover_of="2.0")
ATTACHED = PlanAttached("2.0", PRO, START, START, None, None, (MESSAGES,))


def told(*events: Event, restarting: bool) -> list[Any]:
    """The rows of the timeline. `restarting`: with the stream read back from what was kept before each event."""
    memo, rows = Memo(), []
    state: Remembered = memo
    for position, event in enumerate(events, start=1):
        if restarting and position > 1:
            row = json.loads(keep(state))
            state = MODEL.restore({"timeline_streams": [(json.dumps(dict(sorted(row.items()))),)]})
        state, (final,) = MODEL.fold(state, recorded(event, position))
        rows.append(final.row)
    return rows


def before_and_after(*events: Event) -> list[Any]:
    """What the last of some events is said to have changed, whoever folds it."""
    whole, pieces = told(*events, restarting=False), told(*events, restarting=True)
    assert pieces == whole
    return [json.loads(column(MODEL, "timeline", whole[-1], name)) for name in ("before", "after")]


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_any_history_is_told_the_same_by_who_begins_anew_at_every_event(steps: list[tuple[float, Any, int]]) -> None:
    account = Account(*PLANS).entities("e1", "e2")
    account.catalog = replace(account.catalog, discounts=DISCOUNTS)
    for days, command, used in steps:
        account.wait(days)
        with suppress(Refusal):
            account.do(command)
        if used and any(each.feature_id == "messages" for each in account.customer.grants.values()):
            account.track("messages", used)
    account.wait(100)
    events = [event for _, event in account.log]
    assert told(*events, restarting=True) == told(*events, restarting=False)


def test_a_leftover_that_is_used_up_is_gone_at_the_reset_after_it() -> None:
    full = Level(units(100), units(100))
    first = BalanceReset("messages", "2.0", full, full, units(0), START, LATER, None, LEFT)
    used = UsageRecorded("messages", units(30), allocations=(Allocation("3.0", units(30)),))
    second = BalanceReset("messages", "2.0", full, full, units(0), LATER, LATER)
    assert before_and_after(CREATED, ATTACHED, first, used)[1] == {"granted": 130, "remaining": 100, "usage": 30}
    again = UsageRecorded("messages", units(1), allocations=(Allocation("2.0", units(1)),))
    was = before_and_after(CREATED, ATTACHED, first, used, second, again)[0]
    assert was == {"granted": 100, "remaining": 100, "usage": 0}


def test_what_ends_or_is_canceled_is_said_to_have_been_what_it_was() -> None:
    trial = replace(ATTACHED, trial_ends_at=LATER)
    canceled, ended = PlanCanceled("2.0", START, LATER), PlanExpired("2.0", LATER, Ended.CANCELED)
    assert before_and_after(CREATED, trial, canceled)[0] == {"status": "trialing"}
    assert before_and_after(CREATED, trial, canceled)[1]["status"] == "trialing"
    over = TrialEnded("2.0", LATER, None, None)
    assert before_and_after(CREATED, trial, over, ended)[0] == {"status": "active"}
    late = PlanPastDue("2.0", "9.0")
    assert before_and_after(CREATED, ATTACHED, late, ended)[0] == {"status": "past_due"}
    assert before_and_after(CREATED, ATTACHED, late, PlanPaidUp("2.0"), ended)[0] == {"status": "active"}

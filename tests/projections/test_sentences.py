"""The timeline says every event in one plain sentence."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from ledger.core.events import (
    REGISTRY,
    BalanceDeducted,
    BalanceReset,
    BalanceSet,
    Change,
    ClockMoved,
    CustomerUpdated,
    Ended,
    EntityCreated,
    Event,
    KeyCreated,
    LedgerChanged,
    Level,
    PlanActivated,
    PlanAttached,
    PlanCanceled,
    PlanExpired,
    PlanRenewed,
    PlanScheduled,
    QuantityChanged,
    UsageRecorded,
    today,
)
from ledger.core.sealed import FORGOTTEN, Sealed
from projections.models import MODELS
from projections.timeline.fold import MODEL, SENTENCES
from projections.timeline.standing import Memo, keep, recall
from tests.projections.given import START, column, columns, given, recorded
from tests.projections.test_folds import ATTACHED, CREATED, FREE, HUNDRED, LATER, LOOSE, PRO, USED

TOOK = Decimal(40)
RENAMED = CustomerUpdated(Sealed({"name": "A"}), Sealed({"name": "B"}))
TEAM = EntityCreated("team", "seats", None, START)
WHY = Sealed("ticket 8812")
DEDUCTED = BalanceDeducted(
    "messages",
    TOOK,
    (Change("2.1", Level(HUNDRED, HUNDRED), Level(HUNDRED, Decimal(60))),),
    reason=Sealed("ticket 8812"),
)


RESET = BalanceReset("messages", "2.1", DEDUCTED.changes[0].after, DEDUCTED.changes[0].before, Decimal(0), START, LATER)


def last(*events: Event) -> Any:
    """The columns of the entry of the last event."""
    rows = given(MODEL, *events)["timeline"]
    assert len(rows) == len(events)
    return rows[(len(events),)]


def say(*events: Event) -> str:
    return str(column(MODEL, "timeline", last(*events), "sentence"))


def test_every_event_there_is_has_a_sentence() -> None:
    assert set(SENTENCES) == {today(cls) for cls in REGISTRY.values()} == set(MODEL.folds)


def test_every_event_that_a_model_is_shown_is_one_there_is() -> None:
    assert all(model.folds <= set(REGISTRY.values()) for model in MODELS)


@pytest.mark.parametrize(
    ("events", "sentence"),
    [
        ([CREATED], "tests created customer acme"),
        (
            [CREATED, CustomerUpdated(Sealed({"name": "A"}), Sealed({"name": "B"}))],
            "tests changed name of customer acme",
        ),
        (
            [CREATED, CustomerUpdated(Sealed({}), Sealed({}), "acme", "acme-2")],
            "tests gave customer acme the id acme-2",
        ),
        ([ClockMoved(None, LATER)], "tests moved the customer's clock to 2026-02-01 00:00 UTC"),
        ([ATTACHED], "tests attached Pro"),
        ([ATTACHED, USED], "tests used 60 messages"),
        ([ATTACHED, USED, UsageRecorded("messages", Decimal("-2.50"))], "tests gave back 2.5 messages"),
        (
            [ATTACHED, UsageRecorded("messages", Decimal(3), dropped=Decimal(3))],
            "tests used 3 messages, of which 3 found no balance",
        ),
        ([ATTACHED, DEDUCTED], "tests deducted 40 of 100 messages: ticket 8812"),
        ([LOOSE], "tests granted 5 messages"),
        (
            [ATTACHED, BalanceSet("messages", DEDUCTED.changes)],
            "tests set messages from 100 to 60",
        ),
        (
            [
                ATTACHED,
                BalanceReset(
                    "messages", "2.1", DEDUCTED.changes[0].after, DEDUCTED.changes[0].before, TOOK, START, LATER
                ),
            ],
            "tests reset messages to 100 after 40 used",
        ),
        ([ATTACHED, PlanCanceled("2.0", START, LATER)], "tests canceled Pro from 2026-02-01 00:00 UTC on"),
        (
            [ATTACHED, PlanExpired("2.0", LATER, Ended.CANCELED)],
            "tests ended Pro, because it was canceled",
        ),
        ([ATTACHED, PlanRenewed("2.0", START, LATER)], "tests renewed Pro until 2026-02-01 00:00 UTC"),
        (
            [ATTACHED, PlanScheduled("9.0", FREE, LATER, START, replaces="2.0")],
            "tests scheduled Free after Pro to start on 2026-02-01 00:00 UTC",
        ),
        (
            [PlanScheduled("9.0", FREE, LATER, START), PlanActivated("9.0", LATER, None, None, ())],
            "tests started Free as scheduled",
        ),
        (
            [ATTACHED, QuantityChanged("2.0", "messages", "2.1", Decimal(100), Decimal(200), Decimal(0), Decimal(100))],
            "tests changed messages in Pro from 100 to 200",
        ),
        (
            [ATTACHED, TEAM],
            "tests created entity team, which takes one of seats",
        ),
        ([LedgerChanged("late_usage_days", "7", "30")], "tests changed the ledger's late usage days from 7 to 30"),
        ([KeyCreated("k", "billing", "write", START)], "tests created the write key billing"),
    ],
)
def test_sentences_read_as_people_say_them(events: list[Event], sentence: str) -> None:
    assert say(*events) == sentence


def test_a_switch_of_plans_says_both_and_an_attach_for_an_entity_says_whose() -> None:
    switched = PlanAttached("5.0", PRO, START, START, None, None, (), replaces="1.0")
    free = PlanAttached("1.0", FREE, START, START, None, None, (), default=True)
    assert say(free) == "tests attached Free as the default"
    assert say(free, switched) == "tests attached Pro in place of Free"
    assert say(msgspec.structs.replace(switched, entity_id="team")) == "tests attached Pro for team"


def test_usage_shows_what_the_feature_stood_at_before_and_after() -> None:
    entry = last(ATTACHED, USED)
    before, after = columns(MODEL, "timeline", entry, ["before", "after"])
    assert msgspec.json.decode(before) == {"granted": 100, "remaining": 100, "usage": 0}
    assert msgspec.json.decode(after) == {"granted": 100, "remaining": 40, "usage": 60}
    assert columns(MODEL, "timeline", entry, ["kind", "feature_ids", "amount"]) == [
        "usage.recorded",
        ("messages",),
        Decimal(60),
    ]


def test_a_forgotten_reason_is_left_out() -> None:
    forgotten = msgspec.structs.replace(DEDUCTED, reason=Sealed(FORGOTTEN))
    assert say(ATTACHED, forgotten) == "tests deducted 40 of 100 messages"


def test_who_somebody_acts_for_stands_beside_them() -> None:
    _, (final,) = MODEL.fold(Memo(), recorded(CREATED, 1, "support-tool", "Ada"))
    assert column(MODEL, "timeline", final.row, "sentence") == "support-tool (for Ada) created customer acme"


def test_what_is_kept_of_a_stream_tells_the_same_as_what_was_in_memory() -> None:
    memo, entries = Memo(), []
    kept: Memo = Memo()
    for position, event in enumerate([CREATED, ATTACHED, LOOSE, USED, DEDUCTED], start=1):
        memo, (final,) = MODEL.fold(memo, recorded(event, position))
        again, (other,) = MODEL.fold(kept, recorded(event, position))
        kept = recall(keep(again))
        entries.append((final.row, other.row))
    assert all(one == other for one, other in entries)
    assert keep(memo) == keep(kept)

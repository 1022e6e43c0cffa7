"""What the timeline tells of events, and events to be told."""

from decimal import Decimal
from typing import Any

from ledger.core.events import (
    BalanceDeducted,
    Change,
    Event,
    Level,
)
from ledger.core.sealed import Sealed
from projections.timeline.fold import MODEL
from tests.projections.given import column, given
from tests.projections.test_folds import HUNDRED

TOOK = Decimal(40)
WHY = Sealed("ticket 8812")
DEDUCTED = BalanceDeducted(
    "messages",
    TOOK,
    (Change("2.1", Level(HUNDRED, HUNDRED), Level(HUNDRED, Decimal(60))),),
    reason=Sealed("ticket 8812"),
)


def last(*events: Event) -> Any:
    """The columns of the entry of the last event."""
    rows = given(MODEL, *events)["timeline"]
    assert len(rows) == len(events)
    return rows[(len(events),)]


def say(*events: Event) -> str:
    return str(column(MODEL, "timeline", last(*events), "sentence"))

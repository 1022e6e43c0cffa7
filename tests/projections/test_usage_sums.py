"""The sums of uses that the projection keeps: what is added when, and that it is there once whatever happens."""

from datetime import timedelta
from decimal import Decimal
from typing import Any, get_type_hints

import msgspec
import pytest

from ledger.core.balances.usage import Track
from ledger.core.events import (
    REGISTRY,
    Allocation,
    Draw,
    EffectReversed,
    Event,
    GrantTerms,
    LockClosed,
    LockEnd,
    UsageBackdated,
    UsageRecorded,
    today,
)
from ledger.core.money import ZERO
from ledger.store.ledger import CustomerAddress, Store
from ledger.store.requests import Step
from projections.folding.writing import summed
from projections.projection import Key, Kind, Row, Table
from projections.queries.aggregate import Asked, Measure, Source, source_of, sums
from projections.queries.bins import BinSize, Range, bins
from projections.queries.uses import Groups, UseFilter
from projections.reads import Reads
from projections.runner import Runner
from projections.usage.fold import FOLDS
from projections.usage.fold import MODEL as USAGE
from projections.usage.tables import LONG_STREAM
from tests.projections.given import START, given
from tests.projections.test_folds import ATTACHED, LOOSE, USED
from tests.projections.test_runner import same_as_rebuilt
from tests.support.book import ME, Book

BOTH = UsageRecorded(
    "messages",
    Decimal(12),
    (Allocation("2.1", Decimal(2)), Allocation("3.0", Decimal(30))),
    Decimal(4),
    drawn=(Draw("3.0", Decimal(6)),),
    used_at=START + timedelta(hours=3, minutes=44),
)


def amounts(*events: Event) -> dict[Key, Any]:
    """The amounts of each cell: value, uses, deducted and uses on credits."""
    return {key: row[2:] for key, row in given(USAGE, *events)["usage_sums"].items()}


def test_a_use_counts_in_the_half_hour_it_was_used_in() -> None:
    late = msgspec.structs.replace(USED, used_at=START + timedelta(minutes=30))
    assert amounts(USED, USED, late) == {
        (START, "messages"): (Decimal(120), 2, Decimal(120), 0),
        (START + timedelta(minutes=30), "messages"): (Decimal(60), 1, Decimal(60), 0),
    }


def test_credits_are_no_units_of_the_feature() -> None:
    cell = START + timedelta(hours=3, minutes=30)
    assert amounts(BOTH) == {(cell, "messages"): (Decimal(12), 1, Decimal(2), 1)}
    (row,) = given(USAGE, BOTH)["usage"].values()
    assert msgspec.json.decode(row[9]) == [["2.1", "2"], ["3.0", "30", "6"]]


def test_what_is_taken_back_or_not_used_of_a_lock_is_taken_off_the_sum() -> None:
    back = EffectReversed(1, 1, "usage.recorded.v2", "messages", (Allocation("2.1", Decimal(-60)),), value=Decimal(60))
    closed = LockClosed("job", "messages", LockEnd.RELEASED, Decimal(5), ZERO, (Allocation("2.1", Decimal(-5)),))
    assert amounts(USED, back) == {(START, "messages"): (ZERO, 2, ZERO, 0)}
    assert amounts(USED, closed) == {(START, "messages"): (Decimal(55), 2, Decimal(55), 0)}


def test_use_that_is_brought_in_later_moves_no_balance_and_is_of_its_grant_all_the_same() -> None:
    later = START + timedelta(days=31)
    event = UsageBackdated("messages", Decimal(5), START, "2.1", START, later, Decimal(9), ZERO, Decimal(5))
    assert amounts(event) == {(START, "messages"): (Decimal(5), 1, ZERO, 0)}
    (row,) = given(USAGE, event)["usage"].values()
    assert msgspec.json.decode(row[9]) == [["2.1", "0", "5"]]


def test_grants_are_known_for_good_by_what_opened_them() -> None:
    rows = given(USAGE, ATTACHED, LOOSE)["usage_grants"]
    assert [(row[1], row[2], row[3]) for row in rows.values()] == [
        ("2.1", "messages", "pro"),
        ("3.0", "messages", None),
    ]


def test_no_event_opens_a_grant_that_is_not_known() -> None:
    opening = {today(cls) for cls in REGISTRY.values() if any(map(_has_terms, get_type_hints(cls).values()))}
    assert len(opening) > 5
    assert opening <= FOLDS


def _has_terms(annotation: Any) -> bool:
    return annotation is GrantTerms or any(map(_has_terms, getattr(annotation, "__args__", ())))


def test_amounts_of_one_key_are_added_up_exactly() -> None:
    table = Table("t", 1, {"k": Kind.TEXT, "v": Kind.NUMERIC, "n": Kind.BIGINT}, accumulates=True)
    fine, coarse = Decimal("0.000000000001"), Decimal(10) ** 30
    rows: list[Row] = [("a", coarse, 1), ("b", fine, 2), ("a", fine, 3), ("a", -coarse, 4)]
    assert summed(table, rows) == [("a", fine, 8), ("b", fine, 2)]


@pytest.mark.parametrize("batch", [90, 5_000])
def test_a_long_history_has_sums_of_its_own_from_its_first_use_on(book: Book, store: Store, batch: int) -> None:
    book.customer("acme")
    book.entity("acme", "team")
    for entity_id in (None, "team"):
        steps = [Step(CustomerAddress("acme"), Track("messages", value=Decimal(number), entity_id=entity_id))
                 for number in range(1, 521)]  # fmt: skip
        book.ledger.execute_all(steps, by=ME)
    stream_id = book.track("acme", 7).steps[0].stream_id
    Runner(store.database_url, store.operator, batch_events=batch).catch_up()
    with Reads(store.pool).open("main", models=("usage",)) as view:
        now = view.standing.clock
        days = bins(BinSize.DAY, now.tzinfo, Range(now - timedelta(days=1), now), cycle=None, name="bin")
        asked = Asked(UseFilter(stream_id=stream_id), days, Groups(entity=True), Measure.VALUE)
        assert source_of(view, asked) is Source.STREAM
        assert sums(view, asked) == sums(view, asked, source=Source.ROWS)
        assert sum(each.value for each in sums(view, asked)) == 520 * 521 + 7
        assert sum(each.uses for each in sums(view, asked)) == 1_041 > LONG_STREAM
    same_as_rebuilt(store)

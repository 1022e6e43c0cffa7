"""A state that is kept, and folded on from where it was kept, is what its whole history folds to."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.core.customer import CUSTOMER
from ledger.core.events import Event, stored_name
from ledger.store.snapshots import keep, restore
from tests.golden.codec import STREAM, golden_codec
from tests.properties.generator import History, histories
from tests.properties.life import lived

AT = datetime(2026, 1, 1, tzinfo=UTC)


def kept_on_the_way(history: History, share: float) -> None:
    codec = golden_codec()
    stored = [(stored_name(event), codec.encode(event, STREAM)) for _, event in lived(history).log]
    whole = _one_by_one([codec.decode(*each, STREAM) for each in stored])
    first = round(len(stored) * share)
    states = [b",".join(state for _, state in part) for part in (stored[:first], stored[first:])]
    before, after = [codec.decode_all(state, STREAM) for state in states]
    row = keep(codec, STREAM, CUSTOMER.fold(CUSTOMER.initial, before), AT)
    assert row.version == first
    state = CUSTOMER.fold(restore(codec, CUSTOMER, row), after)
    assert state == whole
    assert codec.encode_state(state) == codec.encode_state(whole), "to the last digit"


def _one_by_one(events: list[Event]) -> object:
    state = CUSTOMER.initial
    for event in events:
        state = CUSTOMER.evolve(state, event)
    return state


@given(histories(), st.floats(0, 1))
@settings(max_examples=30)
def test_any_history_may_be_kept_at_any_point(history: History, share: float) -> None:
    kept_on_the_way(history, share)


@pytest.mark.slow
@given(histories(most=40, longest=timedelta(days=200)), st.floats(0, 1))
@settings(max_examples=500)
def test_long_histories_may_be_kept_at_any_point(history: History, share: float) -> None:
    kept_on_the_way(history, share)

from datetime import UTC, datetime, timedelta
from uuid import RFC_4122

from hypothesis import given
from hypothesis import strategies as st

from ledger.store.ids import new_stream_id

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
INSTANTS = st.integers(0, 10**16).map(lambda microseconds: EPOCH + timedelta(microseconds=microseconds))


@given(INSTANTS)
def test_stream_ids_are_of_version_7_and_sort_by_the_microsecond(instant: datetime) -> None:
    first, second = new_stream_id(instant), new_stream_id(instant + timedelta(microseconds=1))
    assert (first.version, first.variant) == (7, RFC_4122)
    assert first.int >> 80 == (instant - EPOCH) // timedelta(milliseconds=1)
    assert first < second
    assert new_stream_id(instant) != new_stream_id(instant)

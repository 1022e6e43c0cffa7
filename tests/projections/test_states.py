"""States that stay in memory between batches: bounded by what they take, and never what rows depend on."""

from dataclasses import replace
from uuid import UUID

import pytest
from msgspec.structs import replace as replace_fields

from ledger.store.ledger import Store
from projections.balances.fold import MODEL as BALANCES
from projections.folding.changes import Moved
from projections.following.states import LEAST_KILOBYTES, Room, States
from projections.models import MODELS
from projections.rebuilding.rebuild import compare
from projections.runner import Runner
from projections.timeline.fold import MODEL as TIMELINE
from projections.timeline.memo import Memo
from tests.support.book import Book

SMALL = replace(BALANCES, size=len)


def keep(states: States, *numbers: int, kilobytes: int = 1) -> None:
    states.keep(Moved(UUID(int=number), None, "x" * kilobytes) for number in numbers)


def kept(states: States, *numbers: int) -> list[int]:
    return [number for number in numbers if states.take(UUID(int=number)) is not None]


def test_where_there_is_no_room_the_oldest_of_those_who_have_most_go() -> None:
    room = Room(5)
    many, few = room.states(SMALL), room.states(SMALL)
    keep(few, 1, 2)
    keep(many, 1, 2, 3, 4, 5)
    room.tidy()
    assert kept(few, 1, 2) == [1, 2]
    assert kept(many, 1, 2, 3, 4, 5) == [3, 4, 5]


def test_a_stream_that_was_used_again_is_not_the_oldest() -> None:
    room = Room(2)
    states = room.states(SMALL)
    keep(states, 1, 2)
    assert kept(states, 1) == [1]
    keep(states, 1, 3)
    room.tidy()
    assert kept(states, 1, 2, 3) == [1, 3]


def test_a_large_state_takes_the_room_of_several() -> None:
    room = Room(10)
    states = room.states(SMALL)
    keep(states, 1, 2, 3)
    keep(states, 4, kilobytes=9)
    room.tidy()
    assert kept(states, 1, 2, 3, 4) == [3, 4]


def test_what_was_taken_out_or_forgotten_or_dropped_with_its_generation_takes_no_room() -> None:
    room = Room(3)
    states, gone = room.states(SMALL), room.states(SMALL)
    keep(gone, 1, 2, 3)
    del gone
    keep(states, 1, 2, 3, 4, 5, 6)
    assert kept(states, 1, 2, 3) == [1, 2, 3]
    room.tidy()
    assert kept(states, 4, 5, 6) == [4, 5, 6]
    keep(states, 1, 2, 3)
    states.clear()
    keep(states, 4, 5, 6)
    room.tidy()
    assert kept(states, 1, 4, 5, 6) == [4, 5, 6]


def test_room_goes_with_the_memory_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("projections.following.states.memory_at_hand", lambda: 48 * 2**30)
    assert Room().kilobytes == 2**20
    monkeypatch.setattr("projections.following.states.memory_at_hand", lambda: 2**30)
    assert Room().kilobytes == LEAST_KILOBYTES


def test_the_more_balances_and_invoices_the_larger_is_what_is_remembered() -> None:
    assert BALANCES.size({}) < BALANCES.size(dict.fromkeys("ab"))
    some = Memo(grants=dict.fromkeys("ab"), invoices=dict.fromkeys("cd"))  # type: ignore[arg-type]  # only counted
    assert TIMELINE.size(Memo()) < TIMELINE.size(replace_fields(some, invoices={})) < TIMELINE.size(some)


@pytest.mark.parametrize("kilobytes", [0, 4])
def test_rows_are_the_same_when_nothing_or_hardly_anything_stays_in_memory(
    book: Book, store: Store, kilobytes: int
) -> None:
    book.customer("acme", "Acme", "ap@acme.example")
    book.customer("lone")
    book.attach("acme", "pro")
    book.attach("lone", "free")
    book.entity("acme", "team-a", "Team A")
    for _ in range(3):
        book.track("acme", 20)
        book.track("lone", 1)
    book.deduct("acme", 10, "refund")
    runner = Runner(store.database_url, store.operator, batch_events=2, models=MODELS, room=Room(kilobytes))
    assert runner.catch_up() > 0
    assert compare(store.database_url, store.operator, "main") is None

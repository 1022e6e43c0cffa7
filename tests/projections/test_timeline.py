"""The timeline finds what is asked for, whichever way leads to it, and a page never cuts a command's events apart."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from ledger.core.balances.correction import Reverse
from ledger.core.balances.usage import Track
from ledger.core.sealed import Sealed
from ledger.store.ledger import Caller, CustomerAddress, Step, Store
from projections.cursors import InvalidCursor
from projections.queries import reaching
from projections.queries.timeline import command_of, kinds_of
from projections.reads import (
    TIMELINE_MODELS,
    Reads,
    TimelineEntry,
    TimelineFilter,
    View,
    timeline,
    timeline_after,
    timeline_groups,
    timeline_stream,
)
from projections.runner import Runner
from projections.when import When
from tests.support.book import LONG_AGO, OPERATOR_KEY, Book
from tests.support.postgres import Databases
from tests.support.projected import open_ledger, projected

DESK = Caller("finance-desk", "grace", Sealed("100%_sure: refund for Ticket 8812"), "req-1")


@pytest.fixture(scope="module")
def view(databases: Databases, run_dir: Path) -> Iterator[View]:
    """A ledger in which most things are common, and some are not. Nothing is written while it is looked at."""
    with projected(databases, run_dir) as url:
        store = Store(url, operator_key=OPERATOR_KEY)
        live(Book(open_ledger(store, "main")))
        Runner(url, store.operator).catch_up()
        with Reads(store.pool).open("main", models=TIMELINE_MODELS) as opened:
            yield opened
        store.close()


def live(book: Book) -> None:
    book.customer("acme", "Acme & Söhne", "ap@acme.example")
    book.customer("atlas", "Atlas")
    for customer_id in ("acme", "atlas"):
        book.attach(customer_id, "pro")
        for units in (1, 2, 30):
            book.track(customer_id, units)
    book.entity("acme", "team-a")
    book.track("acme", 5, "team-a")
    used = book.ledger.execute(CustomerAddress("atlas"), Track("messages", value=Decimal(7)), by=DESK)
    state = used.steps[0].after
    taken = Reverse(used.position, state.version, used.events[-1])
    book.ledger.execute(CustomerAddress("atlas"), taken, by=DESK)
    book.deduct("acme", 10, "goodwill")
    tracks = [Step(CustomerAddress(each), Track("messages", value=Decimal(1))) for each in ("acme", "atlas", "acme")]
    book.ledger.execute_all(tracks, by=DESK)
    for units in (3, 4):
        book.track("atlas", units)


@pytest.fixture(scope="module")
def everything(view: View) -> list[TimelineEntry]:
    found = list(timeline(view, oldest_first=True, limit=500).items)
    assert [each.position for each in found] == list(range(1, view.position + 1))
    return found


def matches(keep: TimelineFilter, entry: TimelineEntry) -> bool:
    """The meaning of a filter, in other words than the database has for it."""
    name = {"acme": "Acme & Söhne ap@acme.example", "atlas": "Atlas"}.get(entry.customer_id or "", "")
    plain = entry.kind == "usage.recorded" and entry.reason is None
    checks: list[tuple[object, Callable[[], bool]]] = [
        (keep.stream_id, lambda: entry.stream_id == keep.stream_id),
        (keep.kind, lambda: entry.kind in kinds_of(str(keep.kind))),
        (keep.actor, lambda: entry.actor == keep.actor),
        (keep.feature_id, lambda: keep.feature_id in entry.feature_ids),
        (keep.entity_id, lambda: entry.entity_id == keep.entity_id),
        (keep.plan_id, lambda: entry.plan_id == keep.plan_id),
        (keep.amount_from, lambda: entry.amount is not None and entry.amount >= (keep.amount_from or 0)),
        (keep.amount_to, lambda: entry.amount is not None and entry.amount <= (keep.amount_to or 0)),
        (keep.at_from, lambda: keep.at_from is not None and entry.at >= keep.at_from),
        (keep.at_to, lambda: keep.at_to is not None and entry.at < keep.at_to),
        (keep.recorded_from, lambda: keep.recorded_from is not None and entry.recorded_at >= keep.recorded_from),
        (keep.recorded_to, lambda: keep.recorded_to is not None and entry.recorded_at < keep.recorded_to),
        (keep.words, lambda: not plain and str(keep.words).casefold() in f"{entry.sentence} {name}".casefold()),
        (keep.position, lambda: entry.position == keep.position),
    ]
    return all(check() for asked, check in checks if asked is not None)


def questions(entries: Sequence[TimelineEntry]) -> list[TimelineFilter]:
    acme = next(each.stream_id for each in entries if each.customer_id == "acme")
    early, late = entries[len(entries) // 3], entries[2 * len(entries) // 3]
    ask = TimelineFilter
    alone = [
        ask(),
        ask(stream_id=acme),
        ask(kind="usage"),
        ask(kind="balance.deducted"),
        ask(kind="nothing"),
        ask(actor="finance-desk"),
        ask(feature_id="messages"),
        ask(feature_id="seats"),
        ask(entity_id="team-a"),
        ask(plan_id="pro"),
        ask(amount_from=Decimal(5)),
        ask(amount_to=Decimal(-1)),
        ask(amount_from=Decimal("1.5"), amount_to=Decimal(7)),
        ask(at_from=early.at),
        ask(at_to=late.at),
        ask(at_from=early.at, at_to=late.at),
        ask(recorded_from=early.recorded_at, recorded_to=late.recorded_at),
        ask(words="TICKET 88"),
        ask(words="0%_s"),
        ask(words="0_"),
        ask(words="söhne"),
        ask(words="created feature"),
        ask(position=4),
    ]
    both = [
        one._replace(**{k: v for k, v in other._asdict().items() if v is not None}) for one, other in pairwise(alone)
    ]
    return [*alone, *both, *(each._replace(stream_id=acme) for each in alone)]


@pytest.mark.parametrize("look", [2, 2_000])
def test_every_filter_keeps_what_it_says_in_both_orders_and_on_any_page(
    view: View, everything: list[TimelineEntry], look: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reaching, "LOOK", look)
    for keep in questions(everything):
        wanted = [each for each in everything if matches(keep, each)]
        for oldest_first in (True, False):
            found, cursor = list[TimelineEntry](), None
            while True:
                page = timeline(view, keep, oldest_first=oldest_first, limit=7, cursor=cursor)
                found += page.items
                cursor = page.next_cursor
                if cursor is None:
                    break
            assert found == (wanted if oldest_first else wanted[::-1]), keep
        assert [row[0] for row in timeline_stream(view, keep, oldest_first=True, when=None)] == [
            each.position for each in wanted
        ]


def test_the_past_ends_at_its_position_and_at_its_instant(view: View, everything: list[TimelineEntry]) -> None:
    stream_id = everything[-1].stream_id
    for keep in (TimelineFilter(), TimelineFilter(stream_id=stream_id), TimelineFilter(feature_id="messages")):
        for entry in everything[::5]:
            for at in (None, entry.at, entry.at - timedelta(microseconds=1), LONG_AGO):
                when = When(entry.position, entry.recorded_at, at)
                wanted = [
                    each.position
                    for each in everything
                    if matches(keep, each) and each.position <= entry.position and (at is None or each.at <= at)
                ]
                for oldest_first in (True, False):
                    found = timeline(view, keep, oldest_first=oldest_first, limit=500, when=when).items
                    assert sorted(each.position for each in found) == wanted


def test_what_was_taken_back_says_by_what_and_not_before_it_was(view: View, everything: list[TimelineEntry]) -> None:
    (back,) = [each for each in everything if each.kind == "effect.reversed"]
    assert back.reverses is not None
    assert everything[back.reverses - 1].reversed_by == back.position
    assert [each.position for each in everything if each.reversed_by] == [back.reverses]
    before = When(back.position - 1, back.recorded_at)
    (then,) = timeline(view, TimelineFilter(position=back.reverses), when=before).items
    assert then.reversed_by is None


def test_a_page_of_groups_holds_whole_commands(view: View, everything: list[TimelineEntry]) -> None:
    whole = timeline_groups(view, oldest_first=True, limit=500).items
    assert [each.position for group in whole for each in group.entries] == [each.position for each in everything]
    together = [
        [each.customer_id for each in group.entries]
        for group in whole
        if group.entries[0].actor == "finance-desk" and len(group.entries) > 1
    ]
    assert together == [["acme", "atlas", "acme"]]
    for oldest_first in (True, False):
        found, cursor = [], None
        while True:
            page = timeline_groups(view, oldest_first=oldest_first, limit=2, cursor=cursor)
            found += [sorted(each.position for each in group.entries) for group in page.items]
            assert len(page.items) <= 2
            cursor = page.next_cursor
            if cursor is None:
                break
        assert sorted(found) == [[each.position for each in group.entries] for group in whole]


@pytest.mark.parametrize("most", [1, 2, 3, 7])
def test_a_short_page_cuts_its_last_group_and_says_so(view: View, everything: list[TimelineEntry], most: int) -> None:
    found: list[int] = []
    cut: list[tuple[int, int]] = []
    cursor = None
    while True:
        page = timeline_groups(view, oldest_first=True, limit=500, cursor=cursor, most_entries=most)
        here = [each.position for group in page.items for each in group.entries]
        assert len(here) <= most
        assert not any(group.cut for group in page.items[:-1])
        found += here
        cursor = page.next_cursor
        if cursor is None:
            break
        cut += [(here[-1], here[-1] + 1)] if page.items[-1].cut else []
    assert found == [each.position for each in everything]
    by_position = {each.position: command_of(each) for each in everything}
    ends = [(last, last + 1) for last in found[most - 1 :: most] if last + 1 in by_position]
    assert cut == [pair for pair in ends if by_position[pair[0]] == by_position[pair[1]]]


def test_a_group_shows_what_was_asked_for_of_it(view: View, everything: list[TimelineEntry]) -> None:
    atlas = next(each.stream_id for each in everything if each.customer_id == "atlas")
    groups = timeline_groups(view, TimelineFilter(stream_id=atlas, actor="finance-desk"), limit=500).items
    assert [len(each.entries) for each in groups] == [1, 1, 1]


def test_a_cursor_of_pages_is_none_of_groups_and_none_of_another_moment(view: View) -> None:
    cursor = timeline(view, limit=2).next_cursor
    moment = When(view.position, LONG_AGO)
    for ask in (
        lambda: timeline_groups(view, cursor=cursor),
        lambda: timeline(view, cursor=cursor, oldest_first=True),
        lambda: timeline(view, cursor=cursor, when=moment),
        lambda: timeline(view, TimelineFilter(words="acme"), cursor=cursor),
    ):
        with pytest.raises(InvalidCursor):
            ask()


def test_following_goes_on_after_a_position(view: View, everything: list[TimelineEntry]) -> None:
    assert timeline_after(view, TimelineFilter(), 3, 4) == everything[3:7]
    assert timeline_after(view, TimelineFilter(), view.position, 4) == []
    used = [each for each in everything if each.kind == "usage.recorded"]
    assert timeline_after(view, TimelineFilter(kind="usage"), used[1].position, 2) == used[2:4]

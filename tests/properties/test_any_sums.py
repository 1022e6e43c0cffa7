"""Sums of any uses, asked for in any way, are what a loop over the uses adds up to, wherever they are read from."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import Connection

from ledger.core.events import Allocation, BalanceGranted, Draw, Event, GrantTerms, Level, UsageRecorded, stored_name
from ledger.core.money import ZERO
from ledger.core.sealed import Sealed
from ledger.core.terms import FeatureKind
from ledger.store.connections import Limits, connect
from projections.active import Active
from projections.folding.batch import Batch
from projections.following.advancing import advance
from projections.following.generation import Generation
from projections.following.states import Room
from projections.projection import Recorded
from projections.queries.aggregate import Asked, Measure, Source, Sum, sums
from projections.queries.bins import Bins, BinSize, Range, bins
from projections.queries.uses import Groups, UseFilter, uses
from projections.usage.fold import MODEL
from projections.usage.tables import LONG_STREAM
from projections.view import Standing, View
from tests.support.postgres import Databases
from tests.support.projected import projected

# Offsets of quarters of hours, half an hour of summer time, a day that is missing, clock changes at midnight.
ZONES: Final = ("UTC", "Asia/Kathmandu", "Australia/Lord_Howe", "America/New_York", "Asia/Kolkata", "America/Havana")
STREAMS: Final = [UUID(int=1), UUID(int=2)]  # the first one's history is long
FIRST: Final = datetime(2026, 3, 6, tzinfo=UTC)  # clock changes in New York and Havana, and in Lord Howe a month on
GRANTS: Final = {
    "own": ("messages", "pro"),
    "more": ("messages", None),
    "call": ("calls", "pro"),
    "paid": ("credits", "ai"),
}
_numbers = count(1)
Strategies = dict[str, st.SearchStrategy[Any]]


class Use(NamedTuple):
    """A use as the test knows it: each grant with what was taken of it and the units that paid for."""

    position: int
    stream: UUID
    at: datetime
    feature: str
    entity: str | None
    region: str | None
    parts: tuple[tuple[str, Decimal, Decimal], ...]
    dropped: Decimal

    @property
    def value(self) -> Decimal:
        return sum((units for _, _, units in self.parts), self.dropped)

    def shares(self) -> list[tuple[str | None, Decimal, Decimal]]:
        """Each grant, what was taken, the units; and what no balance covered."""
        rest = [(None, ZERO, self.dropped)] if self.dropped or not self.parts else []
        return [*self.parts, *rest]


amounts = st.decimals(-5, 20, places=2)
takings = st.lists(
    st.tuples(st.sampled_from(sorted(GRANTS)), amounts, amounts), max_size=3, unique_by=lambda each: each[0]
)


@st.composite
def histories(draw: st.DrawFn) -> list[Use]:
    """Uses of two customers within a few weeks, many of them at the edges of hours and days."""
    found = []
    for position in range(1, draw(st.integers(1, 14)) + 1):
        minutes = draw(
            st.one_of(st.integers(0, 45_000), st.sampled_from([6_900, 6_915, 7_200, 42_300, 42_345, 42_330]))
        )
        at = FIRST + timedelta(minutes=minutes, seconds=draw(st.sampled_from([0, 0, 1, 59])))
        feature = draw(st.sampled_from(["messages", "calls"]))
        parts = tuple(
            (grant, amount, units if grant == "paid" else amount)
            for grant, amount, units in draw(takings)
            if GRANTS[grant][0] in (feature, "credits")  # what is no credit is taken from the feature's own
        )
        found.append(
            Use(
                position,
                draw(st.sampled_from(STREAMS)),
                at,
                feature,
                draw(st.sampled_from([None, "e1", "e2"])),
                draw(st.sampled_from([None, "eu", "us"])),
                parts,
                draw(st.one_of(st.just(ZERO), amounts)),
            )
        )
    return found


ALWAYS: Final[Strategies] = {
    "size": st.sampled_from([BinSize.HOUR, BinSize.DAY, BinSize.WEEK, BinSize.MONTH]),
    "zone": st.sampled_from(ZONES).map(ZoneInfo),
    "from": st.integers(-2_000, 30_000),
    "minutes": st.integers(1, 20_000),
    "feature": st.sampled_from([None, "messages", "calls"]),
    "measure": st.sampled_from(list(Measure)),
    "top": st.sampled_from([None, None, 1, 2]),
}
DIFFICULT: Final[Strategies] = {
    "stream": st.sampled_from([None, *STREAMS]),
    "entity": st.sampled_from([None, None, "e1"]),
    "region": st.sampled_from([None, None, "eu"]),
    "without": st.sampled_from([(), (), ("entity",), ("plan",)]),
    "plan": st.sampled_from([None, None, "pro"]),
    "upto": st.sampled_from([None, None, 6]),
    "by": st.sets(st.sampled_from(["feature", "customer", "entity", "plan", "region"]), max_size=3),
}
# What the cells tell: of the ledger by feature, of a long history by entity too.
SIMPLE: Final[Strategies] = {name: st.none() for name in ("region", "plan", "upto")} | {"without": st.just(())}
OF_LEDGER: Final[Strategies] = SIMPLE | {
    "stream": st.none(),
    "entity": st.none(),
    "by": st.sets(st.just("feature")),
}
OF_STREAM: Final[Strategies] = SIMPLE | {
    "stream": st.just(STREAMS[0]),
    "entity": DIFFICULT["entity"],
    "by": st.sets(st.sampled_from(["feature", "customer", "entity"])),
}
questions = st.sampled_from([DIFFICULT, OF_LEDGER, OF_STREAM]).flatmap(
    lambda narrowed: st.fixed_dictionaries({**ALWAYS, **narrowed})
)


@pytest.fixture(scope="module")
def conn(databases: Databases, run_dir: Path) -> Iterator[Connection[Any]]:
    with projected(databases, run_dir) as url, connect(url, Limits()) as made:
        yield made


@settings(max_examples=60)
@given(histories(), questions, st.integers(1, 9))
def test_sums_are_what_the_uses_add_up_to(
    conn: Connection[Any], history: list[Use], question: dict[str, Any], batch: int
) -> None:
    same_everywhere(conn, history, question, batch)


@pytest.mark.slow
@settings(max_examples=400)
@given(histories(), questions, st.integers(1, 9))
def test_sums_are_what_the_uses_add_up_to_in_many_more_ways(
    conn: Connection[Any], history: list[Use], question: dict[str, Any], batch: int
) -> None:
    same_everywhere(conn, history, question, batch)


def same_everywhere(conn: Connection[Any], history: list[Use], question: dict[str, Any], batch: int) -> None:
    """Read as is decided, and from the rows alone: both are what the loop adds up to, and the rows are those of it."""
    view = written(conn, history, batch)
    asked = asked_by(question)
    expected = naive(history, question, asked.bins)
    decided = sums(view, asked)
    assert told(decided, asked, question) == expected
    assert told(sums(view, asked, source=Source.ROWS), asked, question) == expected
    within = asked.keep._replace(used_from=asked.bins.lower, used_to=asked.bins.upper)
    kept = [each for each in history if keeps(each, question, asked.bins)]
    listed = uses(view, within, balance_prefix="bal").items
    assert [each.position for each in listed] == [
        each.position for each in sorted(kept, key=lambda each: (each.at, each.position), reverse=True)
    ]


def written(conn: Connection[Any], history: Sequence[Use], batch: int) -> View:
    """A generation of the model with this history, folded in batches of some events."""
    number = next(_numbers)
    generation = Generation("main", MODEL, number, Room())
    events = [*_granting(), *map(_recorded, history)]
    with conn.transaction():
        for index in range(0, len(events), batch):
            assert advance(conn, [generation], Batch(events[index : index + batch])) == []
            generation.settle()
    head = len(history)
    models = {"usage": Active(number, None, MODEL.revision), "customers": Active(number, None, 1)}
    return View(conn, "main", Standing(head, head, FIRST, None, models))


def _granting() -> list[Recorded]:
    none = Level(ZERO, ZERO)
    terms = [
        GrantTerms(grant, feature, FeatureKind.CONSUMABLE, FIRST, plan_id=plan)
        for grant, (feature, plan) in GRANTS.items()
    ]
    return [
        _event(-index, stream, index + 1, BalanceGranted(each.feature_id, each.grant_id, ZERO, none, none, terms=each))
        for stream in STREAMS
        for index, each in enumerate(terms)
    ]


def _recorded(use: Use) -> Recorded:
    allocations = tuple(Allocation(grant, amount) for grant, amount, _ in use.parts)
    event = UsageRecorded(
        use.feature,
        use.value,
        allocations,
        use.dropped,
        entity_id=use.entity,
        properties=None if use.region is None else Sealed({"region": use.region}),
        used_at=use.at,
        drawn=tuple(Draw(grant, units) for grant, _, units in use.parts if GRANTS[grant][0] == "credits"),
    )
    # The long history passes its mark in the middle.
    version = use.position + (LONG_STREAM - 5 if use.stream == STREAMS[0] else 10)
    return _event(use.position, use.stream, version, event)


def _event(position: int, stream: UUID, version: int, event: Event) -> Recorded:
    return Recorded(position, stream, version, stored_name(event), event, "tests", None, "req", FIRST, FIRST)


def asked_by(question: dict[str, Any]) -> Asked:
    lower = FIRST + timedelta(minutes=question["from"])
    within = Range(lower, lower + timedelta(minutes=question["minutes"]))
    by = question["by"]
    return Asked(
        UseFilter(
            stream_id=question["stream"],
            feature_ids=question["feature"] and (question["feature"],),
            entity_id=question["entity"],
            plan_id=question["plan"],
            properties=(("region", question["region"]),) if question["region"] else (),
            without=question["without"],
            upto_position=question["upto"],
        ),
        bins(question["size"], question["zone"], within, cycle=None, name="bin"),
        Groups(
            feature="feature" in by,
            customer="customer" in by,
            entity="entity" in by,
            plan="plan" in by,
            properties=("region",) if "region" in by else (),
        ),
        question["measure"],
        question["top"],
    )


def keeps(use: Use, question: dict[str, Any], within: Bins) -> bool:
    wanted = {name: question[name] for name in ("stream", "feature", "entity", "region") if question[name]}
    shares = [_wanted(grant and GRANTS[grant][1], question) for grant, _, _ in use.shares()]
    return (
        within.lower <= use.at < within.upper
        and all(getattr(use, name) == value for name, value in wanted.items())
        and (question["upto"] is None or use.position <= question["upto"])
        and not ("entity" in question["without"] and use.entity)
        and any(shares)
    )


def _wanted(plan: str | None, question: dict[str, Any]) -> bool:
    """Whether a part of a use, which was taken from a balance of this plan, is asked about."""
    return question["plan"] in (None, plan) and not ("plan" in question["without"] and plan)


def naive(history: Sequence[Use], question: dict[str, Any], within: Bins) -> dict[Any, Any]:
    """A loop over the uses: sums by the start of the bin on the clock of the zone, the group, and whether the rest."""
    measure, by = question["measure"], question["by"]
    found: defaultdict[Any, Any] = defaultdict(Decimal)
    counted: defaultdict[Any, set[int]] = defaultdict(set)
    for use in history:
        if not keeps(use, question, within):
            continue
        for grant, taken, units in use.shares():
            owner, plan = GRANTS[grant] if grant else (None, None)
            if not _wanted(plan, question) or (measure is Measure.DEDUCTED and not taken):
                continue
            feature = use.feature if "feature" in by or measure is Measure.VALUE else None
            group = (
                feature,
                use.stream if "customer" in by else None,
                use.entity if "entity" in by else None,
                plan if "plan" in by else None,
                (use.region,) if "region" in by else (),
            )
            key = (_start(use.at, question), group, owner if measure is Measure.DEDUCTED else None)
            found[key] += taken if measure is Measure.DEDUCTED else units
            counted[key].add(use.position)
    if measure is Measure.COUNT:
        found = defaultdict(Decimal, {key: Decimal(len(positions)) for key, positions in counted.items()})
    return _topped(found, question)


def _start(at: datetime, question: dict[str, Any]) -> Any:
    local = at.astimezone(question["zone"]).date()
    match question["size"]:
        case BinSize.HOUR:
            return at.astimezone(UTC).replace(minute=0, second=0)
        case BinSize.WEEK:
            return local - timedelta(days=local.weekday())
        case BinSize.MONTH:
            return local.replace(day=1)
    return local


def _topped(found: dict[Any, Decimal], question: dict[str, Any]) -> dict[Any, Decimal]:
    measure, top = question["measure"], question["top"]
    across = measure is Measure.COUNT and "feature" in question["by"]
    weights: defaultdict[Any, defaultdict[Any, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for (_, group, owner), amount in found.items():
        weights[None if across else group[0], owner][group] += amount
    result: defaultdict[Any, Decimal] = defaultdict(Decimal)
    for (start, group, owner), amount in found.items():
        league = weights[None if across else group[0], owner]
        first = sorted(league, key=lambda each: (-abs(league[each]), _last(each)))[:top]
        if top is None or group in first:
            result[start, group, owner, False] += amount
        else:
            result[start, (None if across else group[0], None, None, None, ()), owner, True] += amount
    if measure is Measure.DEDUCTED:
        return {key: amount for key, amount in result.items() if amount}
    return dict(result)


def _last(group: Any) -> Any:
    feature, stream, entity, plan, properties = group
    return [(part is None, str(part)) for part in (feature, stream, entity, plan, *properties)]


def told(found: Sequence[Sum], asked: Asked, question: dict[str, Any]) -> dict[Any, Decimal]:
    """The same of an answer."""
    shown: dict[Any, Decimal] = {}
    for each in found:
        key = (_start(asked.bins.starts[each.bin], question), each.group, each.taken_from, each.rest)
        assert key not in shown
        shown[key] = Decimal(each.amount(asked.measure))
    return shown

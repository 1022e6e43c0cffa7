"""Whatever is asked of the customer list, it is what a loop over all customers keeps and sorts."""

import operator
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any, Final, NamedTuple

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from api.reads.account_query import PARAMETERS, question_of
from api.reads.billed import narrowed
from api.reads.query import read_args
from ledger.store.addresses import CatalogAddress, internal_id
from ledger.store.ledger import Store
from projections.accounts.plans import Status
from projections.queries.accounts import MODELS as ACCOUNT_MODELS
from projections.reads import SORTS, leaf
from projections.view import Views
from tests.api.client import TESTER, Api, Ledgers
from tests.api.test_customer_list import every, populate

Row = dict[str, Any]
NAMES: Final = (
    "Ada",
    "ADA",
    "ada",
    "Åsa",
    "Zoë",
    "zoë",
    "100%",
    "a_b",
    "a\\b",
    "'",
    '"',
    " ",
    "é",
    "É",
    "ß",
    "İpek",
    "王",
)
VALUES: Final[tuple[Any, ...]] = (
    "gold",
    "1",
    1,
    Decimal("1.50"),
    True,
    "true",
    None,
    "null",
    -3,
    ["gold"],
    {"b": 1},
    "%",
)
WHOLE: Final = ("example.COM", "user1@example.com", "a0@Example.Org", "nobody-has-this", "example%com", "com.example")
LEVELS: Final = (0, 1, 2, 5, 5, 9)
BILLED: Final = {"free": "none", "pro": "month", "team": "month", "tried": "month", "extra": "one_off"}
COMPARISONS: Final[dict[str, Callable[[Decimal, Decimal], bool]]] = {
    "lt": operator.lt,
    "lte": operator.le,
    "eq": operator.eq,
    "gte": operator.ge,
    "gt": operator.gt,
}


class Crowd(NamedTuple):
    """A ledger, and all that is known of its customers: rows of the list and plans by internal id."""

    api: Api
    views: Views
    rows: list[Row]
    held: dict[str, list[Row]]

    def __repr__(self) -> str:
        return f"{len(self.rows)} customers"


@pytest.fixture(scope="module")
def crowd(app: Flask, store: Store) -> Crowd:
    """Customers in every status, and others that are alike in one thing or another."""
    api, chance = Ledgers(app, store).sandbox(), Random(8812)
    populate(api)
    for number in range(16):
        known: dict[str, Any] = {"customer_id": f"x{number}" if chance.random() < 0.8 else chance.choice(NAMES) * 2}
        if chance.random() < 0.8:
            known["name"] = chance.choice(NAMES)
        if chance.random() < 0.5:
            known["email"] = f"{chance.choice('aAbB')}{number}@Example.{chance.choice(('com', 'org'))}"
        known["metadata"] = {key: chance.choice(VALUES) for key in ("tier", "a.b", "sei tes") if chance.random() < 0.7}
        api("customers.get_or_create", api.at(f"2026-02-{1 + number // 4:02d}T00:00:00Z"), **known)
        if chance.random() < 0.7:
            addressed = {"customer_id": known["customer_id"], "feature_id": "messages"}
            api("balances.create", **addressed, included_grant=chance.choice(LEVELS))
            api("balances.track", **addressed, value=chance.choice(LEVELS))
    rows = every(api, feature="messages", limit=500)
    held = {row["internal_id"]: plans_of(api, row["internal_id"]) for row in rows}
    return Crowd(api, Views(store.pool), rows, held)


def plans_of(api: Api, internal: str) -> list[Row]:
    found: list[Row] = api.get(f"/v1/customers/{internal}/subscriptions?status=all")["list"]
    return found


statuses = st.sampled_from(list(Status))
plans = st.sampled_from(["free", "pro", "team", "extra", "tried", "pro@1", "pro@2", "none", "free@1"])
tests = st.builds(
    "{}:{}:{}:{}".format,
    st.sampled_from(["messages", "messages", "seats", "sso"]),
    st.sampled_from(["granted", "remaining", "usage"]),
    st.sampled_from(list(COMPARISONS)),
    st.sampled_from(["0", "1", "5", "9.5", "15", "-1", "500"]),
)
instants = st.sampled_from(["2026-01-03", "2026-01-09T00:00:00Z", "2026-02-01", "2026-02-02T00:00:00Z", "2026-02-04"])
searches = st.sampled_from(
    [*NAMES, "a", "A", "x1", *WHOLE, "@", ".", "ser", "%_", "_", "\\", "  ", "z" * 255, "\u0307"]
)
some = {
    "search": searches,
    "plan": st.lists(plans, min_size=1, max_size=2),
    "status": st.lists(statuses, min_size=1, max_size=3),
    "interval": st.lists(st.sampled_from(["month", "one_off", "none", "year"]), min_size=1, max_size=2),
    "metadata.tier": st.sampled_from(["gold", "1", "1.0", "1.5", "true", "null", "-3", "silver", "%", '{"b": 1}']),
    "metadata.a.b": st.sampled_from(["x:y", "1", "gold"]),
    "balance": st.lists(tests, min_size=1, max_size=2),
    "created_from": st.just("2026-01-05") | instants,
    "created_to": st.just("2026-02-03") | instants,
}


@st.composite
def questions(draw: st.DrawFn) -> Row:
    """Up to three filters, and a way to sort."""
    names = draw(st.sets(st.sampled_from(sorted(some)), max_size=3))
    asked = {name: draw(some[name]) for name in sorted(names)}
    if str(asked.get("created_from", "")) > str(asked.get("created_to", "3")):
        del asked["created_to"]
    asked["sort"], asked["order"] = draw(st.sampled_from(list(SORTS))), draw(st.sampled_from(["asc", "desc"]))
    return {**asked, "feature": "messages", "limit": draw(st.integers(3, 12))}


@settings(max_examples=12)
@given(questions())
def test_a_list_is_what_a_loop_keeps_and_sorts(crowd: Crowd, asked: Row) -> None:
    same_every_way(crowd, asked)


@pytest.mark.parametrize("rare", [-1, 300])
@pytest.mark.parametrize("search", WHOLE)
def test_a_search_of_many_pieces_finds_the_same_whether_or_not_few_have_one(
    crowd: Crowd, search: str, rare: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projections.queries.accounts.RARE", rare)
    same_every_way(crowd, {"search": search, "sort": "name", "order": "asc", "feature": "messages", "limit": 12})


@pytest.mark.slow
@settings(max_examples=300)
@given(questions())
def test_a_list_is_what_a_loop_keeps_and_sorts_in_many_more_ways(crowd: Crowd, asked: Row) -> None:
    same_every_way(crowd, asked)


def same_every_way(crowd: Crowd, asked: Row) -> None:
    """Page by page, from the last page back to the first, and at the position of now."""
    expected = naive(crowd, asked)
    assert every(crowd.api, **asked) == expected
    assert every(crowd.api, **asked, as_of=f"position:{crowd.api.head()}") == expected
    ids = [row["internal_id"] for row in expected]
    assert [internal_id(each) for page in pages_back(crowd, asked) for each in page] == ids


def pages_back(crowd: Crowd, asked: Row) -> list[list[Any]]:
    """The pages, found from the last one back."""
    limit = asked["limit"]
    pairs = [(name, each) for name, value in asked.items() for each in (value if isinstance(value, list) else [value])]
    catalog = crowd.api.store.ledger(crowd.api.ledger_id).look(CatalogAddress(), by=TESTER).state
    said = MultiDict((name, str(value)) for name, value in pairs)
    question = narrowed(question_of(read_args(said, PARAMETERS)), catalog)
    with crowd.views.open(crowd.api.ledger_id, models=ACCOUNT_MODELS) as view:
        page = leaf(view, question.keep, question.ordering, limit=limit)
        while page.after is not None:
            page = leaf(view, question.keep, question.ordering, limit=limit, after=page.after)
        found = [page]
        while found[0].before is not None:
            found.insert(0, leaf(view, question.keep, question.ordering, limit=limit, before=found[0].before))
    return [[row.stream_id for row in each.items] for each in found]


def naive(crowd: Crowd, asked: Row) -> list[Row]:
    """A loop over all customers."""
    kept = [row for row in crowd.rows if all(keeps(crowd, row, asked, name) for name in asked)]
    sort, down = asked["sort"], asked["order"] == "desc"
    having = [row for row in kept if row[sort] not in (None, "")]
    lacking = [row for row in kept if row[sort] in (None, "")]
    having.sort(key=lambda row: (sorted_by(row, sort), row["internal_id"]), reverse=down)
    return [*having, *sorted(lacking, key=lambda row: str(row["internal_id"]), reverse=down)]


def sorted_by(row: Row, column: str) -> Any:
    if row["unlimited"] and column in ("granted", "remaining"):
        return Decimal("Infinity")
    return row[column].lower() if isinstance(row[column], str) else row[column]


def keeps(crowd: Crowd, row: Row, asked: Row, name: str) -> bool:
    """Whether a customer passes one of the filters that are asked for."""
    value = asked[name]
    match name:
        case "search":
            return any(value.lower() in (row[each] or "").lower() for each in ("id", "name", "email"))
        case "plan" | "interval":
            ways = set(asked.get("status") or set(Status) - {Status.EXPIRED})
            wanted = [plan for plan in asked.get("plan", BILLED) if billed_so(plan, asked.get("interval"))]
            return any(ways & ways_on(crowd.held[row["internal_id"]], plan) for plan in wanted)
        case "status":
            return "plan" in asked or "interval" in asked or row["plan_status"] in value
        case "balance":
            return all(compares(crowd, row, test) for test in value)
        case "created_from":
            return bool(row["created_at"] >= milliseconds(value))
        case "created_to":
            return bool(row["created_at"] <= milliseconds(value))
    if name.startswith("metadata."):
        return same(row["metadata"].get(name.removeprefix("metadata."), ...), value)
    return True


def billed_so(plan: str, intervals: list[str] | None) -> bool:
    """Whether a plan is billed at one of some intervals, where that is asked."""
    return intervals is None or BILLED.get(plan.partition("@")[0]) in intervals


def ways_on(held: list[Row], plan: str) -> set[str]:
    """How a customer is on a plan, in all of its subscriptions to it."""
    plan_id, _, version = plan.partition("@")
    if version not in ("", "1"):
        return set()
    ways = {way for each in held if each["plan_id"] == plan_id for way in _way(each)}
    return ways - {"expired"} or ways


def _way(each: Row) -> Iterator[str]:
    if each["status"] in ("scheduled", "expired"):
        yield str(each["status"])
    elif each["past_due"]:
        yield "past_due"
    elif each["canceled_at"] is not None:
        yield "canceled"
    else:
        yield "active" if each["trial_ends_at"] is None else "trialing"


def compares(crowd: Crowd, row: Row, test: str) -> bool:
    feature_id, column, comparison, number = test.split(":")
    if feature_id != "messages":
        row = sums_of(crowd, row["internal_id"], feature_id)
    if row[column] is None:
        return False
    value = Decimal("Infinity") if row["unlimited"] and column != "usage" else row[column]
    return COMPARISONS[comparison](value, Decimal(number))


def sums_of(crowd: Crowd, internal: str, feature_id: str) -> Row:
    """What the customer's own read says of a feature."""
    held = crowd.api.get(f"/v1/customers/{internal}")["balances"].get(feature_id)
    return held or dict.fromkeys(("granted", "remaining", "usage", "unlimited"))


def same(property_value: Any, text: str) -> bool:
    """A property has a value as text, or as the number or word that is written so."""
    if property_value is None or isinstance(property_value, bool):
        return text == {None: "null", True: "true", False: "false"}[property_value]
    if isinstance(property_value, str):
        return property_value == text
    if isinstance(property_value, int | Decimal):
        return text.lstrip("-").replace(".", "").isdigit() and Decimal(text) == property_value
    return False


def milliseconds(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)

"""The customer list over HTTP: a crowd that has lived a little, every filter, every sort, and what is refused."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from flask import Flask

from ledger.core.settings import Role
from ledger.store.ledger import Store
from projections.accounts.plans import Status
from projections.queries.accounts import MODELS as ACCOUNT_MODELS
from projections.queries.accounts import _Asked
from projections.reads import SORTS, AccountFilter, Ordering, leaf
from projections.view import Views
from tests.api.client import Api, Ledgers, Refused, catalog

Row = dict[str, Any]
NASTY = "Robert'); DROP TABLE accounts;-- \\ 100% _x"


@pytest.fixture(scope="module")
def ledgers(app: Flask, store: Store) -> Ledgers:
    return Ledgers(app, store)


@pytest.fixture(scope="module")
def views(ledgers: Ledgers) -> Views:
    return Views(ledgers.store.pool)


@pytest.fixture(scope="module")
def crowd(ledgers: Ledgers) -> Api:
    """Customers on every plan and in every status; another ledger has customers of the same names."""
    api, other = ledgers.sandbox(), ledgers.sandbox()
    populate(api)
    catalog(other)
    for number in range(3):
        other("customers.get_or_create", customer_id=f"c{number}", name="Ada", email=f"other{number}@example.com")
    return api


def populate(api: Api) -> None:
    catalog(api)
    month = {"amount": 9, "interval": "month"}
    trial = {"duration_length": 7, "duration_type": "day", "card_required": False}
    api("plans.create", plan_id="tried", name="tried out", price=month, free_trial=trial, items=[])
    names = ["Ada", "ada", "Björn", "Zoë", "", "Émile", NASTY, "王小明", "Carol", "dave"]
    for number, name in enumerate(names):
        metadata = {"tier": "gold" if number % 2 else "silver", "seats": number, "vip": number == 3, "a.b": "x:y"}
        known = {"name": name} if name else {}
        email = {"email": f"User{number}@Example.com"} if number % 3 else {}
        at = api.at(f"2026-01-{number + 1:02d}T00:00:00Z")
        api("customers.get_or_create", at, customer_id=f"c{number}", metadata=metadata, **known, **email)
    for number, plan_id in ((1, "pro"), (2, "pro"), (3, "team"), (4, "tried"), (5, "pro"), (6, "team")):
        api("billing.attach", customer_id=f"c{number}", plan_id=plan_id)
    api("billing.attach", customer_id="c1", plan_id="extra")
    api("billing.update", customer_id="c2", plan_id="pro", cancel_action="cancel_end_of_cycle")
    api("billing.update", customer_id="c7", plan_id="free", cancel_action="cancel_immediately")
    api("invoices.create", customer_id="c8", custom_line_items=[{"amount": Decimal("12.5"), "description": "By hand"}])
    api("customers.update", customer_id="c5", metadata={"tier": "gold", "payment_method": "pm_declined"})
    api("customers.advance_test_clock", customer_id="c5", frozen_time=1_775_000_000_000)
    for number in (0, 1, 2, 3, 6):
        api("balances.track", customer_id=f"c{number}", feature_id="messages", value=number + 1)
    api("balances.create", customer_id="c9", feature_id="messages", unlimited=True)
    api("customers.get_or_create", customer_id="gone", name="Ada Gone")
    api("customers.delete", customer_id="gone")
    api("customers.get_or_create", email="nameless@example.com")


def every(api: Api, **asked: Any) -> list[Row]:
    """All rows, page by page."""
    found: list[Row] = []
    while True:
        page = api.get(f"/v1/customers?{urlencode(asked, doseq=True)}")
        found += page["list"]
        if page["next_cursor"] is None:
            return found
        asked = {**asked, "cursor": page["next_cursor"]}


def ids(rows: list[Row]) -> set[str]:
    return {row["id"] or "nameless" for row in rows}


def test_a_row_is_what_the_customers_own_read_says(crowd: Api) -> None:
    rows = every(crowd, feature="messages")
    assert len(rows) == 11
    for row in rows:
        own = crowd.get(f"/v1/customers/{row['internal_id']}")
        assert {name: row[name] for name in ("id", "internal_id", "name", "email", "created_at", "metadata")} == {
            name: own[name] for name in ("id", "internal_id", "name", "email", "created_at", "metadata")
        }
        active = [each for each in own["subscriptions"] if each["status"] == "active"]
        assert row["active_subscriptions"] == len(active)
        held = own["balances"].get("messages")
        sums = ("granted", "remaining", "usage", "unlimited")
        assert [row[name] for name in sums] == [None if held is None else held[name] for name in sums]
        invoices = crowd.get(f"/v1/customers/{row['internal_id']}/invoices")["list"]
        assert row["balance_owed"] == sum(each["due"] for each in invoices if each["status"] == "open")


def test_the_crowd_is_on_every_plan_and_in_every_way(crowd: Api) -> None:
    rows = {row["id"]: (row["plan_id"], row["plan_status"]) for row in every(crowd)}
    assert rows == {
        "c0": ("free", "active"), "c1": ("pro", "active"), "c2": ("pro", "canceled"), "c3": ("team", "active"),
        "c4": ("tried", "trialing"), "c5": ("pro", "past_due"), "c6": ("team", "active"), "c7": ("free", "expired"),
        "c8": ("free", "active"), "c9": ("free", "active"), None: ("free", "active"),
    }  # fmt: skip


FILTERS: list[tuple[dict[str, Any], set[str]]] = [
    ({"search": "ADA"}, {"c0", "c1"}),
    ({"search": "user1@ex"}, {"c1"}),
    ({"search": "C3"}, {"c3"}),
    ({"search": "王"}, {"c7"}),
    ({"search": "ö"}, {"c2"}),
    ({"search": "nobody-has-this"}, set()),
    ({"search": "100% _x"}, {"c6"}),
    ({"search": "%"}, {"c6"}),
    ({"search": "\\"}, {"c6"}),
    ({"search": "'); DROP TABLE accounts;--"}, {"c6"}),
    ({"plan": "pro"}, {"c1", "c2", "c5"}),
    ({"plan": "pro@1"}, {"c1", "c2", "c5"}),
    ({"plan": "pro@2"}, set()),
    ({"plan": ["pro", "team"]}, {"c1", "c2", "c3", "c5", "c6"}),
    ({"plan": "extra"}, {"c1"}),
    ({"plan": "no' OR '1'='1"}, set()),
    ({"status": "canceled"}, {"c2"}),
    ({"status": ["trialing", "past_due"]}, {"c4", "c5"}),
    ({"status": "expired"}, {"c7"}),
    ({"status": "scheduled"}, set()),
    ({"status": "scheduled", "plan": "free"}, {"c2"}),
    ({"status": "active"}, {"c0", "c1", "c3", "c6", "c8", "c9", "nameless"}),
    ({"status": ["canceled", "active"], "plan": "extra"}, {"c1"}),
    ({"status": "none"}, set()),
    ({"plan": "pro", "status": "active"}, {"c1"}),
    ({"plan": "free", "status": "expired"}, {"c1", "c3", "c4", "c5", "c6", "c7"}),
    ({"metadata.tier": "gold"}, {"c1", "c3", "c5", "c7", "c9"}),
    ({"metadata.seats": "3"}, {"c3"}),
    ({"metadata.seats": "3.0"}, {"c3"}),
    ({"metadata.vip": "true"}, {"c3"}),
    ({"metadata.a.b": "x:y", "metadata.tier": "silver"}, {"c0", "c2", "c4", "c6", "c8"}),
    ({"metadata.tier": '"}}'}, set()),
    ({"balance": "messages:usage:gt:3"}, {"c3", "c6"}),
    ({"balance": ["messages:usage:gte:1", "messages:remaining:lt:500"]}, {"c0", "c2"}),
    ({"balance": "messages:remaining:gt:100000"}, {"c9"}),
    ({"balance": "messages:granted:eq:600"}, {"c1"}),
    ({"balance": "nothing:usage:lte:0"}, set()),
    ({"created_from": "2026-01-09T00:00:00Z", "created_to": "2026-01-10T00:00:00Z"}, {"c8", "c9"}),
    ({"plan": "pro", "metadata.tier": "gold", "search": "example", "status": "active"}, {"c1"}),
]


@pytest.mark.parametrize(("asked", "expected"), FILTERS, ids=[urlencode(each, doseq=True) for each, _ in FILTERS])
def test_a_filter_keeps_whom_it_says(crowd: Api, asked: dict[str, Any], expected: set[str]) -> None:
    assert ids(every(crowd, **asked)) == expected
    assert ids(every(crowd, **asked, feature="messages", sort="remaining", limit=2)) == expected


@pytest.mark.parametrize("status", Status)
def test_who_is_found_by_a_status_is_shown_in_it(crowd: Api, status: str) -> None:
    everybody = {row["internal_id"]: row["plan_status"] for row in every(crowd)}
    assert {row["internal_id"]: row["plan_status"] for row in every(crowd, status=status)} == {
        each: shown for each, shown in everybody.items() if shown == status
    }


def folded(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def beyond(row: Row, column: str) -> Any:
    return Decimal("Infinity") if row["unlimited"] and column in ("granted", "remaining") else folded(row[column])


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("sort", SORTS)
def test_a_column_sorts_both_ways_and_what_is_empty_comes_last(crowd: Api, sort: str, order: str) -> None:
    found = every(crowd, sort=sort, order=order, feature="messages", limit=4)
    having = [row for row in found if row[sort] not in (None, "")]
    assert found == having + [row for row in found if row[sort] in (None, "")]
    keys = [(beyond(row, sort), row["internal_id"]) for row in having]
    assert keys == sorted(keys, reverse=order == "desc")
    assert len(found) == 11 == len({row["internal_id"] for row in found})


def test_pages_stay_where_they_were_while_customers_arrive(ledgers: Ledgers) -> None:
    api = ledgers.sandbox()
    for name in ("b", "d", "f", "h"):
        api("customers.get_or_create", customer_id=name, name=name)
    page = api.get("/v1/customers?sort=name&limit=2")
    for name in ("a", "c", "e", "g"):
        api("customers.get_or_create", customer_id=name, name=name)
    rest = api.get(f"/v1/customers?sort=name&cursor={page['next_cursor']}")
    assert [row["id"] for row in (*page["list"], *rest["list"])] == ["b", "d", "e", "f", "g", "h"]


def test_columns_are_chosen_and_ordered(crowd: Api) -> None:
    page = crowd.get("/v1/customers?columns=plan,id&search=c3")
    assert [list(row.items()) for row in page["list"]] == [[("plan", "Team"), ("id", "c3")]]
    assert "remaining" not in crowd.get("/v1/customers?limit=1")["list"][0]


def test_an_internal_id_finds_its_customer_and_a_part_of_it_nobody(crowd: Api) -> None:
    (row,) = every(crowd, search="c3")
    for moment in ({}, {"as_of": f"position:{crowd.head()}"}):
        assert ids(every(crowd, search=row["internal_id"], **moment)) == {"c3"}
        assert ids(every(crowd, search=row["internal_id"].upper(), status=row["plan_status"], **moment)) == {"c3"}
        assert every(crowd, search=row["internal_id"], plan="free", **moment) == []
        assert every(crowd, search=row["internal_id"][:-1], **moment) == []


def test_then_is_what_now_was(crowd: Api) -> None:
    now, head = every(crowd, feature="messages"), crowd.head()
    crowd("customers.update", customer_id="c3", name="Renamed", metadata={})
    crowd("billing.attach", customer_id="c8", plan_id="team")
    crowd("balances.track", customer_id="c3", feature_id="messages", value=7)
    crowd("customers.delete", customer_id="c9")
    try:
        assert every(crowd, feature="messages", as_of=f"position:{head}") == now
        assert crowd.last is not None
        assert crowd.last.headers["Ledger-Position"] == str(head)
        for asked, expected in FILTERS:
            assert ids(every(crowd, **asked, as_of=f"position:{head}", sort="name", limit=3)) == expected
        assert ids(every(crowd, search="zoë", as_of=f"position:{head}")) == {"c3"}
        assert ids(every(crowd, balance="messages:usage:eq:4", as_of=f"position:{head}")) == {"c3"}
        assert every(crowd, search="zoë") == []
    finally:
        crowd("customers.get_or_create", customer_id="c9", name="dave")


@pytest.mark.parametrize(
    "asked", [each for each, _ in FILTERS], ids=[urlencode(each, doseq=True) for each, _ in FILTERS]
)
def test_a_filter_keeps_the_same_at_its_own_position(crowd: Api, asked: dict[str, Any]) -> None:
    then = {"as_of": f"position:{crowd.head()}", "feature": "messages"}
    assert every(crowd, **asked, **then) == every(crowd, **asked, feature="messages")


@pytest.mark.parametrize("sort", SORTS)
def test_a_sort_is_the_same_at_its_own_position(crowd: Api, sort: str) -> None:
    asked = {"sort": sort, "order": "desc", "feature": "messages", "limit": 3}
    assert every(crowd, **asked, as_of=f"position:{crowd.head()}") == every(crowd, **asked)


def test_business_time_is_asked_for_too(crowd: Api) -> None:
    assert ids(every(crowd, at="2026-01-02T12:00:00Z")) == {"c0", "c1"}
    assert ids(every(crowd, at="2026-01-03T00:00:00Z", status="canceled")) == {"c2"}


BAD = [
    "sort=nope", "order=up", "columns=id,nope", "columns=id,id", "columns=", "status=paused", "feature=", "plan=",
    "balance=messages", "balance=messages:left:lt:5", "balance=messages:usage:lt:many", "balance=messages:usage:lt:NaN",
    "balance=a:b", "balance=:usage:lt:1", "created_from=soon", "sort=remaining", "columns=granted", "limit=0",
    "created_from=2026-02-01&created_to=2026-01-01", "metadata.=x", "metadata=x", "metadata.%00=x", "metadata.tier=",
    "search=%00", "nonsense=1", "view=%00", "as_of=soon", "at=position:1", "as_of=2999-01-01T00:00:00Z",
    "&".join(f"plan=p{number}" for number in range(21)),
]  # fmt: skip


@pytest.mark.parametrize("asked", BAD)
def test_what_cannot_be_asked_is_a_400(crowd: Api, asked: str) -> None:
    with pytest.raises(Refused, match=r"^400 "):
        crowd.get(f"/v1/customers?{asked}")


def test_a_name_that_cannot_be_read_is_not_repeated(crowd: Api) -> None:
    asks: list[Callable[[], Any]] = [
        lambda: crowd.get("/v1/customers?a%00=1"),
        lambda: crowd("views.create", name="x", query="a%00=1"),
    ]
    for ask in asks:
        with pytest.raises(Refused, match=r"400 invalid_inputs.*a� is not a field here"):
            ask()


def test_a_refusal_names_what_there_is(crowd: Api) -> None:
    with pytest.raises(Refused, match="must be one of id, internal_id, name"):
        crowd.get("/v1/customers?sort=nope")
    with pytest.raises(Refused, match=r"nonsense is not a field here: search, plan, status, interval, metadata\.\*"):
        crowd.get("/v1/customers?nonsense=1")


def test_a_cursor_belongs_to_its_question(crowd: Api, ledgers: Ledgers) -> None:
    cursor = crowd.get("/v1/customers?sort=name&limit=2")["next_cursor"]
    head = crowd.head()
    for asked in ("sort=email", "sort=name&order=desc", "sort=name&status=active", f"sort=name&as_of=position:{head}"):
        with pytest.raises(Refused, match="400 invalid_cursor"):
            crowd.get(f"/v1/customers?{asked}&cursor={cursor}")
    with pytest.raises(Refused, match="400 invalid_cursor"):
        ledgers.sandbox().get(f"/v1/customers?sort=name&cursor={cursor}")
    with pytest.raises(Refused, match="404 position_not_found"):
        crowd.get(f"/v1/customers?as_of=position:{head + 1000}")


def test_the_list_leaves_as_a_file(crowd: Api) -> None:
    data = crowd.get("/v1/customers?format=csv&sort=name&status=active&columns=id,balance_owed,metadata")
    lines = data.decode().splitlines()
    assert lines[0].lstrip("\ufeff") == "id,balance_owed,metadata"
    assert [line.split(",")[0] for line in lines[1:]] == [
        row["id"] or "" for row in every(crowd, sort="name", status="active")
    ]


def test_a_view_is_kept_opened_changed_and_forgotten(crowd: Api) -> None:
    made = crowd("views.create", name="Gold", query="?metadata.tier=gold&sort=name&order=desc&columns=id,plan")
    assert made["created_by"] == made["updated_by"] == "test key"
    asked = {"metadata.tier": "gold", "sort": "name", "order": "desc", "columns": "id,plan"}
    assert crowd.get(made["url"])["list"] == every(crowd, **asked)
    beside = crowd.get(f"{made['url']}&order=asc&metadata.tier=silver")["list"]
    assert beside == every(crowd, **{**asked, "order": "asc", "metadata.tier": "silver"})
    page = crowd.get(f"{made['url']}&limit=2")
    assert crowd.get(f"{made['url']}&limit=1&cursor={quote(page['next_cursor'])}")["list"] == every(crowd, **asked)[2:3]

    changed = crowd("views.update", view_id=made["id"], name="Silver", query="metadata.tier=silver")
    assert (changed["name"], changed["query"], changed["id"]) == ("Silver", "metadata.tier=silver", made["id"])
    assert changed in crowd.get("/v1/views")["list"]
    crowd("views.delete", view_id=made["id"])
    assert crowd.get("/v1/views")["list"] == []
    with pytest.raises(Refused, match="404 view_not_found"):
        crowd.get(made["url"])
    with pytest.raises(Refused, match="404 view_not_found"):
        crowd("views.delete", view_id=made["id"])


def test_a_view_of_what_is_gone_still_opens(crowd: Api) -> None:
    made = crowd(
        "views.create", name="Gone", query="plan=retired@3&feature=retired&sort=usage&balance=retired:usage:gt:1"
    )
    assert crowd.get(made["url"])["list"] == []
    crowd("views.delete", view_id=made["id"])


def test_names_of_views_are_unique_in_a_ledger_and_their_own_in_another(crowd: Api, ledgers: Ledgers) -> None:
    one, two = (crowd("views.create", name=name, query="") for name in ("One", "Two"))
    asks: list[Callable[[], Any]] = [
        lambda: crowd("views.create", name="One", query=""),
        lambda: crowd("views.update", view_id=two["id"], name="One"),
    ]
    for ask in asks:
        with pytest.raises(Refused, match="409 view_already_exists"):
            ask()
    other = ledgers.sandbox()
    assert other("views.create", name="One", query="")["id"] != one["id"]
    with pytest.raises(Refused, match="404 view_not_found"):
        other.get(one["url"])
    for each in (one, two):
        crowd("views.delete", view_id=each["id"])


@pytest.mark.parametrize("query", [*BAD[:10], "cursor=x", "limit=5", "view=v", "as_of=position:1", "%ff=1", "sort=a;b"])
def test_a_view_is_read_as_a_request_is(crowd: Api, query: str) -> None:
    with pytest.raises(Refused, match=r"400 invalid_inputs: query was refused|400 invalid_inputs: query is no query"):
        crowd("views.create", name="Bad", query=query)


def test_who_reads_uses_views_and_who_writes_makes_them(crowd: Api, ledgers: Ledgers) -> None:
    reader, writer = ledgers.key(crowd, Role.READ, "reader"), ledgers.key(crowd, Role.WRITE, "writer")
    made = writer("views.create", name="Shared", query="plan=pro&columns=id")
    assert reader.get(made["url"])["list"] == [{"id": "c5"}, {"id": "c2"}, {"id": "c1"}]
    assert [each["created_by"] for each in reader.get("/v1/views")["list"]] == ["writer"]
    for name, body in (("create", {"name": "x", "query": ""}), ("delete", {"view_id": made["id"]})):
        with pytest.raises(Refused, match="403 insufficient_scope"):
            reader(f"views.{name}", **body)
    writer("views.delete", view_id=made["id"])


@pytest.mark.parametrize("search", [None, "example"])
@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("sort", ["created_at", "email", "plan_status", "remaining"])
def test_pages_lead_back_the_way_they_came(
    crowd: Api, sort: str, descending: bool, search: str | None, views: Views
) -> None:
    keep, ordering = AccountFilter(search=search), Ordering(sort, descending, "messages")
    with views.open(crowd.ledger_id, models=ACCOUNT_MODELS) as view:
        forward = [leaf(view, keep, ordering, limit=3)]
        while (after := forward[-1].after) is not None:
            forward.append(leaf(view, keep, ordering, limit=3, after=after))
        back = [forward[-1]]
        while (before := back[-1].before) is not None:
            back.append(leaf(view, keep, ordering, limit=3, before=before))
    assert [each.items for each in reversed(back)] == [each.items for each in forward]
    assert len(forward) > 1
    assert back[-1].after == forward[0].after


def test_pages_of_many_lead_back_in_the_order_of_an_index(crowd: Api, views: Views) -> None:
    asked = _Asked(AccountFilter(search="example"), Ordering("email"), None, backwards=True)
    with views.open(crowd.ledger_id, models=ACCOUNT_MODELS) as view:
        assert asked.in_order(view, 9, None) == asked.gathered(view, 9, None, 1000)
        stretch, key, stream_id, *_ = asked.in_order(view, 3, None)[-1]
        place = asked.place(stretch, key, stream_id)
        assert asked.in_order(view, 9, place) == asked.gathered(view, 9, place, 1000)

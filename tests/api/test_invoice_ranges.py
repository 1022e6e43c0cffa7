"""Lists of invoices by when they were made and by when they are to be paid: pages, files, now and in the past."""

import json
from typing import Any

import pytest
from flask import Flask

from ledger.store.ledger import Store
from tests.api.client import Api, Ledgers, Refused

LISTS = ("/v1/invoices", "/v1/customers/acme/invoices")


@pytest.fixture(scope="module")
def books(app: Flask, store: Store) -> Api:
    """An invoice on the first of January, February and March 2024, due 10, 20 and 30 days later; and a draft."""
    api = Ledgers(app, store).sandbox()
    for month in (1, 2, 3):
        on = {"Tallystick-Now": f"2024-0{month}-01T00:00:00Z"}
        api("customers.get_or_create", on, customer_id="acme")
        lines = [{"amount": month, "description": "Work"}]
        api("invoices.create", on, customer_id="acme", custom_line_items=lines, net_terms_days=10 * month)
    draft = [{"amount": 9, "description": "More"}]
    on = {"Tallystick-Now": "2024-04-01T00:00:00Z"}
    api("invoices.create", on, customer_id="acme", custom_line_items=draft, issue_method="draft")
    return api


def totals(api: Api, path: str, asked: str) -> list[int]:
    """What the invoices of a list come to, the newest first; its pages hold one each, and its file the same."""
    found: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        page = api.get(f"{path}?{asked}&limit=1{cursor and f'&cursor={cursor}'}")
        found += [int(each["total"]) for each in page["list"]]
        cursor = page["next_cursor"]
    data: bytes = api.get(f"{path}?{asked}&format=ndjson")
    assert [json.loads(line)["total"] for line in data.splitlines()] == found
    return found


@pytest.mark.parametrize("moment", ["", "&as_of=position:{head}", "&at=2024-04-01"], ids=["now", "as_of", "at"])
@pytest.mark.parametrize("path", LISTS)
def test_both_ends_of_a_range_are_inside(books: Api, path: str, moment: str) -> None:
    for asked, expected in (
        ("created_from=2024-02-01", [9, 3, 2]),
        ("created_to=2024-02-01", [2, 1]),
        ("created_from=2024-01-01T00:00:01Z&created_to=2024-02-29", [2]),
        ("due_from=2024-01-11&due_to=2024-02-21", [2, 1]),
        ("created_from=2024-03-01&due_to=2024-03-31T00:00:00Z&status=open", [3]),
        ("due_to=2024-01-10T23:59:59Z", []),
    ):
        assert totals(books, path, asked + moment.format(head=books.head())) == expected, asked


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        (
            "created_from=soon",
            "created_from was .soon. .text. and must be an RFC 3339 instant, a date, or epoch milliseconds",
        ),
        ("created_to=2024-02-30", "created_to was .2024-02-30. .text. and must be"),
        ("due_from=", "due_from was .* and must be"),
        ("due_to=2024-01-01&due_to=2024-01-02", "due_to was sent more than once"),
        ("created_from=2024-02-01&created_to=2024-01-31", "created_to was before created_from and must not be"),
        ("due_from=2024-02-01&due_to=2024-01-31&format=csv", "due_to was before due_from and must not be"),
        ("due_from=2024-02-01&due_to=2024-01-31&as_of=position:1", "due_to was before due_from and must not be"),
    ],
)
def test_what_is_no_range_is_refused_by_its_name(books: Api, path: str, asked: str, refusal: str) -> None:
    with pytest.raises(Refused, match=f"400 invalid_inputs: .*{refusal}"):
        books.get(f"{path}?{asked}")


def test_the_description_has_the_ranges(books: Api) -> None:
    described: Any = books.get("/openapi.json")
    for path in ("/v1/invoices", "/v1/customers/{customer_id}/invoices"):
        names = [each.get("name") for each in described["paths"][path]["get"]["parameters"]]
        assert {"created_from", "created_to", "due_from", "due_to"} <= set(names)

"""Every list that leaves as a file: the same rows as its pages, with every kind of filter, now and as of a position."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from flask import Flask

from api.exports.choosing import formats_of
from api.reads.resource import Kind, Resource
from api.reads.resources import RESOURCES
from api.wire.json import EPOCH
from ledger.store.ledger import Store
from tests.api.client import Api, Ledgers, catalog

FILES = [each for each in RESOURCES if each.export is not None]
# What a list asks for, and what filters it beside its customer.
ASKED = {
    "reads.statement": "account=Assets:Receivables&currency=usd",
    "reads.usage_sums": "group_by=feature,customer&bin=month",
    "reads.customer_usage_sums": "group_by=feature&bin=day",
    # A timeline's file is in the order of time unless it is told otherwise, its pages are the other way round.
    "reads.timeline": "order=asc",
    "reads.customer_timeline": "order=asc",
}
# In a file, a Stripe id is Stripe's; on the wire it is ours where there is none, as the SDKs want one.
ONLY_ON_THE_WIRE = "stripe_id"
FILTERS = {
    "reads.customers": ("search=acm", "status=active", "plan=pro", "sort=name&order=asc", "metadata.team=red"),
    "reads.balances": ("status=all", "feature_id=messages", "plan_id=pro"),
    "reads.customer_subscriptions": ("status=all", "plan_id=pro", "kind=purchase", "entity_id=team"),
    "reads.subscriptions": ("status=all", "plan_id=pro", "kind=purchase", "customer_id=acme"),
    "reads.entities": ("search=tea",),
    "reads.customer_invoices": ("status=paid", "status=open", "created_from=2020-01-01&due_to=2400-01-01"),
    "reads.invoices": ("status=paid", "customer_id=zen", "created_to=2400-01-01&due_from=2020-01-01"),
    "reads.customer_timeline": ("kind=balance", "feature_id=messages"),
    "reads.timeline": ("kind=invoice", "customer_id=acme", "words=acme"),
    "reads.usage": ("feature_id=messages", "customer_id=acme", "entity_id=team"),
    "reads.customer_usage": ("feature_id=messages",),
    "reads.usage_sums": ("customer_id=acme",),
    "reads.customer_usage_sums": ("measure=count",),
    "reads.books_accounts": (),
    "reads.trial_balance": ("customer_id=acme", "currency=usd"),
    "reads.journal": ("customer_id=acme", "account=Assets:Receivables"),
    "reads.statement": ("customer_id=zen",),
}


@pytest.fixture(scope="module")
def ledger(app: Flask, store: Store) -> Api:
    """A ledger in which every list has something, some of it after the position `then`."""
    api = Ledgers(app, store).sandbox()
    catalog(api)
    for customer_id in ("acme", "zen", "=sum"):
        api("customers.get_or_create", customer_id=customer_id, name=f"{customer_id} & co", metadata={"team": "red"})
    api("billing.attach", customer_id="acme", plan_id="pro")
    api("billing.attach", customer_id="zen", plan_id="extra")
    api("entities.create", customer_id="acme", entity_id="team", name="Team", feature_id="seats")
    for value in ("3", "0.000000000001", "4.5"):
        api("balances.track", customer_id="acme", feature_id="messages", value=Decimal(value))
    api("balances.track", customer_id="acme", feature_id="messages", entity_id="team", value=2)
    work = [{"amount": Decimal("12.5"), "description": "Work"}]
    api("invoices.create", customer_id="zen", custom_line_items=work, net_terms_days=10)
    return api


@pytest.fixture(scope="module")
def then(ledger: Api) -> int:
    """A position after which more has happened."""
    position = ledger.head()
    ledger("balances.track", customer_id="acme", feature_id="messages", value=7)
    ledger("customers.get_or_create", customer_id="late")
    ledger("billing.update", customer_id="acme", plan_id="pro", cancel_action="cancel_immediately")
    return position


def path_of(resource: Resource, *more: str) -> str:
    path = resource.path.replace("{customer_id}", quote("acme"))
    return f"{path}?{'&'.join(filter(None, (ASKED.get(resource.name, ''), *more)))}"


def pages(api: Api, resource: Resource, *more: str) -> list[dict[str, Any]]:
    """All rows of a list; the lines of an entry are rows of their own."""
    found: list[dict[str, Any]] = []
    small = "limit=2" if any(each.name == "limit" for each in resource.parameters) else ""
    cursor = ""
    while True:
        page = api.get(path_of(resource, *more, small, cursor))
        for row in page["list"]:
            found += [row | line for line in row["lines"]] if "lines" in row else [row]
        if page.get("next_cursor") is None:
            return found
        cursor = f"cursor={page['next_cursor']}"


def plainly(kind: Kind, value: Any) -> Any:
    """A value of a page or of a file as one and the same thing."""
    if value is None or kind is not Kind.INSTANT:
        return value
    if isinstance(value, int):
        return EPOCH + timedelta(milliseconds=value)
    found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return found.astimezone(UTC)


def check(api: Api, resource: Resource, *more: str) -> int:
    """Hold a file to its pages in every column that both have; how many rows there are."""
    assert resource.export is not None
    shown = pages(api, resource, *more)
    data: bytes = api.get(path_of(resource, *more, "format=ndjson"))
    rows = [json.loads(line, parse_float=Decimal) for line in data.splitlines()]
    assert len(rows) == len(shown)
    for column in resource.export.columns:
        if column.kind is Kind.JSON or column.name == ONLY_ON_THE_WIRE:
            continue
        if not all(column.name in row for row in shown):
            continue
        of_file = [plainly(column.kind, row[column.name]) for row in rows]
        assert of_file == [plainly(column.kind, row[column.name]) for row in shown], column.name
    return len(rows)


@pytest.mark.parametrize("resource", FILES, ids=[each.name for each in FILES])
def test_a_file_has_the_rows_of_its_pages_whatever_is_asked(resource: Resource, ledger: Api, then: int) -> None:
    everything = check(ledger, resource)
    assert everything
    for asked in FILTERS[resource.name]:
        check(ledger, resource, asked)


@pytest.mark.parametrize("resource", FILES, ids=[each.name for each in FILES])
def test_a_file_of_the_past_has_the_rows_of_then(resource: Resource, ledger: Api, then: int) -> None:
    check(ledger, resource, f"as_of=position:{then}")
    assert ledger.last is not None
    assert ledger.last.headers["Ledger-Position"] == str(then)
    assert f"-position-{then}.ndjson" in ledger.last.headers["Content-Disposition"]


@pytest.mark.parametrize("resource", FILES, ids=[each.name for each in FILES])
def test_two_files_of_one_position_are_the_same_byte_for_byte(resource: Resource, ledger: Api, then: int) -> None:
    for name in formats_of(resource):
        asked = path_of(resource, f"as_of=position:{then}", f"format={name}")
        first = ledger.get(asked)
        assert first
        assert ledger.get(asked) == first, name
        assert ledger.last is not None
        assert "Ledger-Due" not in ledger.last.headers  # what was due is told of the present only


@pytest.mark.parametrize("resource", FILES, ids=[each.name for each in FILES])
def test_a_file_has_the_columns_that_it_says_in_all_formats(resource: Resource, ledger: Api, then: int) -> None:
    assert resource.export is not None
    names = [column.name for column in resource.export.columns]
    table = pq.read_table(pa.BufferReader(ledger.get(path_of(resource, "format=parquet"))))
    assert table.column_names == names
    header, *cells = ledger.get(path_of(resource, "format=csv")).decode().split("\r\n")
    assert header.split(",") == names
    assert len(cells) - 1 >= table.num_rows

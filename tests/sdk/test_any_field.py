"""Each field of each request in turn is something else than it should be: a refusal or an answer, never a failure."""

import copy
import json
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.app import SERVED
from api.wire.operations import Operation
from tests.api.wire.samples import REQUESTS
from tests.sdk.client import check_recorded
from tests.support.serving import Serving, command_line, serving, with_secret

ELSE = [
    "NaN", "null", "true", '""', '"x"', "-1", "0", "1e400", "1e15", "1e-12", "0.1", "4e13", "[]", "{}", "[null]",
    '{"a": [null]}', '"1e3"', '"../%00"', '"\\u202e\\ud83d\\ude00"', '["x"]', "[{}]",
]  # fmt: skip
"""JSON, and nearly JSON."""
HERE = "here something else"
Path_ = tuple[str | int, ...]


@pytest.fixture
def abused(place_for: Callable[[str], Path]) -> Iterator[Serving]:
    """A server of this test's own: what it is told to create would be in the way of others."""
    with serving(place_for("abused")) as running:
        yield running


def paths(value: Any, before: Path_ = ()) -> Iterator[Path_]:
    """Where there is a value in a body; of a list, in its first entry."""
    inner: Any = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    for key, each in inner:
        yield (*before, key)
        yield from paths(each, (*before, key))


def with_else(body: Any, path: Path_, something: str) -> str:
    """The body's JSON with something else in one place."""
    changed = copy.deepcopy(body)
    place = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = HERE
    return json.dumps(changed).replace(json.dumps(HERE), something)


def bodies(operation: Operation) -> Iterator[str]:
    for sample in REQUESTS.get(operation.name, [{}]):
        body = [sample] if operation.rows else sample
        yield json.dumps(body)
        for path in paths(body):
            for something in ELSE:
                yield with_else(body, path, something)


def open_accounts(client: httpx.Client) -> None:
    """What the samples are about, so that more of them get past the first look-up."""
    for feature_id, consumable in (("exports", True), ("seats", False)):
        feature = {"feature_id": feature_id, "name": feature_id, "type": "metered", "consumable": consumable}
        client.post("/v1/features.create", json=feature).raise_for_status()
        about = {"customer_id": "acme", "feature_id": feature_id}
        client.post("/v1/customers.get_or_create", json={"customer_id": "acme"}).raise_for_status()
        client.post("/v1/balances.create", json={**about, "included_grant": 1_000}).raise_for_status()


@pytest.mark.parametrize("one_of", [6, pytest.param(1, marks=pytest.mark.slow)])
def test_no_field_of_any_request_can_break_the_server(abused: Serving, one_of: int) -> None:
    failed = []
    hooks = {"response": [check_recorded]}
    with httpx.Client(
        base_url=abused.url, headers=with_secret(), timeout=30, verify=False, event_hooks=hooks
    ) as client:
        open_accounts(client)
        for number, operation in enumerate(SERVED):
            for body in islice(bodies(operation), number % one_of, None, one_of):
                answer = client.post(operation.path, content=body, headers={"content-type": "application/json"})
                if answer.status_code >= 500:
                    failed.append((operation.name, body, answer.text))
    assert failed == []
    command_line(abused.data_dir, "replay", "verify")


READS = [
    "/v1/customers", "/v1/customers/read", "/v1/customers/read/balances", "/v1/customers/read/timeline", "/v1/timeline",
    "/v1/events", "/v1/customers/a%00b", "/v1/customers/%ff", "/v1/customers/" + "x" * 5_000, "/v1/nothing",
]  # fmt: skip
QUERIES = [
    "limit=0", "limit=-1", "limit=1e9", "limit=x", "limit=1&limit=2", "cursor=abc", "start_cursor=%00", "search=%00",
    "search=%25_%5c", "search=%ff", "kind=x", "actor=%00", "feature=none", "entity=", "from=x", "from=-1",
    "to=0001-01-01T00:00:00Z", "as_of=x", "as_of=position:0", "as_of=position:-1", "as_of=2999-01-01T00:00:00Z",
    "as_of=position:99999999999999999999", "as_of=1066-10-14T00:00:00Z", "at=9999-99-99", "a" * 9_000 + "=",
    "after=99999999999999999999999", "position=1e400", "order=sideways",
]  # fmt: skip


@pytest.mark.parametrize("path", READS, ids=lambda path: path[:30])
def test_no_query_can_break_a_read(http: httpx.Client, path: str) -> None:
    http.post("/v1/customers.get_or_create", json={"customer_id": "read"}).raise_for_status()
    for query in ["", *QUERIES]:
        for accepted in ("application/json", "text/csv", "application/x-ndjson", "q=;;"):
            answer = http.get(f"{path}?{query}", headers={"Accept": accepted})
            assert answer.status_code < 500, (query, accepted, answer.text)
            if answer.status_code >= 400:
                assert answer.headers["content-type"] == "application/problem+json", (query, accepted)
                assert {"title", "detail", "code", "status"} <= answer.json().keys()

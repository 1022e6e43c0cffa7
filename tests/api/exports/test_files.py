"""Files over HTTP: the same rows as the pages, from one snapshot, and nothing held when they are over."""

import csv
import gzip
import io
import json
import logging
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from flask import Flask
from psycopg import Connection
from werkzeug.test import TestResponse

from api.app import create_app
from api.exports import download, formats
from api.observe import Metrics
from ledger import clock
from ledger.logging import set_up_logging
from ledger.settings import read_settings
from ledger.store.ledger import Store
from projections import view
from projections.queries import events
from tests.api.client import Api, Ledgers, Refused
from tests.support.application import Application
from tests.support.application import own_app as app
from tests.support.application import own_metrics as metrics
from tests.support.application import own_store as store

__all__ = ["app", "metrics", "store"]

SIGNED_UP = {"Tallystick-Now": "2024-01-01T00:00:00Z"}


def invoice(api: Api, customer_id: str, amount: str, **fields: Any) -> str:
    lines = [{"amount": Decimal(amount), "description": "Work"}]
    made = api("invoices.create", customer_id=customer_id, custom_line_items=lines, **fields)
    key: str = made["invoice"]["id"]
    return key


@pytest.fixture(scope="module")
def shelf(shared: Application) -> Api:
    """One ledger for the tests that only read it."""
    return filled(Ledgers(shared.app, shared.store).sandbox())


@pytest.fixture
def books(api: Api) -> Api:
    """A ledger for one test."""
    return filled(api)


def filled(api: Api) -> Api:
    """Two customers with five invoices in different states."""
    for name in ("acme", "=1+1"):
        api("customers.get_or_create", SIGNED_UP, customer_id=name)
    first = invoice(api, "acme", "12.34", net_terms_days=10)
    invoice(api, "acme", "3", net_terms_days=10)
    invoice(api, "acme", "4.5", net_terms_days=10)
    invoice(api, "=1+1", "7", net_terms_days=30)
    invoice(api, "=1+1", "8", net_terms_days=30)
    api("invoices.pay", invoice_id=first)
    return api


def pages(api: Api, path: str) -> list[dict[str, Any]]:
    """Every row of a list, over small pages."""
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        more = "" if cursor is None else f"&cursor={cursor}"
        page = api.get(f"{path}{'&' if '?' in path else '?'}limit=2{more}")
        found += page["list"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def lines(api: Api, path: str) -> list[dict[str, Any]]:
    data: bytes = api.get(path, Accept="application/x-ndjson")
    return [json.loads(line, parse_float=Decimal) for line in data.splitlines()]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/invoices",
        "/v1/invoices?status=paid",
        "/v1/invoices?customer_id=acme",
        "/v1/customers/acme/invoices?status=open",
        "/v1/invoices?invoice_id=in_nobody",
        "/v1/invoices?processor_type=revenuecat",
    ],
)
def test_a_file_holds_the_rows_of_its_pages_in_their_order(shelf: Api, path: str) -> None:
    found = lines(shelf, path)
    shown = pages(shelf, path)
    names = ("id", "number", "customer_id", "status", "origin", "currency", "total", "amount_paid", "credited", "due")
    assert [[row[name] for name in names] for row in found] == [[row[name] for name in names] for row in shown]


def test_the_three_formats_hold_the_same(shelf: Api) -> None:
    as_lines = lines(shelf, "/v1/invoices?format=ndjson")
    cells = list(csv.DictReader(io.StringIO(shelf.get("/v1/invoices?format=csv").decode()), strict=True))
    table = pq.read_table(pa.BufferReader(shelf.get("/v1/invoices?format=parquet"))).to_pylist()
    assert len(as_lines) == 5
    assert [row["total"] for row in as_lines] == [Decimal(row["total"]) for row in cells]
    assert [row["total"] for row in as_lines] == [row["total"] for row in table]
    assert [row["customer_id"] for row in as_lines] == [row["customer_id"].removeprefix("'") for row in cells]
    assert {row["customer_id"] for row in cells} == {"acme", "'=1+1"}


def test_a_file_names_its_ledger_and_its_position(shelf: Api) -> None:
    shelf.get("/v1/invoices", Accept="text/csv")
    assert shelf.last is not None
    headers, position = shelf.last.headers, shelf.head()
    assert headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert headers["Ledger-Position"] == str(position)
    assert headers["Ledger-Due"].endswith("Z")
    assert headers["Vary"] == "Accept, Accept-Encoding"
    name = f"{shelf.ledger_id}-invoices-position-{position}.csv"
    assert headers["Content-Disposition"] == f'attachment; filename="{name}"'
    data = shelf.get("/v1/invoices?format=parquet")
    assert pq.read_schema(pa.BufferReader(data)).metadata[b"tallystick.position"] == str(position).encode()


def test_columns_are_the_callers_choice(shelf: Api) -> None:
    data = shelf.get("/v1/invoices?format=csv&columns=total,id&status=paid")
    rows = list(csv.reader(io.StringIO(data.decode())))
    assert [rows[0], rows[1][0], len(rows)] == [["total", "id"], "12.34", 2]


def test_text_is_compressed_for_who_asks_for_it(shelf: Api) -> None:
    plainly = shelf.get("/v1/invoices?format=ndjson")
    packed = shelf.get("/v1/invoices?format=ndjson", Accept_Encoding="gzip, br")
    assert shelf.last is not None
    assert shelf.last.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed) == plainly
    shelf.get("/v1/invoices?format=parquet", Accept_Encoding="gzip")
    assert "Content-Encoding" not in shelf.last.headers


def test_pages_stay_pages_and_say_that_there_is_more_than_one_form(shelf: Api) -> None:
    assert len(shelf.get("/v1/invoices?format=json&limit=3")["list"]) == 3
    assert shelf.last is not None
    assert shelf.last.headers["Vary"] == "Accept"


@pytest.mark.parametrize(
    ("path", "refusal"),
    [
        ("/v1/invoices?format=xlsx", "400 invalid_inputs: .* must be one of json, csv, ndjson, parquet"),
        ("/v1/invoices?format=csv&limit=5", "400 invalid_request: limit was sent with the format csv"),
        ("/v1/invoices?format=csv&cursor=x", "400 invalid_request: cursor was sent with the format csv"),
        ("/v1/invoices?columns=id", "400 invalid_request: columns was sent without a file's format"),
        ("/v1/invoices?format=csv&columns=id,ids", "400 invalid_request: columns named 'ids' and must name some of"),
        ("/v1/invoices?format=csv&columns=id,id", "400 invalid_request: columns names a column twice"),
        ("/v1/invoices?format=csv&explain=true", "400 invalid_request: explain was sent"),
        ("/v1/invoices?format=csv&status=lost", "400 invalid_inputs"),
        ("/v1/invoices?format=csv&customer_id=nobody", "404 customer_not_found"),
        ("/v1/customers/nobody/invoices?format=csv", "404 customer_not_found"),
    ],
)
def test_what_no_file_can_be_made_of_is_refused(shelf: Api, path: str, refusal: str) -> None:
    with pytest.raises(Refused, match=refusal):
        shelf.get(path)


def test_a_media_type_that_a_path_has_not_is_406(shelf: Api) -> None:
    with pytest.raises(Refused, match=r"406 not_acceptable: .* this path answers with application/json, text/csv"):
        shelf.get("/v1/invoices", Accept="image/png")


def test_head_says_what_a_file_would_be_and_holds_nothing(shelf: Api) -> None:
    shelf.raw("/v1/invoices?format=csv", b"", method="HEAD", content_type=None)
    assert shelf.last is not None
    assert "Content-Length" not in shelf.last.headers
    assert shelf.last.headers["Content-Disposition"].endswith('.csv"')
    assert held(shelf.store) == 0


# From here on, files that are longer than their first piece: all that makes a file long is made small.


@pytest.fixture
def pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "FIRST_PIECE_BYTES", 1)
    monkeypatch.setattr(formats, "BATCH_ROWS", 1)
    monkeypatch.setattr(view, "ROWS_AT_ONCE", 1)


@contextmanager
def watching(store: Store) -> Iterator[Connection[Any]]:
    """A connection that sees, and may end, what everybody does."""
    with store.pool.connection() as conn:
        conn.execute("RESET ROLE")
        yield conn
        conn.execute("SET ROLE tallystick_app")


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything logged in a test."""
    root = logging.getLogger()
    handlers, level, stream = root.handlers[:], root.level, io.StringIO()
    set_up_logging("info", stream=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


def held(store: Store) -> int:
    """How many exports hold a snapshot."""
    with watching(store) as conn:
        return len(holders(conn))


def holders(conn: Connection[Any]) -> list[int]:
    # One that reads ahead may be at work on its next rows.
    rows = conn.execute(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query ^@ 'FETCH'"
        " AND (state = 'active' OR state ^@ 'idle in transaction') AND pid <> pg_backend_pid()"
    )
    return [row[0] for row in rows]


def begun(api: Api, path: str = "/v1/invoices?format=ndjson", **headers: str) -> TestResponse:
    """A response whose body nobody has read yet."""
    named = {"Authorization": f"Bearer {api.secret}", **headers}
    return api.app.test_client().get(path, headers=named, buffered=False)


def endings(api: Api) -> dict[str, float]:
    found = {}
    for line in api.app.test_client().get("/metrics").text.splitlines():
        if line.startswith("tallystick_exports_total"):
            found[line.split('ending="')[1].split('"')[0]] = float(line.split()[-1])
    return found


def test_a_file_is_as_of_when_it_began(books: Api, pieces: None) -> None:
    response = begun(books)
    position = int(response.headers["Ledger-Position"])
    invoice(books, "acme", "99", net_terms_days=10)
    assert len(response.data.splitlines()) == 5
    assert books.head() > position
    assert len(lines(books, "/v1/invoices")) == 6


def test_a_client_that_goes_half_way_frees_everything_at_once(books: Api, pieces: None) -> None:
    response = begun(books)
    assert next(response.iter_encoded())
    assert held(books.store) == 1
    response.close()
    assert held(books.store) == 0
    assert endings(books) == {"dropped": 1}


def test_what_fails_half_way_is_no_whole_file_and_is_logged_once(books: Api, pieces: None, log: io.StringIO) -> None:
    response = begun(books, "/v1/invoices?format=csv")
    body = response.iter_encoded()
    assert next(body)
    cut(books.store)
    *_, last = body
    response.close()
    assert last.startswith(b'"This file is not whole: the export failed half way (request ')
    assert response.headers["X-Request-Id"].encode() in last
    assert endings(books) == {"failed": 1}
    (line,) = [each for each in map(json.loads, log.getvalue().splitlines()) if each["level"] == "error"]
    assert (line["event"], line["exception"]) == ("export failed", "AdminShutdown")
    assert 0 < line["count"] < 5
    assert line["request_id"] == response.headers["X-Request-Id"]


def test_what_fails_half_way_breaks_the_compression(books: Api, pieces: None) -> None:
    response = begun(books, Accept_Encoding="gzip")
    body = response.iter_encoded()
    first = next(body)
    cut(books.store)
    reader = zlib.decompressobj(31)
    with pytest.raises(zlib.error, match="invalid block type"):
        reader.decompress(b"".join([first, *body]))
    response.close()


def cut(store: Store) -> None:
    """Take the connection of every export away, as an operator would."""
    with watching(store) as conn:
        pids = holders(conn)
        assert pids
        conn.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s::int[]) AS pid", (pids,))
        until = time.monotonic() + 10
        while holders(conn) and time.monotonic() < until:
            time.sleep(0.005)


def test_what_fails_before_the_first_byte_is_a_plain_refusal(
    books: Api, store: Store, metrics: Metrics, tmp_path: Any
) -> None:
    books.app = limited(store, metrics, tmp_path, export_seconds=0.1)
    assert books.get("/v1/invoices")["list"]
    with watching(store) as conn, conn.transaction():
        conn.execute("LOCK TABLE invoices IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(Refused, match="503 service_unavailable: The database did not answer in time"):
            books.get("/v1/invoices?format=csv")
    assert endings(books) == {"failed": 1}


def limited(store: Store, metrics: Metrics, tmp_path: Any, **given: Any) -> Flask:
    return create_app(store, read_settings({}, data_dir=tmp_path, **given), metrics)


def test_exports_wait_for_no_place_and_take_none_from_pages(
    books: Api, pieces: None, store: Store, metrics: Metrics, tmp_path: Any
) -> None:
    books.app = limited(store, metrics, tmp_path, exports_at_once=1)
    response = begun(books)
    with pytest.raises(Refused, match="503 too_many_exports: 1 exports are running") as refused:
        books.get("/v1/invoices?format=csv")
    assert refused.value.headers["Retry-After"] == "5"
    assert books.get("/v1/invoices")["list"]
    response.close()
    assert books.get("/v1/invoices?format=csv")


def test_an_export_whose_time_is_up_ends_and_its_place_is_free(
    books: Api, pieces: None, store: Store, metrics: Metrics, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    books.app = limited(store, metrics, tmp_path, exports_at_once=1, export_seconds=600)
    response = begun(books)
    with monkeypatch.context() as later:
        later.setattr(clock, "monotonic", lambda: time.monotonic() + 601)
        begun(books).close()
        assert response.data.splitlines()[-1].startswith(b'{"This file is not whole"')


def test_the_database_ends_an_export_whose_client_stopped_reading(
    books: Api, pieces: None, store: Store, metrics: Metrics, tmp_path: Any
) -> None:
    books.app = limited(store, metrics, tmp_path, export_stall_seconds=0.2)
    response = begun(books)
    body = response.iter_encoded()
    assert next(body)
    until = time.monotonic() + 10
    while held(store) and time.monotonic() < until:
        time.sleep(0.02)
    assert held(store) == 0
    assert list(body)[-1].startswith(b'{"This file is not whole"')
    response.close()


def test_the_raw_log_says_where_it_broke_off(
    books: Api, monkeypatch: pytest.MonkeyPatch, log: io.StringIO, pieces: None
) -> None:
    monkeypatch.setattr(events, "STRETCH", 1)
    response = begun(books, "/v1/events")
    body = response.iter_encoded()
    assert json.loads(next(body))["position"] == 1
    books.store.pool.close()
    *_, last = body
    assert last.startswith(b'{"This file is not whole": "the export failed half way (request ')
    assert [each["exception"] for each in map(json.loads, log.getvalue().splitlines()) if "exception" in each] == [
        "PoolClosed"
    ]


def test_another_ledgers_rows_are_in_no_file(shelf: Api, ledgers: Ledgers) -> None:
    assert lines(ledgers.sandbox(), "/v1/invoices") == []

"""What an auditor waits for: lists, timelines, the past, analytics and exports, on a ledger with a crowd in it.

The ledger has 100,000 customers and a million events unless `--customers` and `--events` ask for more; `--crowd DIR`
keeps it. Every question is asked over HTTP on one kept connection, first on a quiet ledger, then beside writers. Of a
group of questions the slowest one's median counts, and the 99th percentile of them all.
"""

import contextlib
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psycopg

from benchmarks.bench import Bench
from benchmarks.crowd import Size, crowded
from benchmarks.database import Database
from benchmarks.figures import Figure, Target
from benchmarks.harness import percentile
from benchmarks.memory import Watched
from benchmarks.ours import LEDGER_ID
from benchmarks.pace import Writers
from benchmarks.server import Client, Server, serving
from benchmarks.warming import settle, warm
from ledger.clock import utc_now

TIMES, ASKED = 50, 200  # how often a question is asked, at least; and how often the questions of a group
PAGE = Target(25, "under", p99_ms=100)
TIMELINE = Target(10, "under")
PAST = Target(150, "under")
CUSTOMER_YEAR, LEDGER_YEAR = Target(20, "under"), Target(500, "under")
LAG = Target(p99_ms=250)
EXPORT, EXPORT_MIB = Target(50_000), Target(200, "under")
READ_BESIDE, LAG_BESIDE = 1_000, 4_000  # events a second that others write meanwhile
WARM_UP_SECONDS = 10  # that they write before anything is measured: what a new server has not read yet is not the pace
DEEP_PAGES = 40

LISTS = (
    "",
    *(
        f"sort={column}&order={order}"
        for column in (
            "name",
            "email",
            "id",
            "plan",
            "plan_status",
            "active_subscriptions",
            "balance_owed",
            "created_at",
        )
        for order in ("asc", "desc")
    ),
    "feature=messages&sort=remaining&order=asc",
    "feature=api_calls&sort=usage&order=desc",
    "status=active",
    "status=none",
    "status=trialing",
    "plan=team",
    "plan=pro@1&status=active&sort=name",
    "metadata.region=eu-west",
    "metadata.region=ap-south&metadata.tier=gold&sort=email",
    "balance=messages:remaining:lt:50",
    "balance=api_calls:usage:gt:5&plan=free&sort=name&order=asc",
    "search=harbor",
    "search=zephyr+quartz+77",
    "search=billing.4242",
    "search=nobody-has-this",
    "search=e&status=active&sort=balance_owed&order=desc",
)


def run(bench: Bench) -> Iterator[Figure]:
    with crowded(bench) as (database, size), serving(database, size.customers) as server:
        until_built(server)
        settle(database)
        with contextlib.closing(Client(server)) as client:
            yield from _questions(client, size, "quiet", "")
            yield from _exports(client, server, bench.directory)
        warm(database)
        with Writers(server, READ_BESIDE):
            time.sleep(bench.size(WARM_UP_SECONDS))
            with contextlib.closing(Client(server)) as client:
                yield from _questions(client, size, "busy", f", beside {READ_BESIDE:,} events/s")
        yield _lag(bench, database, server)


def _questions(client: Client, size: Size, kind: str, words: str) -> Iterator[Figure]:
    lists = [f"/v1/customers?{asked}" for asked in LISTS]
    yield _group(
        client, f"reads.list.{kind}", f"customer list, {len(lists)} filters, sorts and searches{words}", lists, PAGE
    )
    deep = list(_deep(client, size))
    yield _group(client, f"reads.deep.{kind}", f"customer list, down to row {_depth(size):,}{words}", deep, PAGE)
    pages = ["/v1/customers/heavy/timeline", "/v1/customers/heavy/timeline?order=asc", "/v1/customers/c4242/timeline"]
    yield _group(client, f"reads.timeline.{kind}", f"a customer's timeline{words}", pages, TIMELINE)
    middle = _middle(client)
    past = [f"/v1/customers/heavy?as_of=position:{middle}", f"/v1/customers/heavy/balances?as_of=position:{middle}"]
    yield _group(client, f"reads.as_of.{kind}", f"{size.heavy:,} events, as of the middle{words}", past, PAST)
    since = (utc_now() - timedelta(days=365)).strftime("%Y-%m-%dT%H:00:00Z")
    year = f"bin=day&group_by=feature&from={since}"
    one, all_ = [f"/v1/customers/busy/usage?{year}"], [f"/v1/usage?{year}"]
    yield _group(client, f"reads.customer_year.{kind}", f"a customer-year by day{words}", one, CUSTOMER_YEAR)
    yield _group(client, f"reads.ledger_year.{kind}", f"the ledger-year by day{words}", all_, LEDGER_YEAR)


def _group(client: Client, key: str, title: str, paths: Sequence[str], target: Target) -> Figure:
    # In rounds, so that what happens beside them at one moment does not fall on one question alone.
    rounds = [[(path, _seconds(client, path)) for path in paths] for _ in range(1 + max(TIMES, ASKED // len(paths)))]
    took: dict[str, list[float]] = {path: [] for path in paths}
    for path, seconds in sorted(chain.from_iterable(rounds[1:]), key=itemgetter(1)):
        took[path].append(seconds)
    slowest = max(took, key=lambda path: percentile(took[path], 50))
    together = sorted(each for seconds in took.values() for each in seconds)
    median_ms, p99_ms = percentile(took[slowest], 50) * 1000, percentile(together, 99) * 1000
    note = f"median of all {percentile(together, 50) * 1000:.1f} ms; slowest {slowest}"
    return Figure(key, title, median_ms, "ms", p99_ms=p99_ms, target=target, note=note)


def _seconds(client: Client, path: str) -> float:
    asked_at = time.perf_counter()
    client.get(path)
    return time.perf_counter() - asked_at


def _depth(size: Size) -> int:
    return min(size.customers, DEEP_PAGES * 1_000)


def _deep(client: Client, size: Size) -> Iterator[str]:
    """Pages of 50 that begin at every thousandth row, by two sorts."""
    for asked in ("sort=created_at&order=asc", "sort=name&order=asc&status=active"):
        cursor = None
        for _ in range(0, _depth(size), 1_000):
            further = "" if cursor is None else f"&cursor={quote(cursor)}"
            cursor = json.loads(client.get(f"/v1/customers?{asked}&limit=1000{further}"))["next_cursor"]
            if cursor is None:
                break
            yield f"/v1/customers?{asked}&cursor={quote(cursor)}"


def _middle(client: Client) -> int:
    """A position in the middle of what `heavy` has lived through."""
    ends = [json.loads(client.get(f"/v1/customers/heavy/timeline?limit=1&order={order}")) for order in ("asc", "desc")]
    first, last = (end["list"][0]["position"] for end in ends)
    return int(first + last) // 2


def _exports(client: Client, server: Server, directory: Path) -> Iterator[Figure]:
    for name, path in (
        ("customers as CSV", "/v1/customers?format=csv"),
        ("the timeline as NDJSON", "/v1/timeline?format=ndjson"),
        ("usage as Parquet", "/v1/usage?format=parquet"),
    ):
        key = name.split(" ", maxsplit=1)[0] if name != "the timeline as NDJSON" else "timeline"
        with tempfile.TemporaryFile(dir=directory) as file:
            with Watched(server.pid) as memory:
                begin = time.perf_counter()
                client.download(path, file)
                seconds = time.perf_counter() - begin
            rows = _rows(path, file)
        yield Figure(
            f"reads.export.{key}", f"export of {name}", rows / seconds, "rows/s", target=EXPORT, note=f"{rows:,} rows"
        )
        yield Figure(
            f"reads.export.{key}.memory",
            "peak memory of the server meanwhile",
            memory.peak_mib,
            "MiB",
            target=EXPORT_MIB,
        )


def _rows(path: str, file: IO[bytes]) -> int:
    file.seek(0)
    if path.endswith("parquet"):
        import pyarrow.parquet

        return int(pyarrow.parquet.ParquetFile(file).metadata.num_rows)
    lines = sum(1 for _ in file)
    return lines - (1 if path.endswith("csv") else 0)


def _lag(bench: Bench, database: Database, server: Server) -> Figure:
    """From the answer of a write to its rows in the models, while others write."""
    seconds, lags = bench.load(1, seconds=15).seconds, []
    query = "SELECT l.position, p.position FROM ledgers AS l JOIN projected AS p USING (ledger_id) WHERE ledger_id = %s"
    waiting: list[tuple[int, float]] = []
    with Writers(server, LAG_BESIDE) as writers, psycopg.connect(database.url, autocommit=True) as connection:
        time.sleep(bench.size(WARM_UP_SECONDS))
        end = time.perf_counter() + seconds
        while time.perf_counter() < end or waiting:
            row = connection.execute(query, [LEDGER_ID]).fetchone()
            now = time.perf_counter()
            assert row is not None
            if now < end and (not waiting or row[0] > waiting[-1][0]):
                waiting.append((row[0], now))
            lags += [now - since for position, since in waiting if position <= row[1]]
            waiting = [each for each in waiting if each[0] > row[1]]
            time.sleep(0.002)
        written = writers.per_second
    ordered = sorted(lags)
    note = f"{written:,.0f} events/s were written"
    value, p99_ms = percentile(ordered, 50) * 1000, percentile(ordered, 99) * 1000
    title = f"the models behind the log, at {LAG_BESIDE:,} events/s of writes"
    return Figure("reads.lag", title, value, "ms", value, p99_ms, target=LAG, note=note)


def until_built(server: Server, limit_s: float = 7_200) -> None:
    """Wait until the models have what the log has; building them is another bench's to measure."""
    give_up_at = time.monotonic() + limit_s
    with contextlib.closing(Client(server)) as client:
        for path in ("/v1/customers?limit=1", "/v1/timeline?limit=1", "/v1/usage?limit=1", "/v1/invoices?limit=1"):
            while not client.served(path):
                if time.monotonic() > give_up_at:
                    raise RuntimeError(f"{path} is not served: are the models being built?")
                time.sleep(1)

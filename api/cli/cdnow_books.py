"""What the ledger says of the CDNOW history, added up from its own events, against what DuckDB says of the file."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from api.cli.cdnow import INCLUDED, Client


class Books(NamedTuple):
    """What the ledger says: CDs by customer, and overage by customer and month (`1997-03`), where there was any."""

    totals: dict[str, Decimal]
    overage: dict[tuple[str, str], Decimal]


def books(url: str, key: str) -> Books:
    """Add up the ledger's own events, as `/v1/events` streams them."""
    ids: dict[str, str] = {}
    totals: dict[str, Decimal] = {}
    overage: dict[tuple[str, str], Decimal] = {}
    for line in Client(url, key).lines("/v1/events"):
        stream, kind, data = line["stream_id"], line["type"], line["state"]
        if kind.startswith("customer.created"):
            ids[stream] = data["customer_id"]
        elif kind.startswith("usage.recorded"):
            totals[ids[stream]] = totals.get(ids[stream], Decimal(0)) + Decimal(data["value"])
        elif kind.startswith("balance.reset") and Decimal(data["overage"]):
            overage[ids[stream], data["period_start"][:7]] = Decimal(data["overage"])
    return Books(totals, overage)


def differences(file: Path, found: Books, *, customers: int | None = None) -> list[str]:
    """Every customer's total and every customer-month's overage that is not what DuckDB computes from the file."""
    import duckdb

    with duckdb.connect() as database:
        database.execute(
            "CREATE TABLE orders AS SELECT parts[1] AS customer, strptime(parts[2], '%Y%m%d') AS day,"
            " parts[3]::INTEGER AS quantity FROM (SELECT regexp_split_to_array(trim(line), '\\s+') AS parts"
            " FROM read_csv(?, columns = {'line': 'VARCHAR'}, delim = '\\x01', header = false, skip = 1))",
            [str(file)],
        )
        if customers is not None:
            database.execute(
                "DELETE FROM orders WHERE customer NOT IN"
                " (SELECT DISTINCT customer FROM orders ORDER BY customer LIMIT ?)",
                [customers],
            )
        totals = database.execute("SELECT customer, sum(quantity) FROM orders GROUP BY ALL").fetchall()
        overage = database.execute(
            "SELECT customer, strftime(day, '%Y-%m'), sum(quantity) - ? FROM orders"
            " GROUP BY ALL HAVING sum(quantity) > ?",
            [INCLUDED, INCLUDED],
        ).fetchall()
    by_customer = {row[0]: Decimal(row[1]) for row in totals}
    expected = Books(by_customer, {(row[0], row[1]): Decimal(row[2]) for row in overage})
    return [
        *_unequal("total of customer", expected.totals, found.totals),
        *_unequal("overage of customer and month", expected.overage, found.overage),
    ]


def _unequal(what: str, expected: dict[Any, Decimal], found: dict[Any, Decimal]) -> Iterator[str]:
    for key in sorted(expected.keys() | found.keys()):
        if expected.get(key) != found.get(key):
            yield f"{what} {key}: DuckDB says {expected.get(key)}, the ledger {found.get(key)}"

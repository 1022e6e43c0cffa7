"""The CDNOW purchase history: 18 months of real orders, one line each, read from its plain text file."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from ledger.errors import OperatorError


class Purchase(NamedTuple):
    """One order: who, which day (midnight UTC), and how many CDs."""

    customer_id: str
    bought_at: datetime
    quantity: int


def read(file: Path) -> list[Purchase]:
    """Every purchase of the file (a heading, then customer, yyyymmdd, quantity, dollars), in its order."""
    try:
        lines = file.read_text(encoding="ascii").splitlines()
        return [_purchase(line) for line in lines[1:] if line.strip()]
    except (OSError, ValueError, IndexError) as error:
        raise OperatorError(f"{file} is not a CDNOW purchase file: {error}") from error


def _purchase(line: str) -> Purchase:
    customer_id, day, quantity, _dollars = line.split()
    return Purchase(customer_id, datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC), int(quantity))


def by_customer(purchases: list[Purchase]) -> Iterator[tuple[str, list[Purchase]]]:
    """Each customer with its purchases, oldest first."""
    ordered = sorted(purchases)
    for customer_id, rows in groupby(ordered, key=lambda each: each.customer_id):
        yield customer_id, list(rows)

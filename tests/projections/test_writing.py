"""Rows of a batch as columns: what PostgreSQL is sent of each value, whatever stands beside it."""

import struct
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from projections.balances.fold import MODEL as BALANCES
from projections.folding.writing import prepare
from projections.projection import Changes, Kind, Model, Row, Table

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
NOON = EPOCH + timedelta(seconds=1)
STREAM = UUID(int=1)


def sent(kind: Kind, *values: Any) -> list[bytes | None]:
    """The fields of a column as they go over the wire."""
    table = Table("balances", key=1, columns={"value": kind})
    model = Model(
        "balances", BALANCES.package, (table,), frozenset(), BALANCES.restore, BALANCES.fold, BALANCES.changes
    )
    changes = Changes()
    changes.rows["balances"] = [Row((value,)) for value in values]
    (write,) = prepare("main", 1, model, changes)
    return fields(write.parameters["value"])


def fields(array: bytes) -> list[bytes | None]:
    (dimensions,) = struct.unpack_from("!i", array)
    if not dimensions:
        return []
    (count,), found, place = struct.unpack_from("!i", array, 12), list[bytes | None](), 20
    for _ in range(count):
        (length,) = struct.unpack_from("!i", array, place)
        found.append(None if length < 0 else array[place + 4 : place + 4 + length])
        place += 4 + max(0, length)
    assert place == len(array)
    return found


@pytest.mark.parametrize(
    ("kind", "value", "field"),
    [
        (Kind.UUID, STREAM, bytes(15) + b"\x01"),
        (Kind.TEXT, "Söhne", "Söhne".encode()),
        (Kind.TEXT, "a\0b", "a\N{REPLACEMENT CHARACTER}b".encode()),
        (Kind.INTEGER, -1, b"\xff\xff\xff\xff"),
        (Kind.BIGINT, 1, bytes(7) + b"\x01"),
        (Kind.NUMERIC, Decimal("1E+2"), b"100"),
        (Kind.NUMERIC, Decimal("1.50"), b"1.50"),
        (Kind.NUMERIC, Decimal("1E-12"), b"0.000000000001"),
        (Kind.BOOLEAN, True, b"t"),
        (Kind.INSTANT, NOON, (1_000_000).to_bytes(8)),
        (Kind.INSTANT, NOON.astimezone(timezone(timedelta(hours=2))), (1_000_000).to_bytes(8)),
        (Kind.JSON, b"{}", b"{}"),
        (Kind.TEXTS, ["a", 'b"'], b'{"a","b\\""}'),
    ],
)
def test_a_value_is_sent_alone_among_others_and_beside_nothing(kind: Kind, value: Any, field: bytes) -> None:
    assert sent(kind, value) == [field]
    assert sent(kind, value, value) == [field, field]
    if kind is not Kind.TEXTS:
        assert sent(kind, None, value, None) == [None, field, None]
        assert sent(kind, value, None) == [field, None]
        assert sent(kind, None, None) == []  # which the database fills up


def test_numbers_that_are_equal_keep_each_its_own_spelling() -> None:
    assert sent(Kind.NUMERIC, Decimal(1), Decimal("1.0"), Decimal("1.00")) == [b"1", b"1.0", b"1.00"]


def test_instants_that_follow_each_other_keep_their_places() -> None:
    second = (1_000_000).to_bytes(8)
    assert sent(Kind.INSTANT, NOON, NOON, EPOCH, None, NOON) == [second, second, bytes(8), None, second]

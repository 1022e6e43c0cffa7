"""What stands in a file is what was in the rows, and a file that was not finished is no file."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.exports import csv_file, formats
from api.exports.about import About
from api.exports.formats import CSV, FORMATS, NDJSON, PARQUET, Format, batches
from api.reads.resource import Column, Kind

ABOUT = About("main", "things", 42, datetime(2026, 3, 1, tzinfo=UTC))
COLUMNS = (
    Column("text", Kind.TEXT, "A text."),
    Column("integer", Kind.INTEGER, "A whole number."),
    Column("number", Kind.NUMBER, "Any number."),
    Column("instant", Kind.INSTANT, "An instant."),
    Column("boolean", Kind.BOOLEAN, "Yes or no."),
    Column("json", Kind.JSON, "Anything."),
)
ROW = ("a", -7, Decimal("-0.000000000001"), datetime(2026, 1, 31, 12, 0, 0, 5, tzinfo=UTC), True, '{"a": [1]}')
LARGE = ("b", 2**63 - 1, Decimal("1E+15"), datetime(2499, 12, 31, tzinfo=UTC), False, "null")
EMPTY = (None,) * 6

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
numbers = st.decimals(-(10**15), 10**15, places=12)
instants = st.datetimes(datetime(1970, 1, 1), datetime(2499, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
rows_of_anything = st.lists(
    st.tuples(
        texts | st.none(),
        st.integers(-(2**63), 2**63 - 1) | st.none(),
        numbers | st.none(),
        instants | st.none(),
        st.booleans() | st.none(),
        st.recursive(texts | st.integers(), st.lists).map(json.dumps) | st.none(),
    ),
    max_size=8,
)


def made(chosen: Format, *rows: Sequence[Any], columns: Sequence[Column] = COLUMNS) -> bytes:
    return b"".join(chosen.write(columns, batches(iter(rows)), ABOUT))


def read_csv(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(), newline=""), strict=True))


def read_parquet(data: bytes) -> Any:
    return pq.read_table(pa.BufferReader(data))


def test_a_csv_file_has_a_header_and_a_cell_for_every_value() -> None:
    data = made(CSV, ROW, LARGE, EMPTY)
    assert data.count(b"\r\n") == 4
    assert read_csv(data) == [
        ["text", "integer", "number", "instant", "boolean", "json"],
        ["a", "-7", "-0.000000000001", "2026-01-31T12:00:00.000005Z", "true", '{"a": [1]}'],
        ["b", "9223372036854775807", "1000000000000000", "2499-12-31T00:00:00Z", "false", "null"],
        ["", "", "", "", "", ""],
    ]


@pytest.mark.parametrize("start", sorted(csv_file.RUNS | {"'"}))
def test_a_text_that_a_spreadsheet_would_run_is_marked_and_nothing_else_is(start: str) -> None:
    text = f'{start}HYPERLINK("x")'
    data = made(CSV, (text, -7, Decimal("-1"), None, None, None))
    assert read_csv(data)[1][:3] == [f"'{text}", "-7", "-1"]


@given(text=texts)
def test_one_apostrophe_taken_off_gives_every_text_back(text: str) -> None:
    column = (COLUMNS[0], COLUMNS[1])
    cell = read_csv(made(CSV, (text, 1), columns=column))[1][0]
    assert cell[:1] not in csv_file.RUNS
    assert cell.removeprefix("'") == text


@settings(max_examples=50)
@given(rows=rows_of_anything, only=st.booleans())
def test_csv_is_what_the_standard_library_would_write(rows: list[tuple[Any, ...]], only: bool) -> None:
    columns, rows = (COLUMNS[:1], [row[:1] for row in rows]) if only else (COLUMNS, rows)
    data, again = made(CSV, *rows, columns=columns), io.StringIO(newline="")
    csv.writer(again, lineterminator="\r\n").writerows(read_csv(data))
    assert again.getvalue().encode() == data
    assert len(read_csv(data)) == 1 + len(rows)


@settings(max_examples=20)
@given(rows=rows_of_anything)
def test_ndjson_gives_every_value_back_exactly(rows: list[tuple[Any, ...]]) -> None:
    lines = made(NDJSON, *rows).decode().split("\n")[:-1]
    found = [json.loads(line, parse_float=Decimal) for line in lines]
    assert [tuple(each) for each in found] == [tuple(column.name for column in COLUMNS)] * len(rows)
    for each, row in zip(found, rows, strict=True):
        assert each["text"] == row[0]
        assert (each["integer"], each["number"], each["boolean"]) == (row[1], row[2], row[4])
        assert each["instant"] is row[3] is None or datetime.fromisoformat(each["instant"]) == row[3]
        assert each["json"] == (None if row[5] is None else json.loads(row[5]))


@settings(max_examples=20)
@given(rows=rows_of_anything)
def test_parquet_gives_every_value_back_exactly(rows: list[tuple[Any, ...]]) -> None:
    table = read_parquet(made(PARQUET, *rows))
    assert [tuple(each.values()) for each in table.to_pylist()] == rows


def test_a_parquet_file_says_whose_it_is_and_what_its_columns_are() -> None:
    schema = read_parquet(made(PARQUET, ROW)).schema
    assert [str(field.type) for field in schema] == [
        "string", "int64", "decimal128(38, 12)", "timestamp[us, tz=UTC]", "bool", "string",
    ]  # fmt: skip
    facts = {key.decode(): value.decode() for key, value in schema.metadata.items()}
    assert facts.items() >= {
        "tallystick.ledger": "main", "tallystick.list": "things", "tallystick.position": "42",
        "tallystick.due": "2026-03-01T00:00:00+00:00",
    }.items()  # fmt: skip
    assert schema.field("number").metadata[b"about"] == b"Any number."


def test_a_number_that_parquet_cannot_hold_exactly_fails_and_is_not_rounded() -> None:
    with pytest.raises(pa.ArrowInvalid):
        made(PARQUET, ("a", 1, Decimal("0.0000000000001"), None, None, None))


def test_parquet_comes_in_row_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    from api.exports import parquet_file

    monkeypatch.setattr(parquet_file, "GROUP_ROWS", 4)
    monkeypatch.setattr(formats, "BATCH_ROWS", 2)
    pieces = list(PARQUET.write(COLUMNS, batches(iter([ROW] * 9)), ABOUT))
    assert len(pieces) == 4
    assert pq.ParquetFile(pa.BufferReader(b"".join(pieces))).num_row_groups == 3


def test_row_groups_are_smaller_where_rows_are_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    from api.exports import parquet_file

    monkeypatch.setattr(parquet_file, "GROUP_BYTES", 10_000)
    monkeypatch.setattr(formats, "BATCH_ROWS", 2)
    wide = ("x" * 4_000, *ROW[1:])
    file = pq.ParquetFile(pa.BufferReader(made(PARQUET, *[ROW] * 4, *[wide] * 8)))
    assert [file.metadata.row_group(each).num_rows for each in range(file.num_row_groups)] == [8, 4]


@pytest.mark.parametrize("chosen", FORMATS.values(), ids=lambda each: each.name)
def test_a_list_of_nothing_is_a_file_of_nothing(chosen: Format) -> None:
    data = made(chosen)
    assert {"csv": len(read_csv(data)) == 1 if chosen is CSV else None, "ndjson": data == b"", "parquet": True}[
        chosen.name
    ]
    if chosen is PARQUET:
        assert read_parquet(data).num_rows == 0


def failing() -> Iterator[Sequence[Any]]:
    yield from [ROW] * 3
    raise OSError("the disk is gone")


def half(chosen: Format) -> bytes:
    """A file whose rows ended in an error, as it leaves."""
    pieces: list[bytes] = []
    with pytest.raises(OSError, match="disk"):
        pieces.extend(chosen.write(COLUMNS, ([row] for row in failing()), ABOUT))
    return b"".join(pieces) + chosen.broken("req_1")


def test_no_reader_of_csv_takes_a_file_that_failed_for_a_whole_one(tmp_path: Any) -> None:
    data = half(CSV)
    assert data.count(b"\r\n") == 4
    with pytest.raises(csv.Error, match="unexpected end of data"):
        read_csv(data)
    import duckdb  # at the top every worker would load it, whoever runs this test

    (tmp_path / "half.csv").write_bytes(data)
    with pytest.raises(duckdb.InvalidInputException):
        duckdb.read_csv(str(tmp_path / "half.csv"), header=True, sep=",", quotechar='"').fetchall()


def test_no_reader_of_ndjson_takes_a_file_that_failed_for_a_whole_one() -> None:
    *whole, last = half(NDJSON).decode().split("\n")
    assert len([json.loads(line) for line in whole]) == 3
    with pytest.raises(json.JSONDecodeError):
        json.loads(last)


def test_no_reader_of_parquet_opens_a_file_that_failed() -> None:
    with pytest.raises(pa.ArrowInvalid):
        read_parquet(half(PARQUET))

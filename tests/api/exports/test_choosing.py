"""Which format a request asked for."""

from typing import Any

import pytest
from flask import Flask

from api.exports.choosing import NotAcceptable, Picked, format_of
from api.reads.resource import Column, Export, Kind, Resource
from api.request import ApiRequest, current_request
from ledger.core.errors import InvalidRequest

PARQUET = "application/vnd.apache.parquet"
COLUMNS = (Column("a", Kind.TEXT, "A."), Column("b", Kind.INTEGER, "B."), Column("c", Kind.TEXT, "C."))


def nothing(*_: Any, **__: Any) -> Any:
    raise AssertionError("nobody asks for rows here")


EXPORT = Export("things", COLUMNS, nothing)
WITH = Resource("/v1/things", "reads.things", "Things", nothing, (), export=EXPORT)
WITHOUT = Resource("/v1/thing", "reads.thing", "A thing", nothing, ())
LINES = Resource("/v1/lines", "reads.lines", "Lines", nothing, (), "application/x-ndjson")


def chosen(accept: str | None, resource: Resource = WITH, asked: str | None = None) -> str | None:
    app = Flask("choosing")
    app.request_class = ApiRequest
    with app.test_request_context("/", headers={} if accept is None else {"Accept": accept}):
        found = format_of(current_request(), resource, {"format": asked} if resource.export else {})
    return None if found is None else found.name


@pytest.mark.parametrize(
    ("accept", "name"),
    [
        (None, None),
        ("", None),
        ("*/*", None),
        ("application/json", None),
        ("application/*", None),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", None),
        ("text/csv", "csv"),
        ("text/*", "csv"),
        ("TEXT/CSV", "csv"),
        ("application/json; charset=utf-8", None),
        ("text/csv; charset=UTF-8; header=present, application/json;q=0.9", "csv"),
        ("application/x-ndjson", "ndjson"),
        (PARQUET, "parquet"),
        ("text/csv;q=0.5, application/x-ndjson", "ndjson"),
        ("text/csv;q=0.5, application/json;q=0.4", "csv"),
        ("text/csv;q=0, */*", None),
        (f"image/png, {PARQUET};q=0.1", "parquet"),
    ],
)
def test_the_best_of_what_is_accepted_is_served(accept: str | None, name: str | None) -> None:
    assert chosen(accept) == name


@pytest.mark.parametrize("accept", ["image/png", "text/html", "text/csv;q=0", "*/*;q=0"])
def test_what_is_not_offered_is_not_acceptable(accept: str) -> None:
    with pytest.raises(NotAcceptable, match="this path answers with application/json, text/csv, "):
        chosen(accept)


def test_a_path_without_a_file_answers_in_its_own_way_alone() -> None:
    assert chosen("application/json", WITHOUT) is None
    assert chosen("application/x-ndjson", LINES) is None
    with pytest.raises(NotAcceptable, match=r"answers with application/json$"):
        chosen("text/csv", WITHOUT)


def test_the_parameter_counts_for_more_than_the_header() -> None:
    assert chosen("text/csv", asked="json") is None
    assert chosen("image/png", asked="ndjson") == "ndjson"


def test_columns_are_picked_in_the_order_in_which_they_were_named() -> None:
    rows = [("x", 1, "y"), ("z", 2, "w")]
    assert Picked(EXPORT, None).of(rows) == rows
    assert list(Picked(EXPORT, "c, a").of(rows)) == [("y", "x"), ("w", "z")]
    assert list(Picked(EXPORT, "b").of(rows)) == [(1,), (2,)]
    assert [column.name for column in Picked(EXPORT, "c,a").columns] == ["c", "a"]


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("a,d", "columns named 'd' and must name some of a, b, c"),
        ("a,", "columns named '' and must name some of a, b, c"),
        ("a,b,a", "columns names a column twice"),
    ],
)
def test_columns_that_are_not_there_are_refused_by_name(asked: str, sentence: str) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        Picked(EXPORT, asked)

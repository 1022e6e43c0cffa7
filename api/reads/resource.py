"""What a read is: its path, its parameters, who answers it, and how all of its rows leave as a file."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from flask import Response

from api.reads.query import Parameter

Answering = Callable[..., Response]


class Kind(StrEnum):
    """What a column of an export holds, as Python has it: str, int, Decimal, aware datetime, bool, or JSON as text."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    INSTANT = "instant"
    BOOLEAN = "boolean"
    JSON = "json"


class Column(NamedTuple):
    """One column of an export; any of its values may be None."""

    name: str
    kind: Kind
    about: str


class Rows(NamedTuple):
    """All rows of a list, in the order of the columns, as of one position. They end with whoever made them."""

    position: int
    due: datetime | None
    rows: Iterator[Sequence[Any]]


@dataclass(frozen=True)
class Export:
    """A list as a file. `rows` is called as `answer` is, and keeps one snapshot open until the last row has left.

    `also` names formats that it has besides the usual ones.
    """

    name: str
    columns: Sequence[Column]
    rows: Callable[..., AbstractContextManager[Rows]]
    also: Sequence[str] = ()


@dataclass(frozen=True)
class Resource:
    """One GET path. `answer` is called with the call, the query's values and what stands in the path.

    `also` are media types that it answers with besides its usual one, where they are asked for. `complete` says what a
    query means before anything is made of it: it may add what was kept under a name.
    """

    path: str
    name: str
    summary: str
    answer: Answering
    parameters: Sequence[Parameter]
    media_type: str = "application/json"
    export: Export | None = None
    complete: Callable[[Any, dict[str, Any]], dict[str, Any]] | None = None
    also: Sequence[str] = ()

"""Which format a request asked for, and which columns: by `format` and `columns`, or by its Accept header."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from operator import itemgetter
from typing import Any, Final

from api.exports.formats import ALSO, FORMATS, Format
from api.reads.query import CURSOR, LIMIT, Parameter, choice, text
from api.reads.resource import Column, Export, Resource
from api.request import ApiRequest
from ledger.core.errors import InvalidRequest, Refusal

JSON: Final = "json"
FORMAT: Final = choice(
    "format",
    "`csv`, `ndjson` or `parquet` for all rows as a file; it counts for more than the Accept header.",
    (JSON, *FORMATS),
)
COLUMNS_CHARS: Final = 2_000
COLUMNS: Final = text("columns", "Of a file: only these columns, in this order, with commas between.", COLUMNS_CHARS)
PAGES_ONLY: Final = (LIMIT.name, CURSOR.name)


class NotAcceptable(Refusal):
    """The Accept header names nothing that the path can answer with."""

    code = "not_acceptable"
    status = HTTPStatus.NOT_ACCEPTABLE

    def __init__(self, accept: str, offered: Sequence[str]) -> None:
        super().__init__(f"Accept was {accept[:100]!r} and this path answers with {', '.join(offered)}")


def parameters_of(resource: Resource) -> Sequence[Parameter]:
    """Everything that a path reads from its query: with an export, which format and which columns too."""
    if resource.export is None:
        return resource.parameters
    return (*resource.parameters, _format(resource), *(() if _pages_choose(resource) else (COLUMNS,)))


def formats_of(resource: Resource) -> Mapping[str, Format]:
    """The formats of files that a path has, by name."""
    if resource.export is None:
        return {}
    return FORMATS if not resource.export.also else {**FORMATS, **{name: ALSO[name] for name in resource.export.also}}


def _format(resource: Resource) -> Parameter:
    names = tuple(formats_of(resource))
    if names == tuple(FORMATS):
        return FORMAT
    listed = ", ".join(f"`{name}`" for name in names)
    about = f"One of {listed} for all rows as a file; it counts for more than the Accept header."
    return choice(FORMAT.name, about, (JSON, *names))


def _pages_choose(resource: Resource) -> bool:
    """Whether the columns of a page can be chosen too: then the path reads that parameter itself."""
    return any(each.name == COLUMNS.name for each in resource.parameters)


def media_types(resource: Resource) -> Sequence[str]:
    """What a path can answer with, the usual one first."""
    files = tuple(each.media_type for each in formats_of(resource).values())
    return (resource.media_type, *files, *resource.also)


def format_of(request: ApiRequest, resource: Resource, query: dict[str, Any]) -> Format | None:
    """The format of the file that was asked for; None for an answer of the path's usual kind.

    Raises `NotAcceptable`.
    """
    asked = query.get(FORMAT.name)
    if asked is not None:
        return formats_of(resource).get(asked)
    accept = request.environ.get("HTTP_ACCEPT", "").strip()
    if not accept:
        return None
    offered, formats = media_types(resource), formats_of(resource)
    best = request.wanted.best_match(offered)
    if best is None:
        raise NotAcceptable(accept, offered)
    return next(
        (each for each in formats.values() if each.media_type == best and best != resource.media_type),
        None,
    )


def check_whole(resource: Resource, request: ApiRequest, query: dict[str, Any], chosen: Format | None) -> None:
    """Refuse what belongs to a page where a file is asked for, and the other way round. Raises `InvalidRequest`."""
    if chosen is None:
        if query.get(COLUMNS.name) is not None and not _pages_choose(resource):
            raise InvalidRequest(f"columns was sent without a file's format: ask for one of {', '.join(FORMATS)}")
        return
    for name in PAGES_ONLY:
        if name in request.args:
            raise InvalidRequest(f"{name} was sent with the format {chosen.name}: a file holds all rows, not a page")


class Picked:
    """The columns of a file, and how a row of the export becomes a row of the file."""

    def __init__(self, export: Export, asked: str | None) -> None:
        """`asked` is the parameter's text. Raises `InvalidRequest` for a column that is not there or is named twice."""
        places = {column.name: place for place, column in enumerate(export.columns)}
        names = list(places) if asked is None else [name.strip() for name in asked.split(",")]
        for name in names:
            if name not in places:
                raise InvalidRequest(f"columns named {name[:40]!r} and must name some of {', '.join(places)}")
        if len(set(names)) < len(names):
            raise InvalidRequest("columns names a column twice and must name each once")
        self.columns: Sequence[Column] = [export.columns[places[name]] for name in names]
        self._places = [places[name] for name in names]
        self._all = asked is None

    def of(self, batch: Sequence[Sequence[Any]]) -> Sequence[Sequence[Any]]:
        """The picked values of some rows."""
        if self._all:
            return batch
        if len(self._places) == 1:
            place = self._places[0]
            return [(row[place],) for row in batch]
        return list(map(itemgetter(*self._places), batch))

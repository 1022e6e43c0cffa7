"""What `tallystick export` does: asks a read as a request over HTTP would, and writes its file whole or not at all."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple
from urllib.parse import urlencode

import click
from werkzeug.test import create_environ

from api.auth import Authenticator, Identity
from api.cli.database import opened
from api.cli.ensuring import OPERATOR, chosen
from api.cli.options import Place
from api.exports.connections import Places
from api.exports.download import Download, Ended
from api.exports.formats import ALSO, FORMATS
from api.exports.opening import File
from api.exports.opening import opened as opened_file
from api.followers import Followers
from api.observe import Metrics
from api.reads.resource import Resource
from api.reads.resources import RESOURCES
from api.reads.serving import Asked, asked
from api.request import ApiRequest
from api.services import Services
from ledger.core.settings import Role
from ledger.errors import OperatorError
from ledger.store.ledger import Ledger, SettingsAddress, Store
from projections.reads import Reads
from projections.runner import Runner
from projections.view import Connections

STANDARD_OUTPUT: Final = Path("-")
OF_ONE: Final = "{customer_id}"
LONGEST_SECONDS: Final = 24 * 3600.0
STALL_SECONDS: Final = 3600.0  # whoever reads a page of it at a time may take longer than a client over HTTP
WAIT_SECONDS: Final = 60.0
Pairs = list[tuple[str, str]]


class Wanted(NamedTuple):
    """The list that is wanted, what of it, in which format, and where to."""

    what: str
    output: Path
    format_: str | None
    customer: str | None
    where: Sequence[str]
    columns: str | None
    as_of: str | None
    at: str | None


class Written(NamedTuple):
    """The file that was made."""

    ledger: str
    list: str
    position: int
    rows: int
    file: str


class Folding(Reads):
    """Reads that first fold what nobody has folded yet: a command may be the only one at work on its database."""

    def __init__(self, connections: Connections, runner: Runner) -> None:
        super().__init__(connections, wait_seconds=WAIT_SECONDS)
        self._runner = runner

    def on(self, connections: Connections) -> "Folding":
        return Folding(connections, self._runner)

    def prepare(self) -> None:
        self._runner.catch_up()


def exported(place: Place, wanted: Wanted, shown: Callable[[int], None]) -> Written:
    """Write what is wanted, and say on the way how many rows have been read.

    Raises `UsageError`, `OperatorError`, and what the same read refuses over HTTP. A file that could not be finished
    is not there then; what went to standard output ends as a download that was cut off does.
    """
    resource, path, pairs = _read_of(wanted)
    _check_place(wanted)
    with opened(place) as store:
        ledger = chosen(store, place.ledger_id)
        call, query, format_ = _asked(store, place, ledger, resource, pairs)
        assert format_ is not None
        assert resource.export is not None
        ended: list[Ended] = []
        with ExitStack() as stack:
            found = stack.enter_context(opened_file(call, resource.export, format_, query, path))
            download = Download(found, held=stack.pop_all(), done=ended.append)
        with closing(download), _target(wanted.output, found.file) as (out, name):
            _copy(download, out, shown)
            if ended[0].error is not None:
                raise ended[0].error
    about = found.file.about
    return Written(about.ledger_id, about.export, about.position, ended[0].rows, str(name))


def _read_of(wanted: Wanted) -> tuple[Resource, dict[str, str], Pairs]:
    """The read of a list, what stands in its path, and its query."""
    pairs = _pairs(wanted)
    known = [each for each in RESOURCES if each.export is not None and each.export.name == wanted.what]
    of_one = next((each for each in known if OF_ONE in each.path), None)
    of_all = next((each for each in known if OF_ONE not in each.path), None)
    if wanted.customer is None:
        if of_all is None:
            raise click.UsageError(f"{wanted.what} are those of one customer: say which with --customer.")
        return of_all, {}, pairs
    if of_one is not None:
        return of_one, {"customer_id": wanted.customer}, pairs
    assert of_all is not None
    if all(each.name != "customer_id" for each in of_all.parameters):
        raise click.UsageError(f"{wanted.what} are of the whole ledger: leave --customer out.")
    return of_all, {}, [*pairs, ("customer_id", wanted.customer)]


def _pairs(wanted: Wanted) -> Pairs:
    """The query: everything that was said, as it is said over HTTP."""
    pairs = [("format", wanted.format_ or _by_suffix(wanted.output))]
    for each in wanted.where:
        name, equals, value = each.partition("=")
        if not name or not equals:
            raise click.UsageError(f"--where was {each!r} and must be NAME=VALUE, such as status=open.")
        pairs.append((name, value))
    others = (("columns", wanted.columns), ("as_of", wanted.as_of), ("at", wanted.at))
    return pairs + [(name, value) for name, value in others if value is not None]


def _by_suffix(output: Path) -> str:
    formats = {**FORMATS, **ALSO}
    return next((name for name, each in formats.items() if output.suffix == f".{each.suffix}"), "csv")


def _check_place(wanted: Wanted) -> None:
    if wanted.output != STANDARD_OUTPUT:
        if not wanted.output.resolve().parent.is_dir():
            raise OperatorError(f"There is no directory {wanted.output.resolve().parent} to write to.")
    elif wanted.format_ == "parquet" and sys.stdout.isatty():
        raise click.UsageError("Parquet is nothing to look at: give --output a file.")


def _asked(store: Store, place: Place, ledger: Ledger, resource: Resource, pairs: Pairs) -> Asked:
    """What was said, read as a request of somebody who may look."""
    settings = ledger.look(SettingsAddress(), by=OPERATOR).state
    identity = Identity("", OPERATOR.actor, Role.READ, settings.env.value, ledger)
    query = urlencode(pairs, errors="surrogateescape")
    request = ApiRequest(create_environ(resource.path, query_string=query))
    request.identity = identity
    return asked(_services(store, place), resource, request, identity)


def _services(store: Store, place: Place) -> Services:
    reads = Folding(store.pool, Runner(store.database_url, store.operator))
    places = Places(store.database_url, store.limits, at_once=1, seconds=LONGEST_SECONDS, stall_seconds=STALL_SECONDS)
    return Services(store, place.settings(), Authenticator(store), reads, Metrics(), places, Followers(reads, 0))


def _copy(download: Download, out: BinaryIO, shown: Callable[[int], None]) -> None:
    whole = download.begin()
    for piece in download if whole is None else (whole,):
        out.write(piece)
        shown(download.rows)
    out.flush()


@contextmanager
def _target(output: Path, file: File) -> Iterator[tuple[BinaryIO, Path]]:
    """Where the bytes go: a file gets its name at the end of the block, where that ends well."""
    if output == STANDARD_OUTPUT:
        yield sys.stdout.buffer, output
        return
    name = output / file.about.file_name(file.chosen.suffix) if output.is_dir() else output
    target = name.resolve()
    if target.exists() and not target.is_file():  # a device, or a pipe that somebody reads
        with target.open("wb") as out:
            yield out, name
        return
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with part.open("xb") as out:
            yield out, name
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)

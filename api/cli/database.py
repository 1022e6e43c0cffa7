"""The database of a command: joined or started where it is ours, reached where it is not, and migrated either way."""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from api.cli.options import Place
from ledger.embedded import EmbeddedPostgres
from ledger.errors import OperatorError
from ledger.master_key import load_master_key
from ledger.settings import Settings

if TYPE_CHECKING:
    from ledger.store.ledger import Store


@contextmanager
def database(settings: Settings, *, create: bool = False) -> Iterator[Settings]:
    """The settings with the database's URL and the operator's key in them, on a schema as new as the code.

    An embedded database is joined for as long as the block lasts, and made first only where `create` says so: a
    mistyped directory should be an error, not a new ledger. Raises OperatorError.
    """
    with embedded(settings, create=create) as (_, ready):
        yield ready


@contextmanager
def embedded(settings: Settings, *, create: bool) -> Iterator[tuple[EmbeddedPostgres | None, Settings]]:
    """As `database`, with the embedded server itself, for who keeps it alive; None where there is none."""
    from api.schema import bring_up_to_date

    if settings.database_url is not None:
        ready = dataclasses.replace(settings, master_key=load_master_key(settings))
        bring_up_to_date(settings.database_url)
        yield None, ready
        return
    if not create and not (settings.data_dir / "postgres").exists():
        raise OperatorError(
            f"There is no database in {settings.data_dir}: name another --data, or run `tallystick serve` there first."
        )
    key = load_master_key(settings)
    with EmbeddedPostgres(settings.data_dir) as server:
        bring_up_to_date(server.url)
        yield server, dataclasses.replace(settings, database_url=server.url, master_key=key)


@contextmanager
def opened(place: Place, *, create: bool = False) -> "Iterator[Store]":
    """The store of a command's place, for as long as the block lasts."""
    from api.stores import open_store

    with database(place.settings(), create=create) as settings:
        store = open_store(settings)
        try:
            yield store
        finally:
            store.close()

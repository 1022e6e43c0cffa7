"""The options that every command takes: where the database is and which ledgers are meant."""

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from ledger.settings import VARIABLES, Settings, read_settings

R = TypeVar("R")


@dataclass(frozen=True)
class Place:
    """Where a command works. `ledger_id` is None for all ledgers, or the only one."""

    data: Path | None
    database_url: str | None
    ledger_id: str | None

    def settings(self, **given: object) -> Settings:
        """The settings of this process. An explicit --data means its embedded database, whatever DATABASE_URL says."""
        environ = dict(os.environ)
        if self.data is not None:
            environ.pop("DATABASE_URL", None)
        url = self.database_url
        if url is not None:
            url = str(VARIABLES["database_url"][1]("--database-url", url))
        data = None if self.data is None else self.data.expanduser().absolute()
        return read_settings(environ, data_dir=data, database_url=url, **given)


def at_a_place(command: Callable[..., R]) -> Callable[..., R]:
    """Give a command --data, --database-url and --ledger, as its first argument."""

    @click.option("--data", type=click.Path(path_type=Path), metavar="DIR", help="Embedded database in this directory.")
    @click.option("--database-url", metavar="URL", help="PostgreSQL 15 or newer; else DATABASE_URL.")
    @click.option("--ledger", "ledger_id", metavar="ID", help="This ledger; else all of them, or the only one.")
    @functools.wraps(command)
    def run(data: Path | None, database_url: str | None, ledger_id: str | None, **rest: Any) -> R:
        if data is not None and database_url is not None:
            raise click.UsageError("--data and --database-url name two databases: give one of them.")
        return command(Place(data, database_url, ledger_id), **rest)

    return run


def reporting(command: Callable[..., R]) -> Callable[..., R]:
    """Give a command --json."""
    return click.option("--json", "as_json", is_flag=True, help="Report as JSON, for programs.")(command)

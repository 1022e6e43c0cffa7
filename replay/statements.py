"""The SQL of replay by name: one statement to a file under `sql/`."""

from functools import partial
from typing import Final

from ledger.store import statements

statement: Final = partial(statements.statement, package="replay.sql")

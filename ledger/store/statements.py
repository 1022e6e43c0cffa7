"""SQL by name: one statement to a file, read once. Each package has its own under `sql/`; these are the store's."""

from functools import cache
from importlib import resources
from typing import Final, LiteralString

OWN: Final = "ledger.store.sql"


@cache
def statement(name: str, package: str = OWN) -> LiteralString:
    """The text of `<name>.sql` in a package. Parameters are written in the file and never interpolated into it."""
    return (resources.files(package) / f"{name}.sql").read_text("utf-8")

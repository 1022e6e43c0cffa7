"""SQL by name: one statement to a file, of the runner under `sql/`, of a model under the model's own `sql/`."""

from functools import cache
from importlib import resources
from typing import Final, LiteralString

OWN: Final = "projections.sql"


@cache
def statement(name: str, package: str = OWN) -> LiteralString:
    """The text of `<name>.sql` in a package. Parameters are written in the file and never interpolated into it."""
    return (resources.files(package) / f"{name}.sql").read_text("utf-8")

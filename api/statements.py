"""The API's own SQL by name: one statement to a file under `sql/`, read once."""

from functools import cache
from importlib import resources
from typing import LiteralString


@cache
def statement(name: str) -> LiteralString:
    """The text of `sql/<name>.sql`. Parameters are written in the file and never interpolated into it."""
    return (resources.files("api.sql") / f"{name}.sql").read_text("utf-8")

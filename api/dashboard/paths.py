"""Ids in the paths of pages. Whoever made an id may have put anything into it, and each still has a page.

Servers undo what is percent-encoded before a path is looked at, so that a slash in an id would part the path, and
browsers follow dots by themselves. So these are escaped once more here, and the gate undoes that: `segment` and
`id_of` are the two directions.
"""

from typing import Final
from urllib.parse import quote, unquote, urlencode

CUSTOMERS: Final = "/customers"
FOLLOWED: Final = (".", "..")
"""What a browser takes for a way within the path."""
OF_PAGES: Final = "new"
"""What stands in the place of a customer's id on the page that creates one."""


def segment(text: str) -> str:
    """An id as one part of a path."""
    escaped = text.replace("%", "%25").replace("/", "%2F")
    return quote(_first_escaped(escaped) if escaped in FOLLOWED else escaped, safe="")


def id_of(part: str) -> str:
    """The id that a part of a path stands for."""
    return unquote(part)


def customer_path(customer_id: str, entity_id: str | None = None) -> str:
    """The page of a customer, by its own id or the internal one; with an entity chosen on it where one is named."""
    part = quote(_first_escaped(OF_PAGES)) if customer_id == OF_PAGES else segment(customer_id)
    return f"{CUSTOMERS}/{part}" + (f"?{urlencode({'entity': entity_id})}" if entity_id else "")


def _first_escaped(text: str) -> str:
    return f"%{ord(text[0]):02X}{text[1:]}"

"""Who looks at a page, and where one may go from there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from api.call import Call
from ledger.core.access import UserRole

PAGES: Final = (
    ("/customers", "Customers", "people"),
    ("/plans", "Plans", "layers"),
    ("/features", "Features", "switches"),
    ("/usage", "Usage", "bars"),
    ("/timeline", "Timeline", "clock"),
    ("/books", "Books", "book"),
)
ADMIN_PAGES: Final = (("/users", "Users", "person"), ("/keys", "Keys", "key"))


@dataclass(frozen=True)
class Visitor:
    """Who looks at a page: what to ask the ledger with, and what marks forms as this session's, and as this user's."""

    call: Call
    role: UserRole
    form_token: str
    form_of: str = ""

    @property
    def pages(self) -> Sequence[tuple[str, str, str]]:
        """Where to go from here: path, name, drawing."""
        return (*PAGES, *ADMIN_PAGES) if self.role is UserRole.ADMIN else PAGES

    @property
    def part(self) -> bool:
        """Whether a part of a page is asked for, to be put into the one that is there."""
        return self.call.request.headers.get("HX-Request") == "true"

    @property
    def may_change(self) -> bool:
        """Whether the role reaches to change customers."""
        return self.role is not UserRole.VIEWER

    @property
    def name(self) -> str:
        """Under which everything that is done here is recorded."""
        return self.call.identity.name

"""Customers that are like one that somebody is about to create: the same e-mail address, or nearly the same name."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from projections.view import View

MODELS: Final = ("accounts",)
LIKE: Final = 0.5  # of the three-letter pieces of a name are in another one
NEARLY_THE_SAME: Final = 0.9  # of those of a short name, which has few
SHORT: Final = 3
PATIENCE_MS: Final = 300
MOST_LETTERS: Final = 200


class Alike(NamedTuple):
    """A customer that is like another one; `same_email` where that is why."""

    stream_id: UUID
    customer_id: str | None
    name: str | None
    email: str | None
    same_email: bool


def alike(view: View, name: str, email: str, *, limit: int = 5) -> Sequence[Alike]:
    """Those with this e-mail address in any case, then those with a name like this one, the most alike first.

    Needs `MODELS`. Words that half of all customers have in their names may take too long: then only those count whose
    name begins with this one.
    """
    found: list[Any] = []
    if email:
        found += view.rows("list_same_email", MODELS, email=email.casefold(), limit=limit)
    if name:
        found += _named(view, name.casefold()[:MOST_LETTERS], limit)
    known = {row[0]: Alike(*row) for row in reversed(found)}
    return [known[stream_id] for stream_id in dict.fromkeys(row[0] for row in found)][:limit]


def _named(view: View, name: str, limit: int) -> list[Any]:
    def like() -> list[Any]:
        view.rows("set_likeness", (), least=str(NEARLY_THE_SAME if len(name) <= SHORT else LIKE))
        return view.rows("list_alike", MODELS, likely=name, limit=limit)

    found = view.within(PATIENCE_MS, like)
    return view.rows("list_begins_alike", MODELS, likely=name, limit=limit) if found is None else found

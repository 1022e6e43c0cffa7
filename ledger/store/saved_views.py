"""Saved views: questions to the customer list under a name, kept as rows. Names are unique in a ledger."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from psycopg import Connection, errors

from ledger.core.errors import InvalidRequest, Refusal
from ledger.store.statements import statement

MOST_VIEWS: Final = 500


class ViewNotFound(Refusal):
    code = "view_not_found"

    def __init__(self, view_id: str) -> None:
        super().__init__(f"View {view_id} does not exist in this ledger: GET /v1/views lists those that do")


class ViewExists(Refusal):
    code = "view_already_exists"

    def __init__(self, name: str) -> None:
        super().__init__(f"Another view is called {name}: choose another name, or update that view")


class SavedView(NamedTuple):
    """A view: the query string of the list without `?`, who made it and who changed it last, and when."""

    view_id: str
    name: str
    query: str
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str


def create_view(conn: Connection[Any], ledger_id: str, name: str, query: str, *, by: str) -> SavedView:
    """Keep a new view. Raises `ViewExists`, and `InvalidRequest` where a ledger has `MOST_VIEWS` already."""
    counted = conn.execute(statement("count_saved_views"), {"ledger_id": ledger_id}).fetchone()
    if counted is not None and counted[0] >= MOST_VIEWS:
        raise InvalidRequest(f"A ledger has at most {MOST_VIEWS} views: delete one that nobody uses")
    parameters = {"ledger_id": ledger_id, "view_id": f"view_{secrets.token_hex(8)}", "name": name, "query": query}
    row = conn.execute(statement("insert_saved_view"), {**parameters, "by": by}).fetchone()
    if row is None:
        raise ViewExists(name)
    return SavedView(*row)


def update_view(
    conn: Connection[Any], ledger_id: str, view_id: str, *, name: str | None, query: str | None, by: str
) -> SavedView:
    """Give a view another name, another query, or both. Raises `ViewNotFound`, `ViewExists`."""
    parameters = {"ledger_id": ledger_id, "view_id": view_id, "name": name, "query": query, "by": by}
    try:
        with conn.transaction():
            row = conn.execute(statement("update_saved_view"), parameters).fetchone()
    except errors.UniqueViolation:
        raise ViewExists(name or "") from None
    if row is None:
        raise ViewNotFound(view_id)
    return SavedView(*row)


def delete_view(conn: Connection[Any], ledger_id: str, view_id: str) -> None:
    """Forget a view. Raises `ViewNotFound`."""
    parameters = {"ledger_id": ledger_id, "view_id": view_id}
    if not conn.execute(statement("delete_saved_view"), parameters).rowcount:
        raise ViewNotFound(view_id)


def find_view(conn: Connection[Any], ledger_id: str, view_id: str) -> SavedView:
    """The view of an id. Raises `ViewNotFound`."""
    parameters = {"ledger_id": ledger_id, "view_id": view_id}
    row = conn.execute(statement("select_saved_view"), parameters).fetchone()
    if row is None:
        raise ViewNotFound(view_id)
    return SavedView(*row)


def list_views(conn: Connection[Any], ledger_id: str) -> Sequence[SavedView]:
    """All views of a ledger, by name."""
    rows = conn.execute(statement("select_saved_views"), {"ledger_id": ledger_id}).fetchall()
    return [SavedView(*row) for row in rows]

"""views.create, update and delete. Views are rows, so a write of one has no place in the log."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from psycopg import Connection
from psycopg_pool import PoolTimeout

from api.call import Call, Handlers
from api.caller import refuse_business_time
from api.reads.account_query import canonical_query
from api.views.saved_view import saved_view
from api.views.shapes import Json
from ledger.store import saved_views
from ledger.store.requests import StoreUnavailable


def create(call: Call, body: dict[str, Any]) -> Json:
    """Keep a question to the customer list under a name."""
    query = canonical_query(body["query"])
    with views_of(call, writes=True) as (conn, ledger_id):
        return saved_view(saved_views.create_view(conn, ledger_id, body["name"], query, by=call.by.actor))


def update(call: Call, body: dict[str, Any]) -> Json:
    """Give a view another name, another question, or both."""
    query = canonical_query(body["query"]) if "query" in body else None
    with views_of(call, writes=True) as (conn, ledger_id):
        changed = saved_views.update_view(
            conn, ledger_id, body["view_id"], name=body.get("name"), query=query, by=call.by.actor
        )
        return saved_view(changed)


def delete(call: Call, body: dict[str, Any]) -> Json:
    """Forget a view."""
    with views_of(call, writes=True) as (conn, ledger_id):
        saved_views.delete_view(conn, ledger_id, body["view_id"])
    return {"success": True}


@contextmanager
def views_of(call: Call, *, writes: bool = False) -> Iterator[tuple[Connection[Any], str]]:
    """Where the views of a call's ledger are. Raises `StoreUnavailable`."""
    if writes:
        refuse_business_time(call.request)
    call.position = call.background.position
    try:
        with call.services.store.pool.connection() as conn:
            yield conn, call.identity.ledger.ledger_id
    except (psycopg.OperationalError, PoolTimeout) as error:
        raise StoreUnavailable("the database did not answer in time; send the request again") from error


HANDLERS: Final[Handlers] = {"views.create": create, "views.update": update, "views.delete": delete}

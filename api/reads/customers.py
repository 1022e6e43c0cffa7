"""GET read of the customer list: flat rows by any filter, in any order, now or then, as a page or as a file."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from flask import Response

from api.call import Call
from api.dispatch import answer
from api.reads.account_query import PARAMETERS, question_of
from api.reads.moments import when_of
from api.reads.resource import Export, Resource, Rows
from api.reads.views import with_view
from api.views.account import COLUMNS, Shown, account, account_values
from projections import reads
from projections.reads import ACCOUNT_MODELS, AccountRow


def list_customers(call: Call, query: dict[str, Any]) -> Response:
    """A page of customers."""
    asked, when = question_of(query), when_of(call, query)
    with call.view(ACCOUNT_MODELS) as view:
        page = reads.accounts(view, asked.keep, asked.ordering, when, limit=query["limit"], cursor=query["cursor"])
    currency = call.background.settings.currency
    shown = [account(Shown(row, currency), asked.columns) for row in page.items]
    return answer(call, {"list": shown, "next_cursor": page.next_cursor})


@contextmanager
def _rows(call: Call, query: dict[str, Any]) -> Iterator[Rows]:
    asked, when = question_of(query), when_of(call, query)
    currency = call.background.settings.currency
    with call.view(ACCOUNT_MODELS) as view:
        found = reads.stream_accounts(view, asked.keep, asked.ordering, when)
        rows = (account_values(Shown(AccountRow._make(row), currency)) for row in found)
        yield Rows(view.position if when is None else when.position, view.due, rows)


EXPORT: Final = Export("customers", COLUMNS, _rows)

RESOURCES: Final = (
    Resource(
        "/v1/customers",
        "reads.customers",
        "Customers, filtered, sorted, page by page",
        list_customers,
        PARAMETERS,
        export=EXPORT,
        complete=with_view,
    ),
)

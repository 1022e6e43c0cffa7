"""GET read of the customer list: flat rows by any filter, in any order, now or then, as a page or as a file."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, Final
from uuid import UUID

from flask import Response

from api.call import Call
from api.dispatch import answer
from api.reads.account_query import PARAMETERS, AccountQuestion, question_of
from api.reads.billed import narrowed
from api.reads.past import Then, then_of
from api.reads.resource import Export, Resource, Rows
from api.reads.sums_then import MOST_CUSTOMERS, Standing, TooMany, in_order, passes, standings
from api.reads.views import with_view
from api.views.account import COLUMNS, Shown, account, account_values
from ledger.core.offers.catalog import Catalog
from projections import reads
from projections.cursors import InvalidCursor, Question, from_cursor, to_cursor
from projections.reads import SORTS, AccountRow, Ordering, Page, View


def list_customers(call: Call, query: dict[str, Any]) -> Response:
    """A page of customers."""
    asked, then = question_of(query), then_of(call, query)
    with call.view(asked.models) as view:
        page = page_of(call, view, asked, then, query["limit"], query["cursor"])
    currency, catalog = _sold_in(call, then)
    shown = [account(Shown(row, currency, catalog), asked.columns) for row in page.items]
    return answer(call, {"list": shown, "next_cursor": page.next_cursor})


def page_of(
    call: Call, view: View, asked: AccountQuestion, then: Then | None, limit: int, cursor: str | None
) -> Page[AccountRow]:
    """A page of what is asked, now or then. Needs the models of the list. Raises `TooMany`."""
    asked = narrowed(asked, (then or call.background).catalog)
    if then is not None and asked.of_sums:
        return _page_of_sums(call, view, asked, then, limit, cursor)
    when, moment = (None, None) if then is None else (then.when, then.asked)
    page = reads.accounts(view, asked.keep, asked.ordering, when, moment=moment, limit=limit, cursor=cursor)
    feature_id = asked.ordering.feature_id
    if then is None or feature_id is None:
        return page
    if len(page.items) > MOST_CUSTOMERS:
        raise TooMany(f"a page of {len(page.items)} customers; with a limit of {MOST_CUSTOMERS} it would do")
    found = standings(call, then, page.items, [feature_id])
    return Page([each.shown(feature_id) for each in found], page.next_cursor)


def _page_of_sums(
    call: Call, view: View, asked: AccountQuestion, then: Then, limit: int, cursor: str | None
) -> Page[AccountRow]:
    question = Question(view.ledger_id, "accounts_then", (asked.keep.asked, asked.ordering, then.asked))
    after = from_cursor(question, cursor, (UUID,))
    found = _of_sums(call, view, asked, then)
    if after is not None:
        places = [place for place, each in enumerate(found) if each.row.stream_id == after[0]]
        if not places:
            raise InvalidCursor
        found = found[places[0] + 1 :]
    rows = [each.shown(asked.ordering.feature_id) for each in found[:limit]]
    return Page(rows, to_cursor(question, (rows[-1].stream_id,)) if len(found) > limit else None)


def _of_sums(call: Call, view: View, asked: AccountQuestion, then: Then) -> list[Standing]:
    """All customers of a question about sums of the past, in its order. Raises `TooMany`."""
    by_sum = SORTS[asked.ordering.sort].of_feature
    ordering = Ordering("internal_id", descending=False) if by_sum else asked.ordering
    candidates = reads.stream_accounts(view, asked.keep._replace(balances=()), ordering, then.when)
    rows = [AccountRow._make(row) for row in islice(candidates, MOST_CUSTOMERS + 1)]
    features = {test.feature_id for test in asked.keep.balances} | {asked.ordering.feature_id} - {None}
    found = standings(call, then, rows, (each for each in features if each is not None))
    kept = [each for each in found if passes(each, asked.keep.balances)]
    return in_order(kept, asked.ordering) if by_sum else kept


def _sold_in(call: Call, then: Then | None) -> tuple[str, Catalog]:
    """The currency of the ledger, and what it sells."""
    known = then or call.background
    return known.settings.currency, known.catalog


@contextmanager
def _rows(call: Call, query: dict[str, Any]) -> Iterator[Rows]:
    asked, then = question_of(query), then_of(call, query)
    currency, catalog = _sold_in(call, then)
    with call.view(asked.models) as view:
        rows = (account_values(Shown(row, currency, catalog)) for row in _all(call, view, asked, then))
        yield Rows(view.position if then is None else then.when.position, None if then else view.due, rows)


def _all(call: Call, view: View, asked: AccountQuestion, then: Then | None) -> Iterator[AccountRow]:
    asked = narrowed(asked, (then or call.background).catalog)
    feature_id = asked.ordering.feature_id
    if then is not None and (asked.of_sums or feature_id is not None):
        return iter([each.shown(feature_id) for each in _of_sums(call, view, asked, then)])
    found = reads.stream_accounts(view, asked.keep, asked.ordering, None if then is None else then.when)
    return map(AccountRow._make, found)


EXPORT: Final = Export("customers", COLUMNS, _rows)

RESOURCES: Final[Sequence[Resource]] = (
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

"""GET reads of balances: a customer's, one row for each grant, explained where that is asked for."""

from typing import Any, Final

from flask import Response

from api.call import Call
from api.dispatch import answer
from api.reads.explaining import EXPLAIN, balance_explanation, explained
from api.reads.query import CURSOR, choice, text, whole
from api.reads.resource import Resource
from api.v1.lists import balance_rows, owner, scene_of
from api.views.rows import balance_row
from api.views.shapes import Json
from api.wire.limits import ROW_PAGE_ROWS_MAX
from ledger.store.addresses import CustomerAddress
from projections import reads
from projections.reads import CUSTOMER_MODELS, BalanceFilter


def get_balances(call: Call, query: dict[str, Any], customer_id: str) -> Response:
    """A page of one customer's balances, one row for each grant."""
    stream_id = call.look(CustomerAddress(customer_id)).steps[0].stream_id
    statuses = ("active", "expired") if query["status"] == "all" else (query["status"],)
    asked = {name: query[name] for name in ("entity_id", "plan_id", "feature_id")}
    keep = BalanceFilter(stream_id=stream_id, statuses=statuses, **asked)
    return answer(call, _balance_rows(call, query, keep))


def _balance_rows(call: Call, query: dict[str, Any], keep: BalanceFilter) -> Json:
    if query["explain"] != "true":
        return balance_rows(call, keep, query["limit"], query["cursor"])
    assert keep.stream_id is not None
    with call.view(CUSTOMER_MODELS) as view:
        page = reads.balances(view, keep, limit=query["limit"], cursor=query["cursor"])
        shown = [balance_row(scene_of(call, view, each.stream_id, owner(each)), each) for each in page.items]
        position = view.position
    found = explained(call, [keep.stream_id], position)[keep.stream_id]
    for row, each in zip(shown, page.items, strict=True):
        row["explain"] = balance_explanation(found, each.grant, each.rollovers)
    return {"list": shown, "has_more": page.next_cursor is not None, "next_cursor": page.next_cursor}


RESOURCES: Final = (
    Resource(
        "/v1/customers/{customer_id}/balances",
        "reads.balances",
        "A customer's balances, one row for each grant",
        get_balances,
        (
            choice("status", "Which of them.", ("active", "expired", "all"), "active"),
            text("feature_id", "Only balances of this feature."),
            text("entity_id", "Only balances of this entity."),
            text("plan_id", "Only balances that come from this plan."),
            EXPLAIN,
            whole("limit", "Rows on a page.", 1, ROW_PAGE_ROWS_MAX, 50),
            CURSOR,
        ),
    ),
)

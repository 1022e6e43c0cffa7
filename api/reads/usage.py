"""GET reads of usage: uses as they were recorded, and sums of them that lead back to the uses."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from flask import Response

from api.call import Call
from api.dispatch import answer
from api.ids import BALANCE
from api.reads.moments import PAST
from api.reads.query import CURSOR, LIMIT
from api.reads.resource import Column, Export, Kind, Resource, Rows
from api.reads.usage_parameters import CUSTOMER, FILTERS, REST, SUMS
from api.reads.usage_query import UsageAsked, asked
from api.views.shapes import Json
from api.views.uses import Customers, Links, Pairs, SumRows, between, export_row, sum_lines, use_row
from ledger.core.errors import InvalidRequest
from projections.queries import uses as recorded
from projections.queries.aggregate import Asked, Sum, sums
from projections.queries.bins import one_bin
from projections.queries.uses import Outside
from projections.view import View

PATH: Final = "/v1/usage"


def get_usage(call: Call, query: dict[str, Any], customer_id: str | None = None) -> Response:
    """A page of uses, newest first; or sums, where something is asked that only sums have."""
    question = asked(call, query, customer_id)
    with call.view(recorded.MODELS, stream_id=question.keep.stream_id) as view:
        shown = _sums(question, view, _path(customer_id)) if question.summed else uses_shown(question, view, query)
        call.position = question.position(view)
        return answer(call, shown)


def get_sums(call: Call, query: dict[str, Any], customer_id: str | None = None) -> Response:
    """Sums of uses, also where all of them are one."""
    question = asked(call, query, customer_id)
    with call.view(recorded.MODELS, stream_id=question.keep.stream_id) as view:
        shown = _sums(question, view, _path(customer_id))
        call.position = question.position(view)
        return answer(call, shown)


def _path(customer_id: str | None) -> str:
    return PATH if customer_id is None else f"/v1/customers/{quote(customer_id, safe='')}/usage"


def uses_shown(question: UsageAsked, view: View, query: dict[str, Any]) -> Json:
    """A page of uses, newest first, with what each took."""
    page = recorded.uses(
        view,
        question.keep,
        balance_prefix=BALANCE,
        outside=_outside(question, view),
        limit=query["limit"],
        cursor=query["cursor"],
    )
    return {"list": [use_row(each) for each in page.items], "next_cursor": page.next_cursor}


def _outside(question: UsageAsked, view: View) -> Outside | None:
    """With `rest`: the groups that are told apart, which its uses are not in."""
    if question.query["rest"] is None:
        return None
    keep = question.pinned(question.position(view))
    top = Asked(keep, one_bin(*question.top()), question.by, question.measure, question.query["top"])
    first = tuple((each.group, each.taken_from) for each in sums(view, top) if not each.rest)
    return Outside(top.groups, first)


def _sums(question: UsageAsked, view: View, path: str) -> Json:
    what = question.sums(view)
    found = sums(view, what)
    customers = customers_of(view, found)
    position, names, ranked = question.position(view), question.by.properties, ranked_of(question, what)
    rows = SumRows(what, customers, names, Links(path, what, ranked, position))
    return {
        "list": [rows.row(each) for each in found],
        "measure": what.measure.value,
        "bin": question.query["bin"],
        "timezone": str(question.zone),
    }


def ranked_of(question: UsageAsked, what: Asked) -> Pairs:
    """What tells a later request which groups these were."""
    pairs = [("rest", "true"), ("group_by", ",".join(question.names)), ("top", str(what.top))]
    pairs.append(("measure", what.measure.value))
    return pairs + between("top_from", what.bins.lower, "top_to", what.bins.upper)


def customers_of(view: View, found: Sequence[Sum]) -> Customers:
    """The ids of the customers that sums are grouped by."""
    streams: set[UUID] = {each.group.stream_id for each in found if each.group.stream_id is not None}
    if not streams:
        return {}
    return dict(view.rows("name_customers", ("customers",), stream_ids=sorted(streams)))


@contextmanager
def _every_use(call: Call, query: dict[str, Any], customer_id: str | None = None) -> Iterator[Rows]:
    question = asked(call, query, customer_id)
    if question.summed:
        raise InvalidRequest(
            f"Sums leave as a file from {PATH}/sums, and uses from here: ask there, with the same query"
        )
    with call.view(recorded.MODELS, stream_id=question.keep.stream_id) as view:
        outside = _outside(question, view)
        rows = recorded.all_uses(view, question.keep, balance_prefix=BALANCE, outside=outside)
        yield Rows(question.position(view), question.due(view), map(export_row, rows))


@contextmanager
def _every_sum(call: Call, query: dict[str, Any], customer_id: str | None = None) -> Iterator[Rows]:
    question = asked(call, query, customer_id)
    with call.view(recorded.MODELS, stream_id=question.keep.stream_id) as view:
        what = question.sums(view)
        found = sums(view, what)
        lines = sum_lines(what, found, customers_of(view, found), question.by.properties)
        yield Rows(question.position(view), question.due(view), iter(lines))


USE_COLUMNS: Final = (
    Column("id", Kind.TEXT, "The use."),
    Column("position", Kind.INTEGER, "The event that recorded it."),
    Column("customer_id", Kind.TEXT, "Whose it is."),
    Column("internal_id", Kind.TEXT, "The customer's internal id."),
    Column("feature_id", Kind.TEXT, "The feature that was used."),
    Column("entity_id", Kind.TEXT, "The entity that used it."),
    Column("event_name", Kind.TEXT, "The name that it was tracked under."),
    Column("value", Kind.NUMBER, "How many units; below zero for what was given or taken back."),
    Column("used_at", Kind.INSTANT, "When it was used."),
    Column("at", Kind.INSTANT, "When it was booked."),
    Column("properties", Kind.JSON, "What was said of it."),
    Column("deductions", Kind.JSON, "What it took from which balance, of which feature and plan."),
)
SUM_COLUMNS: Final = (
    Column("start", Kind.INSTANT, "From when on uses are summed."),
    Column("end", Kind.INSTANT, "Before when."),
    Column("feature_id", Kind.TEXT, "The feature that was used."),
    Column("balance_feature_id", Kind.TEXT, "The feature whose balances were taken from."),
    Column("customer_id", Kind.TEXT, "Whose uses."),
    Column("internal_id", Kind.TEXT, "The customer's internal id."),
    Column("entity_id", Kind.TEXT, "The entity that used it."),
    Column("plan_id", Kind.TEXT, "The plan whose balances were taken from."),
    Column("properties", Kind.JSON, "The properties that are grouped by."),
    Column("rest", Kind.BOOLEAN, "Whether it is the sum of all groups that are not told apart."),
    Column("measure", Kind.TEXT, "What the number is: value, deducted or count."),
    Column("amount", Kind.NUMBER, "The number."),
)
USES: Final = Export("usage", USE_COLUMNS, _every_use)
ALL_SUMS: Final = Export("usage-sums", SUM_COLUMNS, _every_sum)
_ROWS: Final = (*FILTERS, *SUMS, *REST, *PAST, LIMIT, CURSOR)
_SUMS: Final = (*FILTERS, *SUMS, *PAST)

RESOURCES: Final = (
    Resource("/v1/usage", "reads.usage", "Uses of all customers, or sums of them", get_usage, (CUSTOMER, *_ROWS),
             export=USES),
    Resource("/v1/usage/sums", "reads.usage_sums", "Sums of the uses of all customers", get_sums, (CUSTOMER, *_SUMS),
             export=ALL_SUMS),
    Resource("/v1/customers/{customer_id}/usage", "reads.customer_usage", "A customer's uses, or sums of them",
             get_usage, _ROWS, export=USES),
    Resource("/v1/customers/{customer_id}/usage/sums", "reads.customer_usage_sums", "Sums of a customer's uses",
             get_sums, _SUMS, export=ALL_SUMS),
)  # fmt: skip

"""The customer list: what `/v1/customers` answers, as a page that can be searched, filtered, sorted and shared."""

from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from flask import Response
from werkzeug.datastructures import MultiDict

from api.dashboard.gate import Visitor, to
from api.dashboard.live.changes import live_path
from api.dashboard.page import page
from api.reads.account_query import PARAMETERS, AccountQuestion, question_of
from api.reads.query import read_query
from api.views.account import Shown, account, address
from projections import reads
from projections.accounts.plans import Status
from projections.reads import ACCOUNT_MODELS

HERE: Final = "/customers"
BALANCE_PARTS: Final = ("feature", "column", "compare", "number")
LABELS: Final = {
    "customer": "Customer",
    "id": "ID",
    "email": "Email",
    "plan": "Plan",
    "plan_status": "Status",
    "active_subscriptions": "Subscriptions",
    "balance_owed": "Balance",
    "remaining": "Remaining",
    "created_at": "Signed up",
}
SORTED_BY: Final = {"customer": "name"}
DESCENDING_FIRST: Final = frozenset({"created_at", "balance_owed", "active_subscriptions", "remaining"})
USUAL: Final = ("customer", "id", "plan", "plan_status", "active_subscriptions", "balance_owed", "created_at")


class Heading(NamedTuple):
    """A column's head: its words, where a click leads, and how it is sorted now (aria-sort)."""

    name: str
    label: str
    link: str
    sorted: str


def list_page(visitor: Visitor) -> Response:
    """The list, or with htmx the part of it that changes."""
    call, request = visitor.call, visitor.call.request
    clean = canonical(request.args)
    if list(clean.items(multi=True)) != list(request.args.items(multi=True)):
        return to(f"{HERE}?{urlencode(list(clean.items(multi=True)))}")
    query = read_query(request, PARAMETERS)
    asked = question_of(query)
    with call.view(ACCOUNT_MODELS) as view:
        found = reads.accounts(view, asked.keep, asked.ordering, limit=query["limit"], cursor=query["cursor"])
    currency = call.background.settings.currency
    rows = [{**account(Shown(row, currency), asked.columns), "address": address(row)} for row in found.items]
    shown: dict[str, Any] = {
        "visitor": visitor,
        "here": HERE,
        "live": live_path(call),
        "query": query,
        "rows": rows,
        "headings": headings(clean, asked, query),
        "next": None if found.next_cursor is None else linked(clean, cursor=found.next_cursor),
        "first": linked(clean, cursor=None) if query["cursor"] else None,
        "statuses": list(Status),
        "plans": [versions[-1] for versions in call.background.catalog.plans.values() if versions],
        "features": [each for each in call.background.catalog.features.values() if not each.archived],
        "exported": urlencode([pair for pair in clean.items(multi=True) if pair[0] not in ("cursor", "limit")]),
    }
    partial = request.headers.get("HX-Request") == "true"
    return page("customers/rows.html" if partial else "customers/list.html", **shown)


def canonical(args: "MultiDict[str, str]") -> "MultiDict[str, str]":
    """A form's values as the address that says the same: nothing empty, and the parts of a test of balances in one."""
    found: MultiDict[str, str] = MultiDict()
    parts = {name: args.get(f"balance_{name}", "") for name in BALANCE_PARTS}
    name, value = args.get("property_name", ""), args.get("property_value", "")
    for key, each in args.items(multi=True):
        if each and key not in ("property_name", "property_value") and not key.startswith("balance_"):
            found.add(key, each)
    if all(parts.values()):
        found.add("balance", ":".join(parts.values()))
    if name and value:
        found[f"metadata.{name}"] = value
    return found


def linked(args: "MultiDict[str, str]", **changed: str | None) -> str:
    """The address of this list with some of its values changed; None takes one away."""
    kept = [(key, each) for key, each in args.items(multi=True) if key not in changed]
    return f"{HERE}?{urlencode(kept + [(key, each) for key, each in changed.items() if each is not None])}"


def headings(args: "MultiDict[str, str]", asked: AccountQuestion, query: dict[str, Any]) -> list[Heading]:
    """The heads of the columns shown; a click sorts by one, a second the other way round."""
    names = [*USUAL[:-1], "remaining", USUAL[-1]] if query["feature"] else USUAL
    found = []
    for name in names:
        column, ordering = SORTED_BY.get(name, name), asked.ordering
        descending = not ordering.descending if ordering.sort == column else name in DESCENDING_FIRST
        link = linked(args, sort=column, order="desc" if descending else "asc", cursor=None)
        order = "none" if ordering.sort != column else "descending" if ordering.descending else "ascending"
        found.append(Heading(name, LABELS[name], link, order))
    return found

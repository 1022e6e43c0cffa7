"""The customer list: what `/v1/customers` answers, as a page to be searched, filtered, sorted, kept and shared."""

from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any, Final

from flask import Response

from api.call import Call
from api.dashboard.customers.asking import HERE, KEPT, Asked, Chip, address, asked, canonical, chips
from api.dashboard.customers.columns import LABELS, OF_FEATURE, PICKABLE, READ_WITH, headings, shown
from api.dashboard.gate import Visitor, to
from api.dashboard.live.changes import live_path
from api.dashboard.page import page
from api.v1.views import views_of
from api.views.account import Shown, account
from api.views.account import address as address_of
from api.views.shapes import Json
from ledger.core.offers.catalog import Catalog
from ledger.store import saved_views
from ledger.store.saved_views import SavedView
from projections import reads
from projections.accounts.plans import Status, found_by
from projections.reads import ACCOUNT_MODELS, AccountRow, Leaf, View

FORMATS: Final = {"csv": "CSV", "ndjson": "NDJSON", "parquet": "Parquet"}
LIMITS: Final = (50, 100, 250, 500)


def list_page(visitor: Visitor) -> Response:
    """The list, or with htmx the part of it that changes."""
    call, request = visitor.call, visitor.call.request
    clean = canonical(request.args)
    pairs = list(clean.items(multi=True))
    if not visitor.part and pairs != list(request.args.items(multi=True)):
        return to(address(pairs))
    views = kept_views(call)
    question = asked(clean, views)
    with call.view(ACCOUNT_MODELS) as view:
        found = _leaf(view, question)
        tried = [] if found.items else _helpful(view, question)
    status = HTTPStatus.OK if question.refused is None else HTTPStatus.BAD_REQUEST
    everything = _shown(visitor, question, views, found) | {"helpful": tried}
    response = page("customers/part.html" if visitor.part else "customers/list.html", status, **everything)
    if visitor.part:
        response.headers["HX-Push-Url"] = address(pairs)
    return response


def kept_views(call: Call) -> Sequence[SavedView]:
    """The saved views of the ledger, by name."""
    with views_of(call) as (conn, ledger_id):
        return saved_views.list_views(conn, ledger_id)


def _leaf(view: View, question: Asked) -> Leaf:
    (keep, ordering, _), query = question.question, question.query
    return reads.leaf(view, keep, ordering, limit=query["limit"], after=query["cursor"], before=query["before"])


def _helpful(view: View, question: Asked) -> Sequence[Chip]:
    """Where nobody is found: the filters without which somebody would be."""
    helpful = []
    for chip in chips(question):
        keep, ordering, _ = question.without(chip.name, chip.value).question
        if reads.accounts(view, keep, ordering, limit=1).items:
            helpful.append(chip)
    return helpful


def _shown(visitor: Visitor, question: Asked, views: Sequence[SavedView], found: Leaf) -> dict[str, Any]:
    call, query = visitor.call, question.query
    names = shown(question.question, picked=query["columns"] is not None)
    catalog = call.background.catalog
    exported = [(name, value) for name, value in question.args.items(multi=True) if name != "limit"]
    return {
        "visitor": visitor,
        "here": HERE,
        "live": live_path(call),
        "asked": question,
        "query": query,
        "chips": chips(question),
        "columns": names,
        "headings": headings(names, question.question),
        "rows": [_row(call, row, question, names) for row in found.items],
        "next": found.after and question.linked(cursor=found.after),
        "previous": found.before and question.linked(before=found.before),
        "first": question.linked() if query["cursor"] or found.before else None,
        "labels": LABELS,
        "pickable": [name for name in PICKABLE if query["feature"] or name not in OF_FEATURE],
        "statuses": list(Status),
        "plans": [versions[-1] for versions in catalog.plans.values() if versions],
        "features": [each for each in catalog.features.values() if not each.archived],
        "files": {FORMATS[name]: _file([("format", name), *exported]) for name in FORMATS},
        "views": views,
        "limits": LIMITS,
        "clear": address([pair for pair in question.args.items(multi=True) if pair[0] in KEPT]),
        "known_plans": set(_plan_names(catalog)),
        "feature_name": _feature_name(catalog, query["feature"]),
    }


def _file(pairs: Sequence[tuple[str, str]]) -> str:
    return f"/files/v1{address(pairs)}"


def _plan_names(catalog: Catalog) -> Iterator[str]:
    for plan_id, versions in catalog.plans.items():
        yield plan_id
        yield from (f"{plan_id}@{each.version}" for each in versions)


def _feature_name(catalog: Catalog, feature_id: str | None) -> str | None:
    feature = catalog.features.get(feature_id or "")
    return feature_id if feature is None else feature.name


def _row(call: Call, row: AccountRow, question: Asked, names: Sequence[str]) -> Json:
    needed = tuple(dict.fromkeys((*names, *READ_WITH)))
    cells = account(Shown(row, call.background.settings.currency), needed)
    return {**cells, "address": address_of(row), "also": _also(call, row, question)}


def _also(call: Call, row: AccountRow, question: Asked) -> Sequence[Json]:
    """The plans that it was found by and that are not what its row shows anyway, each with its own status."""
    keep, plans = question.question.keep, call.background.catalog.plans
    return [
        {"name": plans[each.plan_id][-1].name, "version": each.version, "status": each.status}
        for each in found_by(row.marks or ())
        if each.plan_id in plans and each != (row.plan_id, row.plan_version, row.plan_status)
        if each.plan_id in keep.plans or f"{each.plan_id}@{each.version}" in keep.plans
        if not keep.statuses or each.status in keep.statuses
    ]

"""The customer list: what `/v1/customers` answers, as a page to be searched, filtered, sorted, kept and shared."""

from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any, Final

from flask import Response

from api.call import Call
from api.dashboard import past
from api.dashboard.customer.price_words import per
from api.dashboard.customers.columns import LABELS, OF_FEATURE, PICKABLE, READ_WITH, headings, shown
from api.dashboard.customers.question import BILLED, HERE, KEPT, Args, Asked, Chip, address, asked, canonical, chips
from api.dashboard.gate import to
from api.dashboard.live.changes import live_path
from api.dashboard.page import page
from api.dashboard.past import Look
from api.dashboard.visitor import Visitor
from api.dashboard.words import money
from api.reads.account_query import INTERVALS, AccountQuestion
from api.reads.billed import narrowed
from api.reads.customers import page_of
from api.reads.past import Then, then_of
from api.v1.views import views_of
from api.views.account import Shown, account
from api.views.account import address as address_of
from api.views.base_price import base_amount, sold
from api.views.shapes import Json
from ledger.core.errors import InvalidRequest
from ledger.core.offers.catalog import Catalog
from ledger.store import saved_views
from ledger.store.requests import Outcome
from ledger.store.saved_views import SavedView
from projections import reads
from projections.accounts.plans import Status, found_by
from projections.reads import AccountRow, Leaf, View

FORMATS: Final = {"csv": "CSV", "ndjson": "NDJSON", "parquet": "Parquet"}
LIMITS: Final = (50, 100, 250, 500)
NOBODY: Final = Leaf([], None, None)


def list_page(visitor: Visitor) -> Response:
    """The list, or with htmx the part of it that changes."""
    call, request = visitor.call, visitor.call.request
    clean = canonical(request.args)
    pairs = list(clean.items(multi=True))
    if not visitor.part and pairs != list(request.args.items(multi=True)):
        return to(address(pairs))
    views = kept_views(call)
    question = asked(clean, views)
    then, look = _moment(call, question, clean)
    found, tried, failed = _found(call, question, then, look)
    status = HTTPStatus.BAD_REQUEST if question.refused or look.wrong or failed else HTTPStatus.OK
    everything = _shown(visitor, question, views, found, then) | {"helpful": tried, "past": look, "failed": failed}
    response = page("customers/part.html" if visitor.part else "customers/list.html", status, **everything)
    if visitor.part:
        response.headers["HX-Push-Url"] = address(pairs)
    return response


def kept_views(call: Call) -> Sequence[SavedView]:
    """The saved views of the ledger, by name."""
    with views_of(call) as (conn, ledger_id):
        return saved_views.list_views(conn, ledger_id)


def _moment(call: Call, question: Asked, clean: Args) -> tuple[Then | None, Look]:
    """The moment that the list is about; with what is wrong with it, nothing is shown in its place."""
    pairs = list(question.args.items(multi=True))
    try:
        moment = past.moment_of(clean)
        then = then_of(call, moment._asdict())
    except past.OF_MOMENT as refusal:
        return None, past.refused(call, HERE, list(clean.items(multi=True)), refusal)
    return then, past.look(HERE, pairs, moment, then)


def _found(
    call: Call, question: Asked, then: Then | None, look: Look
) -> tuple[Leaf, Sequence[Chip], InvalidRequest | None]:
    """The page, the filters that would help where nobody is on it, and why there is none."""
    if look.wrong:
        return NOBODY, [], None
    with call.view(question.question.models) as view:
        try:
            found = _leaf(call, view, question, then)
        except InvalidRequest as refusal:  # more than one may wait for, of the past
            return NOBODY, [], refusal
        return found, [] if found.items else _helpful(call, view, question, then), None


def _leaf(call: Call, view: View, question: Asked, then: Then | None) -> Leaf:
    query = question.query
    if then is not None:
        found = page_of(call, view, question.question, then, query["limit"], query["cursor"])
        return Leaf(found.items, None, found.next_cursor)
    keep, ordering, _ = narrowed(question.question, call.background.catalog)
    return reads.leaf(view, keep, ordering, limit=query["limit"], after=query["cursor"], before=query["before"])


def _helpful(call: Call, view: View, question: Asked, then: Then | None) -> Sequence[Chip]:
    """Where nobody is found: the filters without which somebody would be."""
    tried = [(chip, question.without(chip.name, chip.value).question) for chip in chips(question)]
    return [chip for chip, each in tried if _anybody(call, view, each, then)]


def _anybody(call: Call, view: View, question: AccountQuestion, then: Then | None) -> bool:
    if then is not None and question.of_sums:
        return False  # it takes too long to try
    return bool(page_of(call, view, question, then, 1, None).items)


def _shown(
    visitor: Visitor, question: Asked, views: Sequence[SavedView], found: Leaf, then: Then | None
) -> dict[str, Any]:
    call, query = visitor.call, question.query
    names = shown(question.question, picked=query["columns"] is not None)
    background = call.background if then is None else then
    catalog = background.catalog
    exported = [(name, value) for name, value in question.args.items(multi=True) if name != "limit"]
    return {
        "visitor": visitor,
        "here": HERE,
        "live": None if then is not None else live_path(call),
        "asked": question,
        "query": query,
        "chips": chips(question),
        "columns": names,
        "headings": headings(names, question.question),
        "rows": [_row(background, row, question, names) for row in found.items],
        "next": found.after and question.linked(cursor=found.after),
        "previous": found.before and question.linked(before=found.before),
        "first": question.linked() if query["cursor"] or found.before else None,
        "labels": LABELS,
        "pickable": [name for name in PICKABLE if query["feature"] or name not in OF_FEATURE],
        "statuses": list(Status),
        "intervals": {each: BILLED[each] for each in INTERVALS},
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


def _row(background: Outcome | Then, row: AccountRow, question: Asked, names: Sequence[str]) -> Json:
    needed = tuple(dict.fromkeys((*names, *READ_WITH)))
    cells = account(Shown(row, background.settings.currency, background.catalog), needed)
    priced = {"base": _base(background.catalog, row, cells["currency"])} if "base_price" in names else {}
    return {**cells, **priced, "address": address_of(row), "also": _also(background.catalog, row, question)}


def _base(catalog: Catalog, row: AccountRow, currency: str) -> str:
    """The base price as it is sold: so much, for so long."""
    plan = sold(catalog, row.plan_id, row.plan_version)
    amount = None if plan is None else base_amount(plan, currency)
    if plan is None or plan.base is None or amount is None:
        return ""
    return f"{money(amount, currency)} {per(plan.base.every)}"


def _also(catalog: Catalog, row: AccountRow, question: Asked) -> Sequence[Json]:
    """The plans that it was found by and that are not what its row shows anyway, each with its own status."""
    keep, plans = narrowed(question.question, catalog).keep, catalog.plans
    held = keep.held or ()
    return [
        {"name": plans[each.plan_id][-1].name, "version": each.version, "status": each.status}
        for each in found_by(row.marks or ())
        if each.plan_id in plans and each != (row.plan_id, row.plan_version, row.plan_status)
        if each.plan_id in held or f"{each.plan_id}@{each.version}" in held
        if (each.status in keep.statuses if keep.statuses else each.status != Status.EXPIRED)
    ]

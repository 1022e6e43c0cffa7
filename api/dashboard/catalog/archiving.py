"""Archiving a plan or a feature and taking that back: offered no longer, and kept by whoever has it."""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from flask import Response

from api.dashboard.catalog.listing import count_holders
from api.dashboard.confirming import Change, Sheet, settle, show
from api.dashboard.paths import segment
from api.dashboard.seen import Row
from api.dashboard.visitor import Visitor
from api.views.shapes import Json
from ledger.core.offers.catalog import Catalog
from ledger.core.terms import Feature, Plan


class Thing(NamedTuple):
    """What is archived: its word, how it is found, and where one goes afterwards."""

    noun: str
    find: Callable[[Catalog, str], Plan | Feature]
    here: str
    back: str


PLAN: Final = Thing("plan", lambda catalog, plan_id: catalog.plan(plan_id), "/plans", "/plans/{}")
FEATURE: Final = Thing("feature", lambda catalog, feature_id: catalog.feature(feature_id), "/features", "/features")


def plan_page(visitor: Visitor, plan_id: str) -> Response:
    """Whether to archive the plan, or to offer it again."""
    return show(visitor, *_archive(visitor, PLAN, plan_id))


def plan_form(visitor: Visitor, plan_id: str) -> Response:
    """Archive the plan, or offer it again."""
    return settle(visitor, *_archive(visitor, PLAN, plan_id))


def feature_page(visitor: Visitor, feature_id: str) -> Response:
    """Whether to archive the feature, or to offer it again."""
    return show(visitor, *_archive(visitor, FEATURE, feature_id))


def feature_form(visitor: Visitor, feature_id: str) -> Response:
    """Archive the feature, or offer it again."""
    return settle(visitor, *_archive(visitor, FEATURE, feature_id))


def _archive(visitor: Visitor, thing: Thing, thing_id: str) -> tuple[Sheet, Change]:
    catalog, form = visitor.call.background.catalog, visitor.call.request.form
    found = thing.find(catalog, thing_id)
    # Whoever asked for the one is not asked for the other, though somebody else has done it meanwhile.
    archives = form["archived"] == "1" if "archived" in form else not found.archived
    back = thing.back.format(segment(thing_id))
    shown: dict[str, Any] = {
        "name": found.name,
        "archives": archives,
        "customers": count_holders(visitor, [thing_id])[thing_id] if thing is PLAN else "",
        "given": {"reason": form.get("reason", "")},
    }

    def facts(now: Catalog) -> Sequence[Row]:
        standing = thing.find(now, thing_id)
        return [Row("is", "Name", standing.name), Row("is", "On offer", "no" if standing.archived else "yes")]

    def done(made: Json) -> str:
        return f"{made['name']} {'archived' if archives else 'is on offer again'}"

    path = f"{thing.here}/{segment(thing_id)}/archive"
    sheet = Sheet(
        "catalog/archive.html",
        path,
        back,
        catalog,
        facts,
        shown,
        about=thing.noun,
        here=thing.here,
        previewed=False,
    )
    payload = {f"{thing.noun}_id": thing_id, "archived": archives}
    return sheet, Change(f"{thing.noun}s.update", payload, done=done)

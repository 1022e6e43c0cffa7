"""Archiving a plan or a feature and taking that back: offered no longer, and kept by whoever has it."""

from http import HTTPStatus
from typing import Any, Final, NamedTuple

from flask import Response

from api.dashboard.catalog.listing import count_holders
from api.dashboard.doing import do
from api.dashboard.forms import beside, once_after
from api.dashboard.gate import Visitor, leave_for
from api.dashboard.page import page
from api.dashboard.paths import segment
from api.errors import status_of
from ledger.core.errors import Refusal


class Thing(NamedTuple):
    """What is archived: the operation that does it, what the wire calls its id, and where one goes afterwards."""

    operation: str
    id_field: str
    here: str
    back: str


PLAN: Final = Thing("plans.update", "plan_id", "/plans", "/plans/{}")
FEATURE: Final = Thing("features.update", "feature_id", "/features", "/features")


def plan_page(visitor: Visitor, plan_id: str) -> Response:
    """Whether to archive the plan, or to offer it again."""
    return _plan(visitor, plan_id)


def plan_form(visitor: Visitor, plan_id: str) -> Response:
    """Archive the plan, or offer it again."""
    try:
        return _settle(visitor, PLAN, plan_id)
    except Refusal as refusal:
        return _plan(visitor, plan_id, refusal)


def feature_page(visitor: Visitor, feature_id: str) -> Response:
    """Whether to archive the feature, or to offer it again."""
    return _feature(visitor, feature_id)


def feature_form(visitor: Visitor, feature_id: str) -> Response:
    """Archive the feature, or offer it again."""
    try:
        return _settle(visitor, FEATURE, feature_id)
    except Refusal as refusal:
        return _feature(visitor, feature_id, refusal)


def _settle(visitor: Visitor, thing: Thing, thing_id: str) -> Response:
    archived = visitor.call.request.form.get("archived") == "1"
    made = do(visitor, thing.operation, {thing.id_field: thing_id, "archived": archived})
    said = f"{made['name']} {'archived' if archived else 'is on offer again'}"
    return leave_for(visitor.call.request, thing.back.format(segment(thing_id)), said)


def _plan(visitor: Visitor, plan_id: str, refusal: Refusal | None = None) -> Response:
    found = visitor.call.background.catalog.plan(plan_id)
    customers = count_holders(visitor, [plan_id])[plan_id]
    return _page(visitor, PLAN, plan_id, found.name, refusal, archived=found.archived, customers=customers)


def _feature(visitor: Visitor, feature_id: str, refusal: Refusal | None = None) -> Response:
    found = visitor.call.background.catalog.feature(feature_id)
    return _page(visitor, FEATURE, feature_id, found.name, refusal, archived=found.archived, customers="")


def _page(
    visitor: Visitor, thing: Thing, thing_id: str, name: str, refusal: Refusal | None, *, archived: bool, customers: str
) -> Response:
    shown: dict[str, Any] = {
        "visitor": visitor,
        "here": thing.here,
        "path": f"{thing.here}/{segment(thing_id)}/archive",
        "back": thing.back.format(segment(thing_id)),
        "name": name,
        "archived": archived,
        "customers": customers,
        "wrong": {} if refusal is None else beside(refusal),
        "given": {"reason": visitor.call.request.form.get("reason", "")},
        "once": once_after(visitor.call.request),
    }
    return page("catalog/archive.html", HTTPStatus.OK if refusal is None else status_of(refusal), **shown)

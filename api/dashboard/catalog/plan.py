"""The page of one plan: what a version of it promises, and how its versions differ."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from flask import Response

from api.dashboard.catalog.comparing import Difference, differences, limits
from api.dashboard.catalog.listing import HERE, count_holders
from api.dashboard.catalog.words import base_words, item_words, trial_words
from api.dashboard.page import page
from api.dashboard.visitor import Visitor
from ledger.core.errors import PlanNotFound
from ledger.core.offers.catalog import Catalog
from ledger.core.terms import Feature, Plan

MOST_VERSIONS: Final = 20
MOST_DIGITS: Final = 9


class VersionRow(NamedTuple):
    """A version, who is on it, and what it changed of the one before; the first one changed nothing."""

    plan: Plan
    customers: str
    changes: Sequence[Difference]
    first: bool


def plan_page(visitor: Visitor, plan_id: str) -> Response:
    """The newest version, or the one that the address names."""
    catalog = visitor.call.background.catalog
    found = chosen(catalog, plan_id, visitor.call.request.args.get("version", ""))
    versions = catalog.plans[plan_id]
    named = [f"{plan_id}@{each.version}" for each in versions[-MOST_VERSIONS:]]
    counts = count_holders(visitor, [plan_id, *named])
    rows = list(_versions(versions, counts, catalog.features))
    shown: dict[str, Any] = {
        "visitor": visitor,
        "here": HERE,
        "plan": found,
        "newest": versions[-1].version == found.version,
        "price": base_words(found.base, found.currency),
        "trial": trial_words(found.free_trial),
        "items": [item_words(each, catalog.features, found.currency) for each in found.items],
        "limits": limits(found.controls, catalog.features),
        "customers": counts[plan_id],
        "versions": rows[::-1],
        "left_out": len(versions) - len(rows),
    }
    return page("catalog/plan.html", **shown)


def chosen(catalog: Catalog, plan_id: str, version: str) -> Plan:
    """A version of a plan, the newest unless one is named. Raises `PlanNotFound`."""
    if version and not (version.isascii() and version.isdigit() and len(version) <= MOST_DIGITS):
        raise PlanNotFound(plan_id, 0)
    return catalog.plan(plan_id, int(version) if version else None)


def _versions(
    versions: Sequence[Plan], counts: Mapping[str, str], features: Mapping[str, Feature]
) -> Sequence[VersionRow]:
    before = [None, *versions][-len(versions[-MOST_VERSIONS:]) - 1 : -1]
    return [
        VersionRow(each, counts[f"{each.plan_id}@{each.version}"], differences(was, each, features), was is None)
        for was, each in zip(before, versions[-MOST_VERSIONS:], strict=True)
    ]

"""The plans of a ledger as a list: those on offer, those archived, and the discounts."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from flask import Response

from api.dashboard.catalog.words import base_words, item_words, trial_words
from api.dashboard.page import page
from api.dashboard.visitor import Visitor
from api.dashboard.words import exact_money, units
from ledger.core.money import to_major
from ledger.core.offers.catalog import Catalog
from ledger.core.terms import Discount, Feature, Plan
from projections.queries.holders import MODELS, holders

HERE: Final = "/plans"
AT_ONCE: Final = 50
COUNTED: Final = 1_000
MOST_NAMED: Final = 4
MOST_DIGITS: Final = 9


class PlanRow(NamedTuple):
    """A plan of the list. `customers` is None where they are not counted."""

    plan: Plan
    price: str
    trial: str
    grants: str
    customers: str


class DiscountRow(NamedTuple):
    """A discount of the list, in words."""

    discount: Discount
    takes_off: str
    lasts: str


def list_page(visitor: Visitor) -> Response:
    """The list, or with htmx the part of it that changes."""
    args, catalog = visitor.call.request.args, visitor.call.background.catalog
    search = args.get("search", "").strip()
    asked = args.get("page", "")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= MOST_DIGITS else 1
    found = [each for each in catalog.newest() if _like(each, search)]
    offered = [each for each in found if not each.archived]
    start = (min(number, len(offered) // AT_ONCE + 1) - 1) * AT_ONCE if number else 0
    counts = count_holders(visitor, [each.plan_id for each in offered[start : start + AT_ONCE]])
    more = start + AT_ONCE < len(offered)
    shown: dict[str, Any] = {
        "visitor": visitor,
        "here": HERE,
        "search": search,
        "rows": [_row(each, catalog.features, counts) for each in offered[start : start + AT_ONCE]],
        "archived": [_row(each, catalog.features, {}) for each in found if each.archived],
        "discounts": [_discount(each) for each in catalog.discounts.values()],
        "any": bool(catalog.plans),
        "features": bool(catalog.features),
        "next": f"{HERE}?{urlencode({'search': search, 'page': start // AT_ONCE + 2})}" if more else None,
        "before": f"{HERE}?{urlencode({'search': search, 'page': start // AT_ONCE})}" if start else None,
    }
    return page("catalog/plan_rows.html" if visitor.part else "catalog/plans.html", **shown)


def count_holders(visitor: Visitor, plans: Iterable[str]) -> Mapping[str, str]:
    """How many customers are on each plan, or version of one (`pro@2`), as far as they are counted."""
    named = list(plans)
    if not named:
        return {}
    with visitor.call.view(MODELS) as view:
        counts = {each: holders(view, each, COUNTED + 1) for each in named}
    return {each: f"{COUNTED:,}+" if count > COUNTED else f"{count:,}" for each, count in counts.items()}


def _like(plan: Plan, search: str) -> bool:
    return any(search.lower() in text.lower() for text in (plan.plan_id, plan.name, plan.group))


def _row(plan: Plan, features: Mapping[str, Feature], counts: Mapping[str, str]) -> PlanRow:
    price = base_words(plan.base, plan.currency) if plan.base is not None else "by use" if plan.priced else "free"
    trial = trial_words(plan.free_trial) if plan.free_trial is not None else ""
    return PlanRow(plan, price, trial, _grants(plan, features), counts.get(plan.plan_id, ""))


def _grants(plan: Plan, features: Mapping[str, Feature]) -> str:
    names = [item_words(item, features, plan.currency).name for item in plan.items]
    rest = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _discount(found: Discount) -> DiscountRow:
    if found.amount_minor is not None and found.currency is not None:
        takes = exact_money(to_major(found.amount_minor, found.currency), found.currency)
    else:
        takes = f"{units(found.percent)} %"
    months = found.months
    lasts = "one invoice" if found.once else "for good" if months is None else f"{months} month{'s' * (months > 1)}"
    return DiscountRow(found, takes, lasts)


def offered_features(catalog: Catalog) -> Sequence[Feature]:
    """The features that a new item can be of."""
    return [each for each in catalog.features.values() if not each.archived]

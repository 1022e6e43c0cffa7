"""Creating and changing a plan: what saving would do is shown before it is done."""

import hashlib
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from flask import Response

from api.dashboard.catalog.comparing import Difference, differences
from api.dashboard.catalog.listing import HERE, count_holders, offered_features
from api.dashboard.catalog.plan import chosen
from api.dashboard.catalog.plan_fields import EMPTY, SHAPE, fields_of, request_of
from api.dashboard.catalog.rehearsing import rehearse
from api.dashboard.catalog.rows import Tree, act, flat, tree
from api.dashboard.catalog.words import DECREASE, INCREASE, INTERVALS
from api.dashboard.catalog.wrong import placed
from api.dashboard.doing import do
from api.dashboard.forms import once_after
from api.dashboard.gate import Visitor, leave_for
from api.dashboard.page import page
from api.dashboard.paths import segment
from api.errors import status_of
from api.views.shapes import Json
from api.wire.common import BILLING_INTERVALS
from ledger.core.errors import Refusal
from ledger.core.events import PlanUpdated, PlanVersionCreated
from ledger.core.offers.catalog import PLAN_IN_USE, Catalog
from ledger.core.terms import FeatureKind, Plan
from ledger.store.requests import Outcome

HOW: Final = {
    "": "A new version if somebody has had the plan",
    "force_version": "A new version in any case",
    "disable_version": "In place",
    "all_versions": "In place, in every version",
}
"""How a change is kept; the names are those of the API."""
PLAN_FIELDS: Final = (
    "plan_id", "name", "description", "group", "add_on", "auto_enable", "reason", "price.amount", "price.interval",
    "price.interval_count", "price.additional_currencies", "free_trial.duration_length", "free_trial.duration_type",
    "free_trial.on_end",
)  # fmt: skip
ITEM_FIELDS: Final = (
    "feature_id", "unlimited", "included", "reset.interval", "reset.interval_count", "price.billing_method",
    "price.interval", "price.interval_count", "price.amount", "price.billing_units", "price.max_purchase",
    "price.tier_behavior", "price.additional_currencies", "rollover.expiry_duration_type", "rollover.max",
    "rollover.max_percentage", "rollover.expiry_duration_length", "expiry.duration", "expiry.length",
    "proration.on_increase", "proration.on_decrease", "entity_feature_id",
)  # fmt: skip
TIER_FIELDS: Final = ("to", "amount", "flat_amount", "additional_currencies")


class Effect(NamedTuple):
    """What saving would do: which version it makes or changes, and of that what is another. None where nothing is."""

    new_version: int | None
    in_place: Sequence[int]
    changes: Sequence[Difference]
    in_use: bool

    @property
    def mark(self) -> str:
        """What was shown, in short, so that it is noticed when it is something else by now."""
        return hashlib.sha256(repr(self).encode()).hexdigest()


def new_page(visitor: Visitor) -> Response:
    """The empty form, with room for a first item."""
    return _page(visitor, None, {**EMPTY, "items": [{}] if offered_features(_catalog(visitor)) else []})


def new_form(visitor: Visitor) -> Response:
    """Create the plan and go to it, or show the form again: with another row, or with what is wrong."""
    sent = visitor.call.request.form
    form = tree(sent, SHAPE)
    if act(form, sent, SHAPE):
        return _page(visitor, None, form)
    asked = {name: each for name, each in request_of(form, _flags(visitor)).items() if each is not None}
    try:
        made = do(visitor, "plans.create", {"plan_id": form.get("plan_id", ""), **asked})
    except Refusal as refusal:
        wrong = placed(refusal, _names(form), form.get("items", []))
        return _page(visitor, None, form, wrong=wrong, status=status_of(refusal))
    return leave_for(visitor.call.request, f"{HERE}/{segment(made['id'])}", f"Plan {made['name']} created")


def edit_page(visitor: Visitor, plan_id: str) -> Response:
    """The form of the newest version, or of the one that the address names."""
    found = chosen(_catalog(visitor), plan_id, visitor.call.request.args.get("version", ""))
    return _page(visitor, found, fields_of(found))


def edit_form(visitor: Visitor, plan_id: str) -> Response:
    """Another row, or what saving would do or, once that was confirmed, it is done."""
    sent = visitor.call.request.form
    form, found = tree(sent, SHAPE), chosen(_catalog(visitor), plan_id, sent.get("version", ""))
    if act(form, sent, SHAPE):
        return _page(visitor, found, form)
    payload = _changes(visitor, found, form)
    try:
        effect = _effect(found, rehearse(visitor, "plans.update", payload), _catalog(visitor))
        if sent.get("confirm") != "1" or (effect is not None and sent.get("seen") != effect.mark):
            stale = sent.get("confirm") == "1" and bool(sent.get("seen"))
            return _page(visitor, found, form, effect=effect, reviewed=True, stale=stale)
        kept = None if effect is None else do(visitor, "plans.update", payload)
    except Refusal as refusal:
        wrong = placed(refusal, _names(form), form.get("items", []))
        return _page(visitor, found, form, wrong=wrong, status=status_of(refusal))
    said = "" if kept is None else f"Plan {kept['name']} saved, version {kept['version']}"
    return leave_for(visitor.call.request, f"{HERE}/{segment(plan_id)}", said)


def _changes(visitor: Visitor, found: Plan, form: Tree) -> Json:
    """Of what the form says, that which the plan does not say already: nobody else's change is undone by accident."""
    flags = _flags(visitor)
    was, becomes = request_of(fields_of(found), flags), request_of(form, flags)
    how = form.get("how", "")
    newest = _catalog(visitor).plan(found.plan_id).version == found.version
    return {
        "plan_id": found.plan_id,
        **{name: each for name, each in becomes.items() if each != was[name]},
        **({} if newest or how == "all_versions" else {"version": found.version}),
        **({how: True} if how and how in HOW else {}),
    }


def _effect(found: Plan, outcome: Outcome, catalog: Catalog) -> Effect | None:
    events = outcome.events
    if not events:
        return None
    made = next((each.plan for each in events if isinstance(each, PlanVersionCreated)), None)
    changed = [each for each in events if isinstance(each, PlanUpdated)]
    same = [each.after for each in changed if each.after.version == found.version]
    after = made or (same[0] if same else changed[0].after)
    before = catalog.plan(found.plan_id) if made is not None else catalog.plan(found.plan_id, after.version)
    in_use = (PLAN_IN_USE, found.plan_id) in outcome.context.claims
    versions, changes = [each.after.version for each in changed], differences(before, after, catalog.features)
    return Effect(None if made is None else made.version, versions, changes, in_use)


def _names(form: Tree) -> list[str]:
    """The fields that the form shows, and the heads of its items."""
    items = [
        name
        for number, item in enumerate(form.get("items", []))
        for name in (
            f"items.{number}",
            *(f"items.{number}.{each}" for each in ITEM_FIELDS),
            *(
                f"items.{number}.price.tiers.{tier}.{each}"
                for tier in range(len(item.get("price", {}).get("tiers", [])))
                for each in TIER_FIELDS
            ),
        )
    ]
    return [*PLAN_FIELDS, *items]


def _catalog(visitor: Visitor) -> Catalog:
    found: Catalog = visitor.call.background.catalog
    return found


def _flags(visitor: Visitor) -> set[str]:
    return {each.feature_id for each in _catalog(visitor).features.values() if each.kind is FeatureKind.BOOLEAN}


def _page(
    visitor: Visitor,
    plan: Plan | None,
    form: Tree,
    *,
    wrong: dict[str, str] | None = None,
    status: int = HTTPStatus.OK,
    **shown: Any,
) -> Response:
    usual: dict[str, Any] = {"effect": None, "reviewed": False, "stale": False, **shown}
    catalog = _catalog(visitor)
    held = {each.get("feature_id") for each in form.get("items", [])}
    features = [each for each in catalog.features.values() if not each.archived or each.feature_id in held]
    everything: dict[str, Any] = {
        **usual,
        "visitor": visitor,
        "here": HERE,
        "plan": plan,
        "path": "/new/plan" if plan is None else f"{HERE}/{segment(plan.plan_id)}/edit",
        "form": form,
        "given": dict(flat(form)),
        "wrong": wrong or {},
        "features": features,
        "currency": visitor.call.background.settings.currency if plan is None else plan.currency,
        "billed": [(each, INTERVALS_SHOWN[each]) for each in BILLING_INTERVALS],
        "resets": list(INTERVALS_SHOWN.items()),
        "increase": {each.value: text for each, text in INCREASE.items()},
        "decrease": {each.value: text for each, text in DECREASE.items()},
        "how": HOW,
        "customers": "" if plan is None else count_holders(visitor, [plan.plan_id])[plan.plan_id],
        "once": once_after(visitor.call.request),
    }
    return page("catalog/plan_form.html", status, **everything)


INTERVALS_SHOWN: Final = {each.value: one for each, (one, _) in INTERVALS.items()}

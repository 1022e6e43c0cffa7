"""plans.*: what is sold."""

from collections.abc import Iterable
from typing import Any, Final

from api.call import Call, Handlers
from api.v1.controls import controls
from api.v1.offers import base_price, free_trial, items
from api.views.plan import plan, shown_eligibility
from api.views.shapes import Json
from api.wire.json import EPOCH
from ledger.core.events import PlanCreated, PlanVersionCreated
from ledger.core.offers.catalog import Catalog, CreatePlan, DeletePlan, UpdatePlan
from ledger.core.settings import LedgerSettings
from ledger.core.subscriptions.change import Attach
from ledger.core.subscriptions.eligibility import eligibility
from ledger.core.subscriptions.several import AttachMany
from ledger.core.terms import Plan
from ledger.store.addresses import CatalogAddress, CustomerAddress

TAKEN_AS_SENT: Final = ("name", "description", "group", "add_on", "auto_enable", "archived", "metadata")


def create(call: Call, body: dict[str, Any]) -> Json:
    """The first version of a plan, in the ledger's currency."""
    settings: LedgerSettings = call.look(CatalogAddress()).settings
    made = offered(body, settings.currency)
    outcome = call.execute(CatalogAddress(), CreatePlan(made))
    return _shown(outcome.state, outcome.state.plan(made.plan_id), outcome.settings)


def offered(body: dict[str, Any], currency: str) -> Plan:
    """The plan that a body describes, priced in `currency`; when it was made is the catalog's to say."""
    return Plan(plan_id=body["plan_id"], version=1, created_at=EPOCH, **_changes(body, currency))


def _changes(body: dict[str, Any], currency: str) -> dict[str, Any]:
    """The fields of the core's plan that the body sets."""
    changes: dict[str, Any] = {name: body[name] for name in TAKEN_AS_SENT if name in body}
    if "price" in body:
        changes["base"] = base_price(body["price"], currency) if body["price"] is not None else None
    if "items" in body:
        changes["items"] = items(body["items"], currency)
    if "free_trial" in body:
        changes["free_trial"] = free_trial(body["free_trial"]) if body["free_trial"] is not None else None
    if "billing_controls" in body:
        changes["controls"] = controls(body["billing_controls"]) if body["billing_controls"] else None
    return {**changes, **body.get("config", {})}


def get(call: Call, body: dict[str, Any]) -> Json:
    """One version of a plan, the newest unless one is named."""
    outcome = call.look(CatalogAddress())
    return _shown(outcome.state, outcome.state.plan(body["plan_id"], body.get("version")), outcome.settings)


def list_all(call: Call, body: dict[str, Any]) -> Json:
    """The plans of the ledger; with a customer, what attaching each would do."""
    if "customer_id" not in body:
        outcome = call.look(CatalogAddress())
        shown = [_shown(outcome.catalog, each, outcome.settings) for each in _chosen(outcome.catalog, body)]
        return {"list": shown}
    return {"list": _with_eligibility(call, body)}


def _with_eligibility(call: Call, body: dict[str, Any]) -> list[Json]:
    offered = [Attach(each.plan_id) for each in call.background.catalog.newest() if each.free_trial is not None]
    outcome = call.ponder(CustomerAddress(body["customer_id"]), AttachMany(tuple(offered)))
    assert outcome.context is not None
    scene, entity_id = call.scene(outcome), body.get("entity_id")
    if entity_id is not None:
        scene.customer.entity(entity_id)
    return [
        {
            **_shown(scene.catalog, each, scene.settings),
            "customer_eligibility": shown_eligibility(eligibility(scene.customer, each, entity_id, outcome.context)),
        }
        for each in _chosen(scene.catalog, body)
    ]


def _chosen(catalog: Catalog, body: dict[str, Any]) -> Iterable[Plan]:
    every = [version for versions in catalog.plans.values() for version in versions]
    found = every if body["all_versions"] else catalog.newest()
    return [each for each in found if body["include_archived"] or not each.archived]


def update(call: Call, body: dict[str, Any]) -> Json:
    """Change what was sent; where customers hold the plan, as a new version."""
    plan_id = body["plan_id"]
    settings: LedgerSettings = call.look(CatalogAddress()).settings
    command = UpdatePlan(
        plan_id,
        _changes(body, settings.currency),
        body.get("version"),
        body.get("disable_version", False),
        body.get("force_version", False),
        body.get("all_versions", False),
        body.get("new_plan_id"),
    )
    outcome = call.execute(CatalogAddress(), command)
    made = any(isinstance(each, PlanCreated | PlanVersionCreated) for each in outcome.events)
    changed = outcome.state.plan(body.get("new_plan_id", plan_id), None if made else body.get("version"))
    return _shown(outcome.state, changed, outcome.settings)


def delete(call: Call, body: dict[str, Any]) -> Json:
    """Take a plan away that nobody has ever had."""
    call.execute(CatalogAddress(), DeletePlan(body["plan_id"], body["all_versions"]))
    return {"success": True}


def _shown(catalog: Catalog, found: Plan, settings: LedgerSettings) -> Json:
    newest = catalog.plans[found.plan_id][-1].version == found.version
    return plan(found, settings.env.value, newest=newest)


HANDLERS: Final[Handlers] = {
    "plans.create": create,
    "plans.get": get,
    "plans.list": list_all,
    "plans.update": update,
    "plans.delete": delete,
}

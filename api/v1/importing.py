"""billing.import: a customer comes over from elsewhere with its plans as they stand there."""

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any, Final

from api.call import Call, Handlers
from api.ids import SUBSCRIPTION, shown_customer, shown_local
from api.v1.changing import quantities
from api.v1.customers import PERSONAL
from api.views.customer import customer
from api.views.shapes import Json, Scene
from ledger.core.customer import decide
from ledger.core.events import Event, PlanAttached, PlanScheduled
from ledger.core.folding import evolve
from ledger.core.period import Interval
from ledger.core.profile import CreateCustomer, UpdateCustomer
from ledger.core.state import Customer
from ledger.core.subscriptions.importing import ImportedBalance, ImportedPlan, ImportPlans
from ledger.core.subscriptions.subscription import Subscription
from ledger.store.addresses import CustomerAddress, OpeningAddress
from ledger.store.requests import Step, StepsRefused

Body = Mapping[str, Any]


def import_plans(call: Call, body: dict[str, Any]) -> Json:
    """Put plans in force as they stand elsewhere; a plan that is attached already is left as it is."""
    command = ImportPlans(tuple(map(_plan, body["billables"])))
    address = CustomerAddress(body["customer_id"])
    if body["dry_run"]:
        outcome = call.ponder(address, command)
        scene = call.scene(outcome)
        events = decide(scene.customer, command, outcome.context)
        after = reduce(evolve, events, scene.customer)
        return _answer(scene, _flashed(scene, body, after, events, written=False), None)
    steps = [*_opening(body), Step(address, command)]
    try:
        outcome = call.execute_all(steps)
    except StepsRefused as refused:
        raise refused.refusals[min(refused.refusals)] from None
    scene = call.scene(outcome, step=len(steps) - 1)
    flashed = _flashed(scene, body, scene.customer, outcome.steps[-1].events, written=True)
    return _answer(scene, flashed, customer(scene))


def _opening(body: Body) -> list[Step]:
    """With data of the customer: make it where it does not exist, and change what was sent of it."""
    if "customer_data" not in body:
        return []
    data, customer_id = body["customer_data"], body["customer_id"]
    changes: dict[str, object] = {name: data[name] for name in PERSONAL if name in data}
    made = CreateCustomer(customer_id=customer_id, **changes)  # type: ignore[arg-type]  # as the schema reads them
    return [
        Step(OpeningAddress(customer_id, data.get("email")), made),
        Step(CustomerAddress(customer_id), UpdateCustomer(changes)),
    ]


def _plan(billable: Body) -> ImportedPlan:
    found = billable["plan"]
    return ImportedPlan(
        found["plan_id"],
        found.get("version"),
        found["status"],
        found.get("started_at"),
        billable.get("billing_cycle_anchor"),
        billable.get("link", {}).get("subscription_id"),
        quantities(found),
        tuple(map(_balance, found.get("balances", ()))),
    )


def _balance(found: Body) -> ImportedBalance:
    which = found.get("filter", {})
    interval = which.get("interval")
    lifetime = "interval" in which and interval in (None, "lifetime")
    return ImportedBalance(
        found["feature_id"],
        found.get("usage"),
        found.get("balance"),
        found.get("next_reset_at"),
        Interval.ONE_OFF if lifetime else None if interval is None else Interval(interval),
        which.get("billing_behavior"),
    )


def _flashed(scene: Scene, body: Body, after: Customer, events: Sequence[Event], *, written: bool) -> list[Json]:
    """What became of each plan, in the order of the request: plans that were made are named in the events.

    What is not `written` has no id yet.
    """
    begun = [each for each in events if isinstance(each, PlanAttached | PlanScheduled)]
    waiting = {each.subscription_id: each.plan.plan_id for each in begun}
    shown = []
    for billable in body["billables"]:
        plan_id, status = billable["plan"]["plan_id"], billable["plan"]["status"]
        key = next((key for key, each in waiting.items() if each == plan_id), None)
        if key is not None:
            del waiting[key]
        held = (
            (key if written else None)
            if key is not None
            else next((each.subscription_id for each in _held(after, plan_id)), None)
        )
        shown.append(
            {
                "plan_id": plan_id,
                "processor": billable.get("processor", "none"),
                "customer_product_id": None if held is None else shown_local(SUBSCRIPTION, scene.stream_id, held),
                "status": status if key is not None else "active" if held is not None else "expired",
                "skipped": key is None,
                **({} if key is not None else {"reason": "It is attached already, or has ended, and was left alone"}),
            }
        )
    return shown


def _held(after: Customer, plan_id: str) -> list[Subscription]:
    return [each for each in after.subscriptions.values() if each.plan.plan_id == plan_id]


def _answer(scene: Scene, flashed: list[Json], shown: Json | None) -> Json:
    return {
        "customer_id": shown_customer(scene.customer.customer_id, scene.stream_id),
        "flashed": flashed,
        "customer": shown,
    }


HANDLERS: Final[Handlers] = {"billing.import": import_plans}

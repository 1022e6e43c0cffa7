"""billing.multi_attach and create_schedule: several plans in one change, now or in phases."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import UNSET

from api.call import Call, Handlers
from api.ids import SUBSCRIPTION, shown_customer, shown_local
from api.v1.billing import changed, currency_for, quoted, shown_change
from api.v1.changing import billing, customize, quantities, trial
from api.v1.customers import create_command
from api.v1.payments import require_paid
from api.views.invoice import changed_invoice
from api.views.preview import attach_preview
from api.views.shapes import Json, Scene
from ledger.core.entity import CreateEntity
from ledger.core.errors import CustomerNotFound
from ledger.core.events import ChangeHeld, Event, PlanAttached, PlanScheduled
from ledger.core.period import Every, Interval
from ledger.core.subscriptions.billing import ProrationBehavior
from ledger.core.subscriptions.change import Attach
from ledger.core.subscriptions.phases import CreateSchedule, Phase
from ledger.core.subscriptions.several import AttachMany
from ledger.store.addresses import CustomerAddress, OpeningAddress
from ledger.store.requests import Step, StepsRefused

Body = Mapping[str, Any]
SCHEDULE: Final = "sched"


def multi_attach(call: Call, body: dict[str, Any]) -> Json:
    """Attach plans in order, all or none; with `customer_data` and `entity_data` those whom they are for, too."""
    steps = _opening(call, body)
    command = _attach_many(call, body)
    if not steps:
        return changed(call, body, command)
    address = CustomerAddress(body["customer_id"])
    try:
        outcome = call.execute_all([*steps, Step(address, command)])
    except StepsRefused as refused:
        raise refused.refusals[min(refused.refusals)] from None
    require_paid(outcome, step=len(steps))
    return shown_change(call.scene(outcome, step=len(steps)), body, outcome.steps[len(steps)].events)


def preview_multi_attach(call: Call, body: dict[str, Any]) -> Json:
    """What that would cost and do; nothing is written."""
    return attach_preview(*quoted(call, body, _attach_many(call, body)))


def _opening(call: Call, body: Body) -> list[Step]:
    """The steps that make the customer and the entity that are named, where there are data of them."""
    steps: list[Step] = []
    customer_id = body["customer_id"]
    if "customer_data" in body:
        data = body["customer_data"]
        steps.append(Step(OpeningAddress(customer_id, data.get("email")), create_command(customer_id, data)))
    if "entity_data" in body and not _has_entity(call, body):
        data = body["entity_data"]
        entity = CreateEntity(body["entity_id"], data["feature_id"], data.get("name"))
        steps.append(Step(CustomerAddress(customer_id), entity))
    return steps


def _has_entity(call: Call, body: Body) -> bool:
    try:
        found = call.look(CustomerAddress(body["customer_id"])).steps[0].after
    except CustomerNotFound:
        return False
    return body["entity_id"] in found.entities


def _attach_many(call: Call, body: Body) -> AttachMany:
    currency = currency_for(call, body, body["plans"])
    return AttachMany(
        tuple(
            _part(each, body, currency, first=True, new_subscription=body.get("new_billing_subscription"))
            for each in body["plans"]
        ),
        billing(body, currency, behavior="billing_behavior"),
    )


def _part(found: Body, body: Body, currency: str, *, first: bool, new_subscription: bool | None = None) -> Attach:
    """One of several plans; trial, start and anchor of the request are for those that start `first`."""
    return Attach(
        plan_id=found["plan_id"],
        version=found.get("version"),
        entity_id=found.get("entity_id", body.get("entity_id")),
        quantities=quantities(found),
        external_id=found.get("subscription_id"),
        customize=customize(found, currency),
        free_trial=trial(body) if first else UNSET,
        starts_at=body.get("starts_at") if first else None,
        anchor_now=first and body.get("billing_cycle_anchor") == "now",
        new_billing_subscription=new_subscription,
    )


def create_schedule(call: Call, body: dict[str, Any]) -> Json:
    """Put the first phase's plans in force now and schedule the others."""
    outcome = call.execute(CustomerAddress(body["customer_id"]), _schedule(call, body))
    require_paid(outcome)
    scene = call.scene(outcome)
    waits = any(isinstance(each, ChangeHeld) for each in outcome.events)
    schedule_id = shown_local(SCHEDULE, scene.stream_id, f"{outcome.steps[0].before.version + 1}.0")
    return {
        "customer_id": shown_customer(scene.customer.customer_id, scene.stream_id),
        "entity_id": body.get("entity_id"),
        "status": "pending_payment" if waits else "created",
        "schedule_id": None if waits else schedule_id,
        "phases": [] if waits else _phases(scene, outcome.events, schedule_id),
        "payment_url": None,
        **changed_invoice(scene, outcome.events),
    }


def _schedule(call: Call, body: Body) -> CreateSchedule:
    every = [*(plan for phase in body["phases"] for plan in phase["plans"]), *body.get("unscheduled_plans", ())]
    currency = currency_for(call, body, every)
    return CreateSchedule(
        tuple(_phase(each, body, currency, first=index == 0) for index, each in enumerate(body["phases"])),
        body.get("entity_id"),
        tuple(_part(each, body, currency, first=True) for each in body.get("unscheduled_plans", ())),
        billing(body, currency, behavior="billing_behavior"),
    )


def _phase(found: Body, body: Body, currency: str, *, first: bool) -> Phase:
    starts_at, after, anchor = found.get("starts_at"), found.get("starting_after"), found.get("billing_cycle_anchor")
    return Phase(
        tuple(_part(each, body, currency, first=first) for each in found["plans"]),
        starts_at if isinstance(starts_at, datetime) else None,
        None if after is None else Every(Interval(after["duration_type"]), after["duration_count"]),
        anchor == "phase_start",
        anchor if isinstance(anchor, datetime) else None,
        ProrationBehavior(found.get("proration_behavior", ProrationBehavior.PRORATE_IMMEDIATELY)),
    )


def _phases(scene: Scene, events: Sequence[Event], schedule_id: str) -> list[Json]:
    """The phases by the instants at which what was made starts."""
    made: dict[datetime, list[str]] = {scene.now: []}
    for event in events:
        match event:
            case PlanAttached():
                made[scene.now].append(event.subscription_id)
            case PlanScheduled():
                made.setdefault(event.starts_at, []).append(event.subscription_id)
    return [
        {
            "phase_id": f"{schedule_id}_{index}",
            "starts_at": starts_at,
            "customer_product_ids": [shown_local(SUBSCRIPTION, scene.stream_id, each) for each in made[starts_at]],
        }
        for index, starts_at in enumerate(sorted(made))
    ]


HANDLERS: Final[Handlers] = {
    "billing.multi_attach": multi_attach,
    "billing.preview_multi_attach": preview_multi_attach,
    "billing.create_schedule": create_schedule,
}

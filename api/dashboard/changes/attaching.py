"""The attach sheet, and the same for a plan in place of another: which plan, for whom, from when, on which terms."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from flask import Response

from api.dashboard.changes import terms_fields as terms
from api.dashboard.changes.facts import account
from api.dashboard.changes.offered import Offered, discounts_offered, offered, plans_offered, version_of
from api.dashboard.changes.quoting import quoted
from api.dashboard.changes.subject import held_plan, plan_path, scene_of
from api.dashboard.changes.terms_fields import Reading, read_terms
from api.dashboard.confirming import Change, Sheet, settle, show
from api.dashboard.forms import by, day_milliseconds, given
from api.dashboard.paths import customer_path
from api.dashboard.visitor import Visitor
from api.dashboard.words import local_day
from api.views.shapes import Scene
from ledger.core.subscriptions.subscription import Subscription

MANY: Final = 8  # plans, from which on one looks for a plan by its name
SCHEDULES: Final = {"": "As usual", "immediate": "Now", "end_of_cycle": "At the end of the period"}
FIELDS: Final = ("plan", "version", "entity", "starts_on", "ends_on", "schedule", "carry_balances", *terms.FIELDS)
OFTEN: Final = ("plan", "version", "entity", "schedule", "reason", "trial_unit")
"""What is not hidden away among further options, and a unit, which says nothing by itself and is always sent."""


def attach_page(visitor: Visitor, customer_id: str) -> Response:
    """The form; with a plan and an entity chosen where the address names them."""
    return show(visitor, *_sheet(visitor, customer_id))


def attach_form(visitor: Visitor, customer_id: str) -> Response:
    """The preview of what the form says or, once it was confirmed, the change."""
    return settle(visitor, *_sheet(visitor, customer_id))


def switch_page(visitor: Visitor, customer_id: str, subscription_id: str) -> Response:
    """The form, for a plan in place of one that is held, with the next dearer one chosen."""
    return show(visitor, *_switch(visitor, customer_id, subscription_id))


def switch_form(visitor: Visitor, customer_id: str, subscription_id: str) -> Response:
    """The preview of the switch or, once it was confirmed, the switch."""
    return settle(visitor, *_switch(visitor, customer_id, subscription_id))


def _sheet(visitor: Visitor, customer_id: str) -> tuple[Sheet, Change | None]:
    scene, said = scene_of(visitor, customer_id), given(visitor.call.request)
    path = f"{customer_path(customer_id)}/attach"
    return _form(customer_id, scene, path, plans_offered(scene), {**dict.fromkeys(FIELDS, ""), **said}, None)


def _switch(visitor: Visitor, customer_id: str, subscription_id: str) -> tuple[Sheet, Change | None]:
    scene, said = scene_of(visitor, customer_id), given(visitor.call.request)
    held = held_plan(scene, customer_id, subscription_id)
    plans = [each for each in plans_offered(scene) if _takes_over(each, held)]
    filled = {**dict.fromkeys(FIELDS, ""), "plan": _next_dearer(plans, offered(scene, held.plan)), **said}
    path = plan_path(customer_id, subscription_id, "change")
    return _form(customer_id, scene, path, plans, {**filled, "entity": held.entity_id or ""}, held)


def _takes_over(plan: Offered, held: Subscription) -> bool:
    """Whether a plan takes the place of another one: both are main plans of one group."""
    other = plan.plan
    return (
        not other.add_on and not other.one_off and other.group == held.plan.group and other.plan_id != held.plan.plan_id
    )


def _next_dearer(plans: Sequence[Offered], now: Offered) -> str:
    """The plan that one would most likely go to: the next dearer one, else the dearest."""
    dearer = [each for each in plans if (each.amount or 0) > (now.amount or 0)]
    chosen = dearer[:1] or plans[-1:]
    return chosen[0].plan_id if chosen else ""


def _form(
    customer_id: str,
    scene: Scene,
    path: str,
    plans: Sequence[Offered],
    said: Mapping[str, str],
    held: Subscription | None,
) -> tuple[Sheet, Change | None]:
    chosen = _chosen(scene, plans, said)
    reading = Reading(said)
    if chosen is not None:
        _read(reading, chosen, customer_id, scene)
    shown = {
        **_shown(scene, customer_id, said),
        "plans": plans,
        "many": len(plans) > MANY,
        "chosen": chosen,
        "held": held,
    }
    back = customer_path(customer_id, said["entity"])
    sheet = Sheet("changes/attach.html", path, back, scene, account, shown, beside=by(reading.fields))
    sheet = sheet._replace(wrong=reading.wrong, missing={} if chosen else {"plan": "Choose a plan"})
    if chosen is None or reading.wrong:
        return sheet, None
    return sheet, Change("billing.attach", reading.payload, quoted, f"{chosen.plan.name} was attached")


def _chosen(scene: Scene, plans: Sequence[Offered], said: Mapping[str, str]) -> Offered | None:
    """The version that is chosen; none while no plan is, or one that cannot be."""
    if all(each.plan_id != said["plan"] for each in plans):
        return None
    version = version_of(scene, said["plan"], said["version"])
    return None if version is None else offered(scene, version)


def _shown(scene: Scene, customer_id: str, said: Mapping[str, str]) -> dict[str, Any]:
    return {
        **for_whom(scene, customer_id, said),
        "several": f"{customer_path(customer_id)}/attach-several?{urlencode(_first(said))}".rstrip("?"),
        "schedules": SCHEDULES,
        "terms": terms,
        "discounts": discounts_offered(scene),
        "further": any(value for name, value in said.items() if name in FIELDS and name not in OFTEN),
    }


def _read(reading: Reading, chosen: Offered, customer_id: str, scene: Scene) -> None:
    said, payload = reading.given, reading.payload
    payload |= {"customer_id": customer_id, "plan_id": chosen.plan_id}
    if said["version"] and chosen.plan.version != chosen.versions[-1]:
        payload["version"] = chosen.plan.version
    if said["entity"]:
        payload["entity_id"] = said["entity"]
    if said["starts_on"] and said["starts_on"] != local_day(scene.now):
        reading.put("starts_at", lambda: day_milliseconds("starts_on", said["starts_on"]))
    if said["ends_on"]:
        reading.put("ends_at", lambda: day_milliseconds("ends_on", said["ends_on"]))
    if said["schedule"]:
        payload["plan_schedule"] = said["schedule"]
    if said["carry_balances"]:
        payload["carry_over_balances"] = {"enabled": True}
    read_terms(reading, chosen)


def _first(said: Mapping[str, str]) -> dict[str, str]:
    """What a sheet for several plans begins with."""
    return {name: said[name] for name in ("plan", "entity") if said[name]}


def for_whom(scene: Scene, customer_id: str, said: Mapping[str, str]) -> dict[str, Any]:
    """What every sheet shows that puts somebody on plans: what was said, and whom they are and can be for."""
    entities, entity_id = {key: _named(scene, key) for key in scene.customer.entities}, said["entity"]
    return {
        "given": said,
        "address": customer_id,
        "entities": {"": "The whole customer"} | entities,
        "whom": entities.get(entity_id, customer_id),
    }


def _named(scene: Scene, entity_id: str) -> str:
    name = scene.customer.entities[entity_id].name
    return (name.text() if name else None) or entity_id

"""The sheet of a schedule: plans that follow each other, the first from now on and each other from a day on."""

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from flask import Response

from api.dashboard.changes import terms_fields as terms
from api.dashboard.changes.attaching import for_whom
from api.dashboard.changes.facts import account
from api.dashboard.changes.field_groups import choices_of, numbers, plan_of
from api.dashboard.changes.offered import Offered, offered, plans_offered
from api.dashboard.changes.quoting import quoted
from api.dashboard.changes.subject import scene_of
from api.dashboard.changes.terms_fields import Reading
from api.dashboard.confirming import Change, Sheet, settle, show
from api.dashboard.forms import beside, day_milliseconds, given
from api.dashboard.paths import customer_path
from api.dashboard.visitor import Visitor
from api.views.shapes import Json, Scene
from api.wire.several import PHASES_MAX
from ledger.core.errors import Refusal

ABOUT_A_PHASE: Final = re.compile(r"phases\.([0-9]+)\.(starts_at|plans) (must .*)")
TEXTS: Final = ("entity", "proration", "reason")
EMPTY: Final = ("plan", "starts_on", "anew")


class Phase(NamedTuple):
    """A phase of the form: its number, whether it is the first, and the plan that it has by now.

    One that `goes_on` begins with a plan that is held already: that stays as it is, and nothing is asked about it.
    """

    number: int
    first: bool
    chosen: Offered | None
    goes_on: bool

    def field(self, name: str) -> str:
        """What one of its fields is called."""
        return f"phase.{self.number}.{name}"


def schedule_page(visitor: Visitor, customer_id: str) -> Response:
    """The form: the plan that is held now, and one to follow it."""
    return show(visitor, *_sheet(visitor, customer_id))


def schedule_form(visitor: Visitor, customer_id: str) -> Response:
    """The form with a phase more or less, with its preview or, once it was confirmed, the schedule."""
    return settle(visitor, *_sheet(visitor, customer_id))


def _sheet(visitor: Visitor, customer_id: str) -> tuple[Sheet, Change | None]:
    scene, said = scene_of(visitor, customer_id), given(visitor.call.request)
    plans = _plans(scene)
    phases_said = numbers(said, "phase", PHASES_MAX)
    if not phases_said:
        phases_said, said = [0, 1], {**said, "phase.0.plan": next(iter(_held(scene, said.get("entity", ""))), "")}
    said = {**dict.fromkeys(TEXTS, ""), **{f"phase.{n}.{name}": "" for n in phases_said for name in EMPTY}, **said}
    phases = _phases(scene, phases_said, plans, said)
    reading, missing = _read(phases, said, customer_id), _missing(phases, said)
    choices = choices_of(plans)
    of_phases = {"plans": choices, "phases": phases, "full": len(phases) >= PHASES_MAX, "prorations": terms.PRORATIONS}
    path = f"{customer_path(customer_id)}/schedule"
    sheet = Sheet(
        "changes/schedule.html",
        path,
        customer_path(customer_id, said["entity"]),
        scene,
        account,
        for_whom(scene, customer_id, said) | of_phases,
        beside=lambda refusal: _beside(refusal, reading, phases),
        wrong=reading.wrong,
        missing=missing,
    )
    if missing or reading.wrong:
        return sheet, None
    return sheet, Change("billing.create_schedule", reading.payload, quoted, "The plans were scheduled")


def _plans(scene: Scene) -> dict[str, Offered]:
    """The plans to choose from, those that are held among them: they may go on though nobody else gets them."""
    found = {each.plan_id: each for each in plans_offered(scene)}
    for each in scene.customer.subscriptions.values():
        if each.plan.plan_id not in found and each.plan.plan_id in scene.catalog.plans:
            found[each.plan.plan_id] = offered(scene, each.plan)
    return found


def _held(scene: Scene, entity_id: str) -> list[str]:
    """The main plans that are in force now."""
    return [
        each.plan.plan_id
        for each in scene.customer.subscriptions.values()
        if each.active and each.entity_id == (entity_id or None) and not each.plan.add_on and not each.plan.one_off
    ]


def _phases(
    scene: Scene, order: Sequence[int], plans: Mapping[str, Offered], said: Mapping[str, str]
) -> Sequence[Phase]:
    held, first = _held(scene, said["entity"]), order[0]
    names = {n: said[f"phase.{n}.plan"] for n in order}
    return [Phase(n, n == first, plans.get(name), n == first and name in held) for n, name in names.items()]


def _missing(phases: Sequence[Phase], said: Mapping[str, str]) -> dict[str, str]:
    plans = {each.field("plan"): "Choose a plan" for each in phases if each.chosen is None}
    days = {each.field("starts_on"): "Choose a day" for each in phases if not each.first}
    return plans | {field: what for field, what in days.items() if not said[field]}


def _read(phases: Sequence[Phase], said: Mapping[str, str], customer_id: str) -> Reading:
    reading = Reading(said)
    reading.payload |= {"customer_id": customer_id, "phases": [_phase(reading, *each) for each in enumerate(phases)]}
    if said["entity"]:
        reading.payload["entity_id"] = said["entity"]
    if said["proration"] and not phases[0].goes_on:
        reading.payload["phases"][0]["proration_behavior"] = said["proration"]
        reading.fields["phases.0.proration_behavior"] = "proration"
    return reading


def _phase(reading: Reading, index: int, phase: Phase) -> Json:
    path, day = f"phases.{index}", phase.field("starts_on")
    taken = None if phase.goes_on else phase.chosen
    own = Reading(reading.given)
    if reading.given[day] and not phase.first:
        own.put("starts_at", lambda: day_milliseconds(day, reading.given[day]))
    reading.wrong |= own.wrong
    reading.fields |= {path: phase.field("plan"), f"{path}.starts_at": day}
    plan = plan_of(reading, phase.field(""), f"{path}.plans.0", taken)
    anew: Json = {"billing_cycle_anchor": "phase_start"} if reading.given[phase.field("anew")] else {}
    return {"plans": [plan], **own.payload, **anew}


def _beside(refusal: Refusal, reading: Reading, phases: Sequence[Phase]) -> Mapping[str, str]:
    """What is wrong beside its field: also what is said of a phase by a sentence that begins with its path."""
    found = beside(refusal, reading.fields)
    said = ABOUT_A_PHASE.fullmatch(found.get("", ""))
    if said is None:
        return found
    return {phases[int(said[1])].field("starts_on" if said[2] == "starts_at" else "plan"): f"This {said[3]}"}

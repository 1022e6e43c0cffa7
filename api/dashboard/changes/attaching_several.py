"""The sheet of several plans that are attached at once: all of them or none, on one invoice."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from flask import Response

from api.dashboard.changes import terms_fields as terms
from api.dashboard.changes.attaching import for_whom
from api.dashboard.changes.facts import account
from api.dashboard.changes.field_groups import choices_of, numbers, plan_of
from api.dashboard.changes.offered import Offered, plans_offered
from api.dashboard.changes.quoting import quoted
from api.dashboard.changes.subject import scene_of
from api.dashboard.changes.terms_fields import Reading
from api.dashboard.confirming import Change, Sheet, settle, show
from api.dashboard.forms import by, day_milliseconds, given
from api.dashboard.paths import customer_path
from api.dashboard.visitor import Visitor
from api.dashboard.words import local_day
from api.views.shapes import Scene

MOST: Final = 20
"""Rows of the form; no customer is put on more plans by hand."""
TEXTS: Final = ("entity", "starts_on", "proration", "reason")


class Part(NamedTuple):
    """One of the plans of the form: its number, and the plan that is chosen by now."""

    number: int
    chosen: Offered | None

    def field(self, name: str) -> str:
        """What one of its fields is called."""
        return f"part.{self.number}.{name}"


def several_page(visitor: Visitor, customer_id: str) -> Response:
    """The form, for two plans; with the first one chosen where the address names it."""
    return show(visitor, *_sheet(visitor, customer_id))


def several_form(visitor: Visitor, customer_id: str) -> Response:
    """The form with a plan more or less, with its preview or, once it was confirmed, the change."""
    return settle(visitor, *_sheet(visitor, customer_id))


def _sheet(visitor: Visitor, customer_id: str) -> tuple[Sheet, Change | None]:
    scene, said = scene_of(visitor, customer_id), given(visitor.call.request)
    plans = {each.plan_id: each for each in plans_offered(scene)}
    order = numbers(said, "part", MOST)
    if not order:
        order, said = [0, 1], {**said, "part.0.plan": said.get("plan", "")}
    said = {**dict.fromkeys(TEXTS, ""), **{f"part.{n}.plan": "" for n in order}, **said}
    parts = [Part(n, plans.get(said[f"part.{n}.plan"])) for n in order]
    reading = _read(scene, parts, said, customer_id)
    missing = {each.field("plan"): "Choose a plan" for each in parts if each.chosen is None}
    path, back = f"{customer_path(customer_id)}/attach-several", customer_path(customer_id, said["entity"])
    shown = _shown(scene, customer_id, parts, plans, said)
    sheet = Sheet("changes/attach_several.html", path, back, scene, account, shown, beside=by(reading.fields))
    sheet = sheet._replace(wrong=reading.wrong, missing=missing)
    if missing or reading.wrong:
        return sheet, None
    names = ", ".join(each.chosen.plan.name for each in parts if each.chosen)
    return sheet, Change("billing.multi_attach", reading.payload, quoted, f"{names} were attached")


def _shown(
    scene: Scene, customer_id: str, parts: Sequence[Part], plans: Mapping[str, Offered], said: Mapping[str, str]
) -> dict[str, Any]:
    choices = choices_of(plans)
    of_parts = {"plans": choices, "parts": parts, "full": len(parts) >= MOST, "prorations": terms.PRORATIONS}
    return for_whom(scene, customer_id, said) | of_parts


def _read(scene: Scene, parts: Sequence[Part], said: Mapping[str, str], customer_id: str) -> Reading:
    reading = Reading(said)
    reading.fields |= {f"plans.{index}": each.field("plan") for index, each in enumerate(parts)}
    reading.fields["billing_behavior"] = "proration"
    wanted = [plan_of(reading, each.field(""), f"plans.{index}", each.chosen) for index, each in enumerate(parts)]
    reading.payload |= {"customer_id": customer_id, "plans": wanted}
    if said["entity"]:
        reading.payload["entity_id"] = said["entity"]
    if said["starts_on"] and said["starts_on"] != local_day(scene.now):
        reading.put("starts_at", lambda: day_milliseconds("starts_on", said["starts_on"]))
    if said["proration"]:
        reading.payload["billing_behavior"] = said["proration"]
    return reading

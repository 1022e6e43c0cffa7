"""Billing controls: the limits, alerts and top-ups that a customer or an entity has set, and those of its plans."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from flask import Response

from api.dashboard.confirming import Change, Sheet, settle, show, touched
from api.dashboard.control_forms import KINDS, OF_PURCHASES, filled, payload_of
from api.dashboard.control_words import control_words
from api.dashboard.customer.sheets import sheet_of
from api.dashboard.customer.subject import Subject, living
from api.dashboard.forms import beside, given
from api.dashboard.seen import Row, seen_by
from api.dashboard.visitor import Visitor
from api.dashboard.words import feature_name
from api.errors import PathNotFound
from api.views import controls as wire
from api.views.controls import held_controls
from api.views.shapes import Json, Scene
from api.wire.refusals import InvalidInputs
from ledger.core.balances.held_controls import own_controls
from ledger.core.state import Customer
from ledger.core.terms import FeatureKind

WIRE: Final[Mapping[str, Callable[[Any], Json]]] = {
    "spend_limits": wire.spend_limit,
    "usage_limits": wire.usage_limit,
    "usage_alerts": wire.usage_alert,
    "auto_topups": wire.auto_topup,
    "overage_allowed": wire.overage_allowed,
}
NEW: Final = "new"
OF_CUSTOMER_ONLY: Final = "auto_topups"


def control_section(found: Subject) -> Json:
    """Every control in force: own ones, and those of plans that nothing own shadows."""
    in_force = held_controls(found.scene, found.entity_id)
    rows = []
    for kind, label in KINDS.items():
        own = len(_own(found.customer, found.entity_id, kind))
        for index, entry in enumerate(in_force.get(kind, ())):
            inherited = index >= own
            which = f"plan-{index - own}" if inherited else str(index)
            told = {"kind": kind, "label": label, "which": which, "inherited": inherited, "enabled": entry["enabled"]}
            says = {"name": _name(found.scene, entry), "says": control_words(kind, entry)}
            rows.append({**told, **says, "used": entry.get("usage")})
    return {"rows": rows, "kinds": kinds_for(found)}


def kinds_for(found: Subject) -> Mapping[str, str]:
    """What can be set: an entity buys nothing by itself."""
    return {key: label for key, label in KINDS.items() if found.entity_id is None or key != OF_CUSTOMER_ONLY}


def _own(customer: Customer, entity_id: str | None, kind: str) -> list[Json]:
    """The own controls of a kind, as they are sent and as they are answered."""
    return [WIRE[kind](each) for each in getattr(own_controls(customer, entity_id), kind)]


def _name(scene: Scene, entry: Json) -> str:
    feature_id = entry.get("feature_id")
    return feature_name(scene.catalog, feature_id) if feature_id else "Every feature"


def control_page(visitor: Visitor, customer_id: str, kind: str, which: str) -> Response:
    """The form of a new control, of one that is there, or of one that is to take the place of a plan's."""
    return show(visitor, *_control(visitor, customer_id, kind, which))


def control_form(visitor: Visitor, customer_id: str, kind: str, which: str) -> Response:
    """Set the control, or take it away; the other ones of its kind stay as they are."""
    return settle(visitor, *_control(visitor, customer_id, kind, which))


OF_ENTRY: Final = {
    name: name
    for name in (
        "feature_id", "limit", "interval", "anchor", "overage_limit", "limit_type", "threshold", "threshold_type",
        "basis", "name", "quantity", "enabled",
    )
} | {name: name for name in ("filter", *OF_PURCHASES)}  # fmt: skip


def _control(visitor: Visitor, customer_id: str, kind: str, which: str) -> tuple[Sheet, Change | None]:
    """Raises `PathNotFound` for a kind or an entry that is not there."""
    found, sent = living(visitor, customer_id), given(visitor.call.request)
    if kind not in kinds_for(found):
        raise PathNotFound
    starts = filled(kind, _entry(found, kind, which), None)
    if not sent.keys() - {"entity"}:
        return _sheet(found, kind, which, starts, starts), None
    changes = touched(visitor, starts, filled(kind, None, sent))
    fields = {**starts, **{name: text or "" for name, text in changes.items()}}
    try:
        entries = [] if sent.get("remove") else [payload_of(kind, fields)]
    except InvalidInputs as refusal:
        return _sheet(found, kind, which, starts, fields, wrong=beside(refusal)), None
    own = _own(found.customer, found.entity_id, kind)
    place = int(which) if which.isdecimal() else len(own)
    whole = [*own[:place], *entries, *own[place + 1 :]]
    sheet = _sheet(found, kind, which, starts, fields, fields=_of_wire(kind, place))
    return sheet, _change(found, {kind: whole}, f"{KINDS[kind]} {'removed' if sent.get('remove') else 'saved'}")


def _of_wire(kind: str, place: int) -> Mapping[str, str]:
    """The fields that stand for the paths of an entry."""
    where = f"billing_controls.{kind}"
    heads = (f"{where}[{place}]", f"{where}.{place}")
    return {where: "feature_id"} | {f"{head}.{path}": name for head in heads for path, name in OF_ENTRY.items()}


def _change(found: Subject, controls: Json, done: str) -> Change:
    payload = {"customer_id": found.address, "billing_controls": controls}
    if found.entity_id is None:
        return Change("customers.update", payload, done=done)
    return Change("entities.update", {**payload, "entity_id": found.entity_id}, done=done)


def _sheet(
    found: Subject, kind: str, which: str, starts: Mapping[str, str], given_: Mapping[str, str], **more: Any
) -> Sheet:
    shown: Json = {
        "kind": kind,
        "label": KINDS[kind],
        "which": which,
        "there": which.isdecimal(),
        "overrides": which.startswith("plan-"),
        "features": _features(found, kind),
    }
    entity_id = found.entity_id

    def facts(scene: Scene) -> Sequence[Row]:
        """The own controls of the kind, one by one: all of them are sent."""
        own = _own(scene.customer, entity_id, kind) if _there(scene, entity_id) else []
        return [Row("is", f"{KINDS[kind]} {n}", _told(scene, kind, each)) for n, each in enumerate(own, 1)]

    path, about = found.path("controls", kind, which), "customer" if entity_id is None else "entity"
    return sheet_of(found, "control.html", path, facts, given_, shown=shown, starts=starts, about=about, **more)


def _there(scene: Scene, entity_id: str | None) -> bool:
    return entity_id is None or entity_id in scene.customer.entities


def _told(scene: Scene, kind: str, entry: Json) -> str:
    """A control in words."""
    off = "" if entry["enabled"] else " (off)"
    return f"{_name(scene, entry)}: {control_words(kind, entry)}{off}"


def _entry(found: Subject, kind: str, which: str) -> Json | None:
    """The control that is meant; None for a new one, and for one that is gone since its form was opened."""
    own = _own(found.customer, found.entity_id, kind)
    inherited = held_controls(found.scene, found.entity_id).get(kind, [])[len(own) :]
    if which == NEW:
        return None
    entries, number = (own, which) if which.isdecimal() else (inherited, which.removeprefix("plan-"))
    if not number.isdecimal() or len(number) > len("10000"):
        raise PathNotFound
    if int(number) < len(entries):
        return entries[int(number)]
    if seen_by(found.visitor.call.request) is None:
        raise PathNotFound
    return None


def _features(found: Subject, kind: str) -> list[tuple[str, str]]:
    every = "Every feature" if kind in ("spend_limits", "usage_alerts") else "Choose a feature"
    known = [f for f in found.scene.catalog.features.values() if not f.archived and f.kind is not FeatureKind.BOOLEAN]
    return [("", every), *((each.feature_id, each.name) for each in sorted(known, key=lambda f: f.name))]

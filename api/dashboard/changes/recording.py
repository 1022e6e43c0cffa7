"""Recording use by hand: what it takes from which balance, and what none has room for, shown before it is done."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from flask import Response

from api.dashboard.changes.facts import account
from api.dashboard.changes.levels import moved, source
from api.dashboard.changes.subject import balance_path, scene_of
from api.dashboard.confirming import Change, Sheet, settle, show
from api.dashboard.doing import Foreseen
from api.dashboard.forms import SAY_WHY, beside, by, given, number
from api.dashboard.paths import customer_path
from api.dashboard.seen import Row
from api.dashboard.visitor import Visitor
from api.dashboard.words import feature_name, units
from api.errors import PathNotFound
from api.views.shapes import Json, Scene
from api.wire.refusals import InvalidInputs
from ledger.core.events import UsageRecorded
from ledger.core.money import ZERO, negate
from ledger.core.terms import FeatureKind

FIELDS: Final = ("feature", "value", "reason", "entity", "properties")
OF_WIRE: Final = {"feature_id": "feature", "entity_id": "entity"}
BLANKS: Final = 2
MOST_PROPERTIES: Final = 50
MISSING: Final[Mapping[str, str]] = {
    "value": "Give a number",
    "reason": SAY_WHY,
}
NO_ROOM: Final = "What remains, or a limit, allows no more. Recorded, but taken from no balance"


def recording_page(visitor: Visitor, customer_id: str, feature_id: str) -> Response:
    """The form. Raises `FeatureNotFound`, and `PathNotFound` for a flag, which nobody counts."""
    return show(visitor, *_sheet(visitor, customer_id, feature_id))


def recording_form(visitor: Visitor, customer_id: str, feature_id: str) -> Response:
    """Record the use, if it still takes what was shown."""
    return settle(visitor, *_sheet(visitor, customer_id, feature_id))


def _sheet(visitor: Visitor, customer_id: str, feature_id: str) -> tuple[Sheet, Change | None]:
    scene = scene_of(visitor, customer_id)
    features = counted(scene, feature_id)
    if scene.catalog.feature(feature_id).kind is FeatureKind.BOOLEAN:
        raise PathNotFound  # a flag is held or not; how often it is used counts nowhere
    said = {**dict.fromkeys(FIELDS, ""), **given(visitor.call.request)}
    said["feature"] = said["feature"] if said["feature"] in features else feature_id
    name = features[said["feature"]]
    rows = [*_rows(said)]
    last = int(rows[-1]) + 1 if rows else 0
    shown = {
        "given": said,
        "feature": features[feature_id],
        "features": features,
        "numbers": [*rows, *(str(each) for each in range(last, last + BLANKS))],
        "address": customer_id,
    }
    wrong, payload = _read(said, customer_id)
    missing = {field: sentence for field, sentence in MISSING.items() if not said[field]}
    path = balance_path(customer_id, feature_id, "use")
    back = customer_path(customer_id, said["entity"])
    sheet = Sheet(
        "changes/use.html", path, back, scene, account, shown, beside=by(OF_WIRE), wrong=wrong, missing=missing
    )
    return sheet, None if payload is None else Change("balances.track", payload, _taken, _done(payload, name))


def _done(payload: Json, name: str) -> str:
    value: Decimal = payload["value"]
    return f"{units(abs(value))} {name} {'recorded' if value > ZERO else 'given back'}"


def counted(scene: Scene, feature_id: str) -> dict[str, str]:
    """What uses the balance of a feature: itself and, of a credit system, what its credits pay for, by id and name.

    Raises `FeatureNotFound`.
    """
    feature = scene.catalog.feature(feature_id)
    ids = [feature_id, *(each.feature_id for each in feature.credits)]
    return {each: feature_name(scene.catalog, each) for each in ids}


def _rows(said: Mapping[str, str]) -> list[str]:
    """The numbers of the rows of properties that something was written into."""
    found = {name.partition(".")[2] for name, text in said.items() if text and name.startswith(("key.", "value."))}
    return sorted((each for each in found if each.isascii() and each.isdigit() and len(each) < len("100")), key=int)


def _read(said: Mapping[str, str], customer_id: str) -> tuple[dict[str, str], Json | None]:
    """What is wrong with the form, and what it asks for, if that can be said yet."""
    if not said["value"]:
        return {}, None
    payload: Json = {"customer_id": customer_id, "feature_id": said["feature"]}
    if said["entity"]:
        payload["entity_id"] = said["entity"]
    try:
        payload["value"] = _value(said["value"])
        properties = _properties(said)
    except InvalidInputs as refusal:
        return beside(refusal), None
    return {}, payload | ({"properties": properties} if properties else {})


def _value(text: str) -> Decimal:
    """How much was used; below zero is given back. Raises `InvalidInputs`."""
    amount = negate(number("value", text[1:])) if text[0] in "-\N{MINUS SIGN}" else number("value", text)
    if not amount:
        raise InvalidInputs({"value": "was 0 and must be above 0, or below 0 to give something back"})
    return amount


def _properties(said: Mapping[str, str]) -> dict[str, str]:
    """The properties by name. Raises `InvalidInputs`."""
    found: dict[str, str] = {}
    for row in _rows(said):
        key, value = said.get(f"key.{row}", ""), said.get(f"value.{row}", "")
        if not key or key in found:
            what = f"{key!r} twice" if key else "a value without a name"
            raise InvalidInputs({"properties": f"has {what} and must name each property once"})
        found[key] = value
    if len(found) > MOST_PROPERTIES:
        raise InvalidInputs({"properties": f"has {len(found)} and must have at most {MOST_PROPERTIES}"})
    return found


def _taken(found: Foreseen) -> list[Row]:
    """What is taken from each balance, what is not, and how the balances stand before and after."""
    used = [event for event in found.events if isinstance(event, UsageRecorded)]
    rows = [row for event in used for row in (*_allocated(found, event), *_dropped(found, event))]
    return [*rows, *(row for row in moved(found) if row.part != "source")]


def _allocated(found: Foreseen, event: UsageRecorded) -> Iterator[Row]:
    for each in event.allocations:
        grant = found.before.grants.get(each.grant_id) or found.after.grants[each.grant_id]
        word = "Taken from" if each.amount > ZERO else "Given back to"
        amount = f"{units(abs(each.amount))} {feature_name(found.scene.catalog, grant.feature_id)}"
        whose = f" of {grant.terms.entity_id}" if grant.terms.entity_id else ""
        yield Row("taken", f"{word} {source(found.scene, grant)}{whose}", amount)


def _dropped(found: Foreseen, event: UsageRecorded) -> Iterator[Row]:
    if event.dropped:
        name = feature_name(found.scene.catalog, event.feature_id)
        words = NO_ROOM if event.dropped > ZERO else "Nothing more can be given back. Recorded, but given to no balance"
        yield Row("warning", words, f"{units(abs(event.dropped))} of {units(abs(event.value))} {name}")

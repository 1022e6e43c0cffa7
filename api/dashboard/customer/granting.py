"""What a customer gets by hand: a balance of its own, and entities inside it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from flask import Response

from api.dashboard.changes.facts import identity
from api.dashboard.confirming import Change, Sheet, settle, show
from api.dashboard.customer.sheets import sheet_of
from api.dashboard.customer.subject import Subject, living
from api.dashboard.doing import Foreseen
from api.dashboard.forms import beside, day_milliseconds, given, number
from api.dashboard.seen import Row
from api.dashboard.visitor import Visitor
from api.dashboard.words import money
from api.views.line import describe
from api.views.shapes import Json
from api.wire.common import INTERVALS
from api.wire.refusals import InvalidInputs
from ledger.core.events import ChargeAccrued, InvoiceCreated, Line
from ledger.core.money import to_major
from ledger.core.terms import FeatureKind

BALANCE: Final = ("feature", "amount", "unlimited", "interval", "expires_on", "balance_id", "reason", "entity")
OF_BALANCE: Final = {
    "feature_id": "feature",
    "included_grant": "amount",
    "reset": "interval",
    "expires_at": "expires_on",
    "entity_id": "entity",
}
FILLED: Final = {"": "never", **{each: f"every {each.replace('_', '-')}" for each in INTERVALS if each != "one_off"}}
ENTITY: Final = ("id", "name", "feature", "reason")
OF_ENTITY: Final = {"entity_id": "id", "feature_id": "feature"}


def new_balance_page(visitor: Visitor, customer_id: str) -> Response:
    """The form."""
    found = living(visitor, customer_id)
    return show(visitor, _balance(found, given(visitor.call.request)))


def new_balance_form(visitor: Visitor, customer_id: str) -> Response:
    """Grant the balance."""
    found, sent = living(visitor, customer_id), given(visitor.call.request)
    sheet = _balance(found, sent)
    try:
        payload = _granted(customer_id, sheet.shown["given"])
    except InvalidInputs as refusal:
        return settle(visitor, sheet._replace(wrong=beside(refusal)), None)
    return settle(visitor, sheet, Change("balances.create", payload, done="The balance was granted"))


def _balance(found: Subject, sent: Mapping[str, str]) -> Sheet:
    shown = {"features": _features(found, FeatureKind), "intervals": FILLED, "entities": _entities(found)}
    fields, path = {**dict.fromkeys(BALANCE, ""), **sent}, f"{found.root}/new-balance"
    return sheet_of(found, "new_balance.html", path, identity, fields, shown=shown, fields=OF_BALANCE)


def _granted(customer_id: str, sent: Mapping[str, str]) -> Json:
    """The request that the form stands for. Raises `InvalidInputs`."""
    asked: Json = {"customer_id": customer_id, "feature_id": sent["feature"]}
    if sent["entity"]:
        asked["entity_id"] = sent["entity"]
    if sent["unlimited"]:
        asked["unlimited"] = True
    if sent["amount"]:
        asked["included_grant"] = number("amount", sent["amount"])
    if sent["interval"]:
        asked["reset"] = {"interval": sent["interval"]}
    if sent["expires_on"]:
        asked["expires_at"] = day_milliseconds("expires_on", sent["expires_on"])
    if sent["balance_id"]:
        asked["balance_id"] = sent["balance_id"]
    return asked


def new_entity_page(visitor: Visitor, customer_id: str) -> Response:
    """The form."""
    found = living(visitor, customer_id)
    return show(visitor, _entity(found, given(visitor.call.request)))


def new_entity_form(visitor: Visitor, customer_id: str) -> Response:
    """Create the entity and look at it. What that bills is shown before it is done."""
    found, sent = living(visitor, customer_id), given(visitor.call.request)
    sheet = _entity(found, sent)
    fields: Mapping[str, str] = sheet.shown["given"]
    payload: Json = {"customer_id": customer_id, "entity_id": fields["id"], "feature_id": fields["feature"]}
    if fields["name"]:
        payload["name"] = fields["name"]
    done, back = f"{fields['name'] or fields['id']} was created", found.scope(fields["id"])
    return settle(visitor, sheet, Change("entities.create", payload, _billed, done, back))


def _billed(foreseen: Foreseen) -> Sequence[Row]:
    """What a new entity costs: each line, now or on the next invoice."""
    scene, found = foreseen.scene_after, list[Row]()
    for event in foreseen.events:
        lines: Sequence[Line] = ()
        if isinstance(event, InvoiceCreated):
            lines = event.lines
        elif isinstance(event, ChargeAccrued):
            lines = (event.line,)
        for line in lines:
            amount = money(to_major(line.amount_minor, scene.currency), scene.currency)
            found.append(Row("lines", describe(scene, line), amount))
    return found


def _entity(found: Subject, sent: Mapping[str, str]) -> Sheet:
    shown = {"features": _features(found, [FeatureKind.ALLOCATED])}
    fields, path = {**dict.fromkeys(ENTITY, ""), **sent}, f"{found.root}/new-entity"
    return sheet_of(found, "new_entity.html", path, identity, fields, shown=shown, fields=OF_ENTITY)


def _features(found: Subject, kinds: Iterable[FeatureKind]) -> list[tuple[str, str]]:
    """The features of the catalog that can be chosen, by name."""
    wanted = set(kinds)
    known = [each for each in found.scene.catalog.features.values() if not each.archived and each.kind in wanted]
    return [("", "Choose a feature"), *((each.feature_id, each.name) for each in sorted(known, key=lambda f: f.name))]


def _entities(found: Subject) -> list[tuple[str, str]]:
    known = [(each, found.called(each)) for each in found.customer.entities]
    return [("", "The whole customer"), *known] if known else []

"""What a customer gets by hand: a balance of its own, and entities inside it."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from flask import Response

from api.dashboard.customer.asking import Asked, Form, as_seen, digest, opened, settled
from api.dashboard.customer.subject import Subject, back_to, living
from api.dashboard.doing import Foreseen, do, foresee
from api.dashboard.forms import beside, day_milliseconds, given, number
from api.dashboard.gate import Visitor
from api.errors import status_of
from api.views.line import describe
from api.views.shapes import Json
from api.wire.common import INTERVALS
from api.wire.refusals import InvalidInputs
from ledger.core.errors import Refusal
from ledger.core.events import ChargeAccrued, InvoiceCreated, Line
from ledger.core.money import to_major
from ledger.core.state import Customer
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
    return opened(found, _balance(found, given(visitor.call.request)))


def new_balance_form(visitor: Visitor, customer_id: str) -> Response:
    """Grant the balance."""
    found, sent = living(visitor, customer_id), given(visitor.call.request)
    form = _balance(found, sent)
    try:
        asked = Asked("balances.create", _granted(customer_id, form.given), OF_BALANCE, "The balance was granted")
    except InvalidInputs as refusal:
        return opened(found, form, beside(refusal), 400)
    return settled(found, form, asked)


def _balance(found: Subject, sent: Mapping[str, str]) -> Form:
    shown = {"features": _features(found, FeatureKind), "intervals": FILLED, "entities": _entities(found)}
    return Form("new_balance.html", _nothing, shown, {**dict.fromkeys(BALANCE, ""), **sent})


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
    return opened(found, _entity(found, given(visitor.call.request)))


def new_entity_form(visitor: Visitor, customer_id: str) -> Response:
    """Create the entity and look at it. What that bills is shown before it is done."""
    found, sent = living(visitor, customer_id), given(visitor.call.request)
    form = _entity(found, sent)
    payload: Json = {"customer_id": customer_id, "entity_id": form.given["id"], "feature_id": form.given["feature"]}
    if form.given["name"]:
        payload["name"] = form.given["name"]
    try:
        billed = _billed(foresee(visitor, "entities.create", payload))
        if billed and sent.get("seen") != digest(billed):
            return opened(found, form._replace(shown={**form.shown, "billed": billed}), seen=digest(billed))
        do(visitor, "entities.create", payload, agrees=as_seen(digest(billed), _billed))
    except Refusal as refusal:
        return opened(found, form, beside(refusal, OF_ENTITY), status_of(refusal))
    return back_to(found, found.scope(form.given["id"]), f"{form.given['name'] or form.given['id']} was created")


def _billed(foreseen: Foreseen) -> list[tuple[str, Decimal, str]]:
    """What a new entity costs: each line, now or on the next invoice."""
    scene, found = foreseen.scene_after, list[tuple[str, Decimal, str]]()
    for event in foreseen.events:
        lines: Sequence[Line] = ()
        if isinstance(event, InvoiceCreated):
            lines = event.lines
        elif isinstance(event, ChargeAccrued):
            lines = (event.line,)
        found += [
            (describe(scene, line), to_major(line.amount_minor, scene.currency), scene.currency) for line in lines
        ]
    return found


def _entity(found: Subject, sent: Mapping[str, str]) -> Form:
    shown = {"features": _features(found, [FeatureKind.ALLOCATED]), "billed": ()}
    return Form("new_entity.html", _nothing, shown, {**dict.fromkeys(ENTITY, ""), **sent})


def _features(found: Subject, kinds: Iterable[FeatureKind]) -> list[tuple[str, str]]:
    """The features of the catalog that can be chosen, by name."""
    wanted = set(kinds)
    known = [each for each in found.scene.catalog.features.values() if not each.archived and each.kind in wanted]
    return [("", "Choose a feature"), *((each.feature_id, each.name) for each in sorted(known, key=lambda f: f.name))]


def _entities(found: Subject) -> list[tuple[str, str]]:
    known = [(each, found.called(each)) for each in found.customer.entities]
    return [("", "The whole customer"), *known] if known else []


def _nothing(_customer: Customer) -> Any:
    """A form that adds something shows nothing that could have changed."""
    return None

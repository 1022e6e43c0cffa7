"""Deleting a customer, or an entity of it: what goes with it is shown, and its id is asked for."""

from collections.abc import Sequence

from flask import Response

from api.dashboard.confirming import Change, Sheet, settle, show
from api.dashboard.customer.sheets import sheet_of
from api.dashboard.customer.subject import Subject, living
from api.dashboard.forms import given
from api.dashboard.seen import Row
from api.dashboard.visitor import Visitor
from api.dashboard.words import NOTHING, money
from api.errors import PathNotFound
from api.views.shapes import Scene
from ledger.core.money import to_major
from ledger.core.state import Customer
from ledger.store.addresses import internal_id


def delete_page(visitor: Visitor, customer_id: str) -> Response:
    """What goes with the customer; its name is asked for, so that none is deleted by a slip."""
    return show(visitor, *_deleting(visitor, customer_id))


def delete_form(visitor: Visitor, customer_id: str) -> Response:
    """Delete it; its history stays, and its page."""
    return settle(visitor, *_deleting(visitor, customer_id))


def _deleting(visitor: Visitor, customer_id: str) -> tuple[Sheet, Change | None]:
    found, sent = living(visitor, customer_id), given(visitor.call.request)
    customer = found.customer
    word = customer.customer_id or customer.email or internal_id(found.stream_id)
    shown = {
        "word": word,
        "plans": [each.plan.name for each in customer.subscriptions.values()],
        "owed": _owed(customer),
        "entities": len(customer.entities),
    }
    wrong = _typed(found, sent, word)
    fields = {"typed": "", "reason": "", **sent}
    sheet = sheet_of(found, "delete.html", f"{found.root}/delete", _at_stake, fields, shown=shown, wrong=wrong)
    done, back = f"{found.name} was deleted", f"/customers/{internal_id(found.stream_id)}"
    return sheet, Change("customers.delete", {"customer_id": customer_id}, done=done, back=back)


def _typed(found: Subject, sent: dict[str, str], word: str) -> dict[str, str]:
    right = found.visitor.call.request.method != "POST" or sent.get("typed") == word
    return {} if right else {"typed": f"This must be {word}"}


def _owed(customer: Customer) -> list[str]:
    return [money(to_major(each.due_minor, each.currency), each.currency) for each in customer.account.open_invoices()]


def _at_stake(scene: Scene) -> Sequence[Row]:
    """What a deletion is about: use that comes in meanwhile changes nothing of it."""
    customer = scene.customer
    said = {
        "Name": customer.name,
        "ID": customer.customer_id,
        "Plans held": ", ".join(each.plan.name for each in customer.subscriptions.values()),
        "Owed": ", ".join(_owed(customer)),
        "Entities": ", ".join(customer.entities),
    }
    return [Row("is", label, text or NOTHING) for label, text in said.items()]


def delete_entity_page(visitor: Visitor, customer_id: str) -> Response:
    """What goes with the entity that is chosen."""
    return show(visitor, *_leaving(visitor, customer_id))


def delete_entity_form(visitor: Visitor, customer_id: str) -> Response:
    """Delete the entity, and go back to the whole customer."""
    return settle(visitor, *_leaving(visitor, customer_id))


def _leaving(visitor: Visitor, customer_id: str) -> tuple[Sheet, Change | None]:
    found, sent = living(visitor, customer_id), given(visitor.call.request)
    entity_id = found.entity_id
    if entity_id is None:
        raise PathNotFound

    def at_stake(scene: Scene) -> Sequence[Row]:
        entity = scene.customer.entities.get(entity_id)
        name = entity.name.text() if entity is not None and entity.name is not None else None
        texts = {"Name": name, "Plans held": ", ".join(_plans(scene, entity_id))}
        return [Row("is", label, text or NOTHING) for label, text in texts.items()]

    sheet = sheet_of(
        found,
        "delete_entity.html",
        found.path("delete-entity"),
        at_stake,
        {"typed": "", "reason": "", **sent},
        shown={"plans": _plans(found.scene, entity_id)},
        wrong=_typed(found, sent, entity_id),
        about="entity",
    )
    payload = {"customer_id": customer_id, "entity_id": entity_id}
    return sheet, Change("entities.delete", payload, done=f"{found.called(entity_id)} was deleted", back=found.root)


def _plans(scene: Scene, entity_id: str) -> list[str]:
    return [each.plan.name for each in scene.customer.subscriptions.values() if each.entity_id == entity_id]

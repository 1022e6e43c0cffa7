"""Deleting a customer, or an entity of it: what goes with it is shown, and its id is asked for."""

from collections.abc import Mapping
from typing import Any

from flask import Response

from api.dashboard.customer.asking import Asked, Form, opened, settled
from api.dashboard.customer.subject import Subject, living
from api.dashboard.forms import given
from api.dashboard.gate import Visitor
from api.errors import PathNotFound
from ledger.core.money import to_major
from ledger.core.state import Customer
from ledger.store.addresses import internal_id


def delete_page(visitor: Visitor, customer_id: str) -> Response:
    """What goes with the customer; its name is asked for, so that none is deleted by a slip."""
    found = living(visitor, customer_id)
    return opened(found, _deleting(found, given(visitor.call.request)))


def delete_form(visitor: Visitor, customer_id: str) -> Response:
    """Delete it; its history stays, and its page."""
    found, sent = living(visitor, customer_id), given(visitor.call.request)
    form = _deleting(found, sent)
    if sent.get("typed") != form.shown["word"]:
        return opened(found, form, {"typed": f"This must be {form.shown['word']}"}, 400)
    asked = Asked("customers.delete", {"customer_id": customer_id}, done=f"{found.name} was deleted")
    return settled(found, form, asked, f"/customers/{internal_id(found.stream_id)}")


def _deleting(found: Subject, sent: Mapping[str, str]) -> Form:
    customer = found.customer
    owed = [(to_major(each.due_minor, each.currency), each.currency) for each in customer.account.open_invoices()]
    shown = {
        "word": customer.customer_id or customer.email or internal_id(found.stream_id),
        "plans": [each.plan.name for each in customer.subscriptions.values()],
        "owed": owed,
        "entities": len(customer.entities),
    }
    return Form("delete.html", _at_stake, shown, {"typed": "", "reason": "", **sent})


def _at_stake(customer: Customer) -> Any:
    """What a deletion is about: use that comes in meanwhile changes nothing of it."""
    open_ = [(each.invoice_id, each.due_minor) for each in customer.account.open_invoices()]
    return customer.customer_id, list(customer.subscriptions), open_, list(customer.entities)


def delete_entity_page(visitor: Visitor, customer_id: str) -> Response:
    """What goes with the entity that is chosen."""
    found = _with_entity(visitor, customer_id)
    return opened(found, _leaving(found, given(visitor.call.request)))


def delete_entity_form(visitor: Visitor, customer_id: str) -> Response:
    """Delete the entity, and go back to the whole customer."""
    found, sent = _with_entity(visitor, customer_id), given(visitor.call.request)
    form = _leaving(found, sent)
    if sent.get("typed") != found.entity_id:
        return opened(found, form, {"typed": f"This must be {found.entity_id}"}, 400)
    payload = {"customer_id": customer_id, "entity_id": found.entity_id}
    asked = Asked("entities.delete", payload, done=f"{found.called(found.entity_id)} was deleted")
    return settled(found, form, asked, found.root)


def _with_entity(visitor: Visitor, customer_id: str) -> Subject:
    """Raises `PathNotFound` where no entity is chosen."""
    found = living(visitor, customer_id)
    if found.entity_id is None:
        raise PathNotFound
    return found


def _leaving(found: Subject, sent: Mapping[str, str]) -> Form:
    entity_id = found.entity_id

    def at_stake(customer: Customer) -> Any:
        held = [each.subscription_id for each in customer.subscriptions.values() if each.entity_id == entity_id]
        return held, entity_id in customer.entities

    plans = [each.plan.name for each in found.customer.subscriptions.values() if each.entity_id == entity_id]
    return Form("delete_entity.html", at_stake, {"plans": plans}, {"typed": "", "reason": "", **sent})

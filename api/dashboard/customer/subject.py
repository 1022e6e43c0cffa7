"""Whose page it is: a customer, one that was deleted too, and the entity of it that was chosen."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Response

from api.dashboard.gate import Visitor, leave_for
from api.dashboard.page import page
from api.dashboard.paths import customer_path, segment
from api.views.shapes import Scene
from ledger.core.errors import CustomerNotFound
from ledger.core.state import Customer
from ledger.store.addresses import CustomerAddress, internal_id
from projections import reads

IDENTITY = ("customers",)


@dataclass(frozen=True)
class Subject:
    """A customer as of one position, and the part of it that is looked at. `address` is what its path says."""

    visitor: Visitor
    address: str
    scene: Scene
    position: int
    entity_id: str | None = None

    @property
    def customer(self) -> Customer:
        """The customer, with everything it holds."""
        return self.scene.customer

    @property
    def stream_id(self) -> UUID:
        """The customer's stream."""
        return self.scene.stream_id

    @property
    def name(self) -> str:
        """What people call it."""
        found = self.customer
        return found.name or found.email or found.customer_id or internal_id(self.stream_id)

    @property
    def deleted(self) -> bool:
        """Whether it takes no more changes."""
        return not self.customer.exists

    @property
    def may_change(self) -> bool:
        """Whether whoever looks at it may change it."""
        return self.visitor.may_change and not self.deleted

    @property
    def root(self) -> str:
        """The path of its page."""
        return customer_path(self.address)

    @property
    def here(self) -> str:
        """The address of its page with what is chosen on it."""
        return self.root + self._chosen()

    def path(self, *parts: str, **asked: str | None) -> str:
        """The address of something below its page, for the entity that is chosen."""
        below = "/".join((self.root, *(segment(part) for part in parts)))
        return below + self._chosen(**asked)

    def scope(self, entity_id: str | None) -> str:
        """The address of its page for an entity, or for the whole of it."""
        return customer_path(self.address, entity_id)

    def called(self, entity_id: str | None) -> str:
        """What an entity is called; an entity that is gone has its id alone."""
        found = self.customer.entities.get(entity_id or "")
        return (found.name.text() if found is not None and found.name else None) or entity_id or ""

    def _chosen(self, **asked: str | None) -> str:
        pairs = {"entity": self.entity_id, **asked}
        said = urlencode({name: value for name, value in pairs.items() if value})
        return f"?{said}" if said else ""


def subject(visitor: Visitor, customer_id: str) -> Subject:
    """The customer of a path, and the entity that the form or the address names.

    Raises `CustomerNotFound` for one that never was, `EntityNotFound`.
    """
    call, request = visitor.call, visitor.call.request
    address = CustomerAddress(customer_id)
    try:
        outcome = call.look(address)
    except CustomerNotFound:
        outcome = call.look(CustomerAddress(_former(visitor, customer_id)))
    step, entity_id = outcome.steps[0], (request.form.get("entity") or request.args.get("entity") or None)
    state: Any = step.after
    scene = Scene(step.stream_id, state, outcome.now, outcome.catalog, outcome.settings)
    if entity_id is not None:
        scene.customer.entity(entity_id)
    return Subject(visitor, customer_id, scene, outcome.position, entity_id)


def living(visitor: Visitor, customer_id: str) -> Subject:
    """The same, of a customer that can be changed. Raises `CustomerNotFound` for one that was deleted."""
    found = subject(visitor, customer_id)
    if found.deleted:
        raise CustomerNotFound(customer_id)
    return found


def _former(visitor: Visitor, customer_id: str) -> str:
    """The internal id of the customer that had an id until it was deleted. Raises `CustomerNotFound`."""
    with visitor.call.view(IDENTITY) as view:
        stream_id = reads.find_former_stream(view, customer_id)
    if stream_id is None:
        raise CustomerNotFound(customer_id)
    return internal_id(stream_id)


def sheet(found: Subject, template: str, status: int = 200, **shown: Any) -> Response:
    """A template of this room with what each of them needs."""
    return page(f"customer/{template}", status, visitor=found.visitor, here="/customers", subject=found, **shown)


def back_to(found: Subject, path: str | None = None, said: str = "") -> Response:
    """On to the customer's page, or to another one, once a form has done its work; `said` is what was done."""
    return leave_for(found.visitor.call.request, path or found.here, said)

"""Whose page it is: a customer, one that was deleted too, now or as it stood, and the entity of it that was chosen."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Response
from msgspec import structs

from api.dashboard.gate import leave_for
from api.dashboard.page import page
from api.dashboard.past import NOW, Look, Moment, look, moment_of
from api.dashboard.paths import CUSTOMERS, customer_path, segment
from api.dashboard.visitor import Visitor
from api.reads.past import Whose, then_of, whose
from api.views.shapes import Scene
from ledger.core.errors import CustomerNotFound, InvalidRequest
from ledger.core.state import Customer
from ledger.store.addresses import CustomerAddress, internal_id
from projections import reads
from projections.projection import Recorded
from projections.queries.past import Owner
from projections.when import When

IDENTITY = ("customers",)


@dataclass(frozen=True)
class Subject:
    """A customer as of one position, and the part of it that is looked at. `address` is what its path says.

    `past` is how it stood at `moment`, where that is asked about; nothing of it can be changed.
    """

    visitor: Visitor
    address: str
    scene: Scene
    position: int
    entity_id: str | None = None
    moment: Moment = NOW
    past: Whose | None = None

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
        return self.visitor.may_change and not self.deleted and self.past is None

    @property
    def when(self) -> When | None:
        """The moment that lists are read as of; None for the present."""
        return None if self.past is None else self.past.then.when

    @property
    def ahead(self) -> Sequence[Recorded]:
        """What had fallen due by the moment and nobody had looked at."""
        return () if self.past is None else self.past.stood.ahead

    def owner(self, position: int) -> Owner:
        """Whose rows are asked for; of the present, as of a position."""
        if self.past is not None:
            return self.past.owner
        return Owner(self.stream_id, self.customer.customer_id, self.customer.clock, position)

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
        return self.root + self._chosen(entity=entity_id)

    def file(self, name: str, **asked: str) -> str:
        """The address of a list of it as a file, of the same moment."""
        pairs = {**asked, **dict(self.moment.pairs)}
        return f"/files/v1{CUSTOMERS}/{internal_id(self.stream_id)}/{name}?{urlencode(pairs)}"

    @property
    def look(self) -> Look:
        """The moment that is shown, and the form that asks for another one."""
        chosen = [] if self.entity_id is None else [("entity", self.entity_id)]
        return look(self.root, chosen, self.moment, None if self.past is None else self.past.then)

    def called(self, entity_id: str | None) -> str:
        """What an entity is called; an entity that is gone has its id alone."""
        found = self.customer.entities.get(entity_id or "")
        return (found.name.text() if found is not None and found.name else None) or entity_id or ""

    def _chosen(self, **asked: str | None) -> str:
        pairs = {"entity": self.entity_id, **dict(self.moment.pairs), **asked}
        said = urlencode({name: value for name, value in pairs.items() if value})
        return f"?{said}" if said else ""


def subject(visitor: Visitor, customer_id: str) -> Subject:
    """The customer of a path, and the entity that the form or the address names; as it stood, where that is asked.

    Raises `CustomerNotFound` for one that never was, or was not there then, `EntityNotFound`, and what `then_of` does.
    """
    request = visitor.call.request
    moment = moment_of(request.args)
    found = _stood(visitor, customer_id, moment) if moment.asked else _present(visitor, customer_id)
    entity_id = request.form.get("entity") or request.args.get("entity") or None
    if entity_id is not None:
        found.customer.entity(entity_id)
    return replace(found, entity_id=entity_id)


def _present(visitor: Visitor, customer_id: str) -> Subject:
    call = visitor.call
    try:
        outcome = call.look(CustomerAddress(customer_id))
    except CustomerNotFound:
        outcome = call.look(CustomerAddress(_former(visitor, customer_id)))
    return Subject(visitor, customer_id, call.scene(outcome, on_record=True), outcome.position)


def _stood(visitor: Visitor, customer_id: str, moment: Moment) -> Subject:
    then = then_of(visitor.call, moment._asdict())
    assert then is not None
    try:
        found = whose(visitor.call, then, customer_id)
    except CustomerNotFound:
        # It may have got its id since: then it is the one that has it now.
        found = whose(visitor.call, then, internal_id(_present(visitor, customer_id).stream_id))
    scene = found.scene(_as_numbered(found))
    return Subject(visitor, customer_id, scene, found.stood.position, moment=moment, past=found)


def _as_numbered(found: Whose) -> Customer:
    """A customer of then, on which an invoice that nobody had looked for yet has no number."""
    customer, numbered = found.stood.customer, found.stood.numbered
    invoices = {
        key: each if key in numbered else structs.replace(each, number=None)
        for key, each in customer.account.invoices.items()
    }
    return structs.replace(customer, account=structs.replace(customer.account, invoices=invoices))


def living(visitor: Visitor, customer_id: str) -> Subject:
    """The same, of a customer that can be changed. Raises `CustomerNotFound` for one that was deleted."""
    if moment_of(visitor.call.request.args).asked:
        raise InvalidRequest("The past takes no change: go back to now and change what is there")
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

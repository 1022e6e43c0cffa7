"""Changing things from a page: the operations of the JSON API, done, or only foreseen to show what they would do."""

from collections.abc import Callable, Sequence
from contextvars import copy_context
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, reduce
from typing import Any, Final, NoReturn, TypeVar

from api.call import Call
from api.caller import once
from api.dashboard.visitor import Visitor
from api.errors import PathNotFound
from api.v1.handlers import HANDLERS
from api.views.shapes import Json, Scene
from api.wire.operations import OPERATIONS
from ledger.core.customer import CUSTOMER
from ledger.core.decider import Command, Context
from ledger.core.errors import CustomerNotFound, Refusal
from ledger.core.events import Event
from ledger.core.offers.catalog import CATALOG, Catalog, DeleteFeature
from ledger.core.settings import Role
from ledger.core.state import Customer
from ledger.store.addresses import Address, CatalogAddress, internal_id
from ledger.store.requests import Expecting, Outcome

C = TypeVar("C", bound=Call)
OF_FORMS: Final = frozenset({"form_token", "form_of", "once", "seen", "confirm", "preview", "alone", "reason"})
"""What a form carries for itself, or says beside what it asks for."""


@dataclass(frozen=True)
class Foreseen:
    """A command as it would be decided now: the customer that it finds, and all that deciding it looks at."""

    before: Customer
    command: Command
    context: Context

    @cached_property
    def events(self) -> Sequence[Event]:
        """What it would cause. Raises the refusal that doing it would raise."""
        return CUSTOMER.decide(self.before, self.command, self.context)

    @cached_property
    def after(self) -> Customer:
        """The customer as it would leave it."""
        return reduce(CUSTOMER.evolve, self.events, self.before)

    @property
    def found(self) -> Scene:
        """What a sheet is about: the customer as it is."""
        return self.scene

    @property
    def scene(self) -> Scene:
        """The customer as it is, to be shown."""
        context = self.context
        return Scene(context.stream_id, self.before, context.now, context.catalog, context.settings)

    @property
    def scene_after(self) -> Scene:
        """The customer as it would be, to be shown."""
        return replace(self.scene, customer=self.after)


@dataclass(frozen=True)
class ForeseenCatalog:
    """A command on the catalog as it would be decided now."""

    before: Catalog
    command: Command
    context: Context

    @cached_property
    def events(self) -> Sequence[Event]:
        """What it would cause. Raises the refusal that doing it would raise."""
        return CATALOG.decide(self.before, self.command, self.context)

    @property
    def found(self) -> Catalog:
        """What a sheet is about: the catalog as it is."""
        return self.before


def _foreseen(state: Any, command: Command, context: Context) -> Any:
    return (ForeseenCatalog if isinstance(state, Catalog) else Foreseen)(state, command, context)


class _Reached(Exception):
    """An operation has come to its command: that is all that a rehearsal wants of it."""

    def __init__(self, found: Any) -> None:
        self.found = found


class _Rehearsal(Call):
    """Finds out what an operation asks of the ledger, and asks nothing of it."""

    __slots__ = ()

    def execute(
        self,
        address: Address,
        command: Command,
        *,
        at: datetime | None = None,
        expecting: Expecting | None = None,  # noqa: ARG002  nothing is decided
    ) -> NoReturn:
        """Stop here, with what deciding would look at. That a reason is still to be written spoils no preview."""
        self.identity.require(Role.WRITE)
        found = self.ponder(address, command, at=at)
        if isinstance(found.state, Customer) and not found.state.exists:
            raise CustomerNotFound(internal_id(found.steps[0].stream_id))
        raise _Reached(_foreseen(found.state, command, replace(found.context, reasoned=True)))


class _Agreement(Call):
    """Does what an operation asks for if, in the decision itself, it is what somebody agreed to."""

    __slots__ = ("agrees",)

    agrees: Callable[[Any], None]

    def execute(
        self, address: Address, command: Command, *, at: datetime | None = None, expecting: Expecting | None = None
    ) -> Outcome:
        """The outcome. Raises what `agrees` does about what it finds."""
        here = copy_context()  # the decision is another thread's, and days are this request's there too

        def agreed(state: Any, context: Context) -> None:
            if expecting is not None:
                expecting(state, context)
            here.run(self.agrees, _foreseen(state, command, context))

        return super().execute(address, command, at=at, expecting=agreed)


def do(visitor: Visitor, operation: str, payload: Json, *, agrees: Callable[[Any], None] | None = None) -> Json:
    """Do an operation as the JSON API would: once, however often the form is sent. Raises its refusals.

    `agrees` looks at what is about to happen, under the ledger's lock, and may refuse it: it is given a `Foreseen`
    or, where the operation is one on the catalog, a `ForeseenCatalog`.
    """
    if agrees is None:
        return _run(_call(Call, visitor), operation, payload)
    call = _call(_Agreement, visitor)
    call.agrees = agrees
    return _run(call, operation, payload)


def done_before(visitor: Visitor) -> Outcome | None:
    """What came of this very form when it was sent before; None where nothing did."""
    call = _call(_Agreement, visitor)
    call.agrees = _refuse
    if once(call.request, call.payload) is None:
        return None
    try:
        return call.execute(CatalogAddress(), DeleteFeature(""))
    except Refusal:
        return None


def _refuse(_found: object) -> None:
    """Only what was done before under the same number is answered."""
    raise PathNotFound


def foresee(visitor: Visitor, operation: str, payload: Json) -> Any:
    """What an operation would do now, as `agrees` is given it. Nothing is written. Raises its refusals."""
    try:
        _run(_call(_Rehearsal, visitor), operation, payload)
    except _Reached as reached:
        return reached.found
    raise AssertionError(f"{operation} changes neither a customer nor the catalog")


def _call(kind: type[C], visitor: Visitor) -> C:
    """A call that counts as the same again where the same is written: what it asks for may differ by then."""
    request = visitor.call.request
    sent = [*request.args.items(), *request.form.items()]
    written = {name: text for name, text in sent if text and name not in OF_FORMS}
    return kind(visitor.call.services, request, visitor.call.identity, written)


def _run(call: Call, operation: str, payload: Json) -> Json:
    described = OPERATIONS[operation]
    return HANDLERS[operation](call, described.read(payload))

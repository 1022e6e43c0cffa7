"""Reads of the past: a customer as it stood, shown as the present is.

What belongs to the moment and not to the customer, the catalog and the settings, is what was known then.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeVar
from uuid import UUID

import msgspec

from api.call import Call
from api.reads.moments import when_of
from api.views.shapes import Scene
from ledger.core.errors import CustomerNotFound
from ledger.core.offers.catalog import Catalog
from ledger.core.settings import LedgerSettings
from ledger.core.state import Customer
from projections.cursors import BY_AGE_AND_ID, Question, from_cursor, to_cursor
from projections.queries.past import Owner, subscriptions_then
from projections.queries.rows import Page
from projections.view import View
from projections.when import When
from replay.past import Past, Stood

IDENTITY: Final = ("customers",)
Item = TypeVar("Item")


class Then(NamedTuple):
    """A moment with the catalog and the settings as they were known. `asked` names it in cursors."""

    when: When
    catalog: Catalog
    settings: LedgerSettings
    asked: tuple[Any, ...]

    def scene(self, stream_id: UUID, customer: Customer, now: datetime) -> Scene:
        """A customer of then as a view shows it."""
        return Scene(stream_id, customer, now, self.catalog, self.settings, counted=False)


class Whose(NamedTuple):
    """A customer of then, and the moment."""

    then: Then
    stood: Stood

    @property
    def owner(self) -> Owner:
        """Whose rows are asked for."""
        found = self.stood.customer
        return Owner(self.stood.stream_id, found.customer_id, found.clock, self.stood.position)

    def scene(self, customer: Customer | None = None) -> Scene:
        """The customer, or as much of it as showing something takes, as a view shows it."""
        return self.then.scene(self.stood.stream_id, customer or self.stood.customer, self.stood.now)


def then_of(call: Call, query: dict[str, Any]) -> Then | None:
    """The moment that a read asks for; None for the present. The answer is then as of its position."""
    when = when_of(call, query)
    if when is None:
        return None
    with _past(call) as past:
        settings = past.settings(when, call.background.settings)
        catalog = past.catalog(when, call.background.catalog)
    # Without `as_of` the log goes on between two pages: rows keep their places, and its end is no part of the question.
    return Then(when, catalog, settings, (when.position if query["as_of"] is not None else None, when.at))


def whose(call: Call, then: Then, customer_id: str) -> Whose:
    """The customer that had an id then. Raises `CustomerNotFound`, also for one that had been deleted by then."""
    found = on_record(call, then, customer_id)
    if not found.stood.customer.exists:
        raise CustomerNotFound(customer_id, then=True)
    return found


def on_record(call: Call, then: Then, customer_id: str) -> Whose:
    """As `whose`, and by its internal id also a customer that had been deleted by then: its records stay.

    Raises `CustomerNotFound`.
    """
    with call.view(IDENTITY):
        pass  # whoever had the id by then is known to the read models now
    with _past(call) as past:
        stood = past.customer(past.find(customer_id, then.when), then.when, then.settings)
    if stood.customer.created_at is None:
        raise CustomerNotFound(customer_id, then=True)
    return Whose(then, stood)


def stream_of(call: Call, query: dict[str, Any], customer_id: str) -> UUID:
    """The stream of the customer that a read of records is narrowed to: of the one that has an id, or that had it
    then, and by its internal id also of one that is gone.

    Raises `CustomerNotFound`.
    """
    then = then_of(call, query)
    if then is None:
        return call.settle(customer_id)
    return on_record(call, then, customer_id).stood.stream_id


def in_order(view: View, found: Whose) -> Customer:
    """A customer with what it holds in the order in which the read models list it: by age, then by id."""
    customer = found.stood.customer
    held = subscriptions_then(view, found.owner, found.stood.ahead)
    born = {each.subscription.subscription_id: each.created_at for each in held}
    return msgspec.structs.replace(
        customer,
        subscriptions=dict(sorted(customer.subscriptions.items(), key=lambda each: (born[each[0]], each[0]))),
        grants=dict(sorted(customer.grants.items(), key=lambda each: (each[1].terms.created_at, each[0]))),
        entities=dict(sorted(customer.entities.items(), key=lambda each: (each[1].created_at, each[0]))),
    )


def page(
    call: Call,
    name: str,
    asked: object,
    items: Sequence[Item],
    key: Callable[[Item], tuple[datetime, str]],
    query: dict[str, Any],
    stream_id: UUID,
) -> Page[Item]:
    """A page of what one customer had, newest first; `key` is the instant and the id that order it."""
    question = Question(call.identity.ledger.ledger_id, name, asked)
    after = from_cursor(question, query["cursor"], BY_AGE_AND_ID)
    found = sorted(items, key=key, reverse=True)
    if after is not None:
        found = [each for each in found if key(each) < (after[0], after[2])]
    shown = found[: query["limit"]]
    if len(found) == len(shown):
        return Page(shown, None)
    at, local_id = key(shown[-1])
    return Page(shown, to_cursor(question, (at, stream_id, local_id)))


@contextmanager
def _past(call: Call) -> Iterator[Past]:
    store = call.services.store
    with store.pool.connection() as conn:
        yield Past(conn, store.operator, call.identity.ledger.ledger_id)

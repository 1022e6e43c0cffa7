"""Customers with everything that belongs to them, put together from three models in one snapshot."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from ledger.core.balances.balance import Grant
from ledger.core.state import Customer
from ledger.core.subscriptions.subscription import Subscription
from ledger.store.addresses import internal_stream
from projections.customers.fold import CustomerRow, EntityRow, to_customer, to_entity
from projections.queries.rows import CustomerEntry
from projections.view import View


def find_stream(view: View, customer_id: str) -> UUID | None:
    """The stream of a customer that exists, by its id or its internal id; None when there is none."""
    found = view.rows("find_stream", ("customers",), customer_id=customer_id, stream_id=internal_stream(customer_id))
    return found[0][0] if found else None


def find_former_stream(view: View, customer_id: str) -> UUID | None:
    """The stream of the customer that was deleted last of those that had an id; None when there is none."""
    found = view.rows("find_former_stream", ("customers",), customer_id=customer_id)
    return found[0][0] if found else None


def customer(view: View, stream_id: UUID) -> CustomerEntry | None:
    """One customer, or None when it does not exist."""
    found = people(view, [stream_id])
    return found[0] if found else None


def people(view: View, stream_ids: Sequence[UUID]) -> list[CustomerEntry]:
    """Customers in the order asked for, with their entities, plans and balances; those gone are left out."""
    if not stream_ids:
        return []
    profiles = {row[0]: row[1:] for row in _of(view, "read_customers", "customers", stream_ids)}
    entities = _grouped(_of(view, "read_entities", "customers", stream_ids))
    subscriptions = _grouped(_of(view, "read_subscriptions", "subscriptions", stream_ids))
    grants = _grouped(_of(view, "read_balances", "balances", stream_ids))
    return [
        CustomerEntry(each, _customer(profiles[each], entities[each], subscriptions[each], grants[each]))
        for each in stream_ids
        if each in profiles
    ]


def _of(view: View, name: str, model: str, stream_ids: Sequence[UUID]) -> list[Any]:
    return view.rows(name, (model,), stream_ids=list(stream_ids))


def _grouped(rows: Sequence[Any]) -> defaultdict[UUID, list[Any]]:
    found: defaultdict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        found[row[0]].append(row[1:])
    return found


def _customer(
    profile: Sequence[Any], entities: Sequence[Any], subscriptions: Sequence[Any], grants: Sequence[Any]
) -> Customer:
    held = [msgspec.json.decode(state, type=Subscription) for (state,) in subscriptions]
    units = [msgspec.json.decode(state, type=Grant) for (state,) in grants]
    return msgspec.structs.replace(
        to_customer(CustomerRow(*profile), {each[0]: to_entity(EntityRow(*each)) for each in entities}),
        subscriptions={each.subscription_id: each for each in held},
        grants={each.grant_id: each for each in units},
    )

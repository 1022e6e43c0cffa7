"""What can be read: the resources of every room, in the order in which they are documented."""

from typing import Final

from api.reads import (
    balances,
    books,
    customer,
    customers,
    entities,
    events,
    invoices,
    subscriptions,
    timeline,
    usage,
    views,
)
from api.reads.resource import Resource

ROOMS: Final = (customers, views, customer, balances, subscriptions, entities, invoices, timeline, usage, books, events)
RESOURCES: Final[tuple[Resource, ...]] = tuple(each for room in ROOMS for each in room.RESOURCES)

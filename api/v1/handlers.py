"""Every operation's handler, by `namespace.verb`."""

from types import MappingProxyType
from typing import Final

from api.call import Handlers
from api.v1 import (
    aggregating,
    balances,
    billing,
    customers,
    entities,
    events,
    features,
    importing,
    invoices,
    lists,
    plans,
    several,
    usage,
    views,
)

HANDLERS: Final[Handlers] = MappingProxyType(
    {
        **customers.HANDLERS,
        **entities.HANDLERS,
        **features.HANDLERS,
        **plans.HANDLERS,
        **billing.HANDLERS,
        **several.HANDLERS,
        **importing.HANDLERS,
        **invoices.HANDLERS,
        **balances.HANDLERS,
        **usage.HANDLERS,
        **events.HANDLERS,
        **aggregating.HANDLERS,
        **lists.HANDLERS,
        **views.HANDLERS,
    }
)

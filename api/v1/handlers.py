"""Every operation's handler, by `namespace.verb`."""

from types import MappingProxyType
from typing import Final

from api.call import Handlers
from api.v1 import balances, billing, customers, entities, features, lists, plans, usage

HANDLERS: Final[Handlers] = MappingProxyType(
    {
        **customers.HANDLERS,
        **entities.HANDLERS,
        **features.HANDLERS,
        **plans.HANDLERS,
        **billing.HANDLERS,
        **balances.HANDLERS,
        **usage.HANDLERS,
        **lists.HANDLERS,
    }
)

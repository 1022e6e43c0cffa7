"""Every operation's handler, by `namespace.verb`."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from api.dispatch import Handler
from api.v1 import balances, billing, customers, entities, features, plans, usage

HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType(
    {
        **customers.HANDLERS,
        **entities.HANDLERS,
        **features.HANDLERS,
        **plans.HANDLERS,
        **billing.HANDLERS,
        **balances.HANDLERS,
        **usage.HANDLERS,
    }
)

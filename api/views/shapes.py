"""What every view is given, and the small shapes they share."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import cached_property
from typing import Any
from uuid import UUID

from ledger.core.offers.catalog import Catalog
from ledger.core.period import Every
from ledger.core.settings import LedgerSettings
from ledger.core.state import Customer

Json = dict[str, Any]


@dataclass(frozen=True)
class Scene:
    """A customer as of one position, with what is needed to show it. `now` is its business time.

    `counted` says whether it is known what was used in the windows of usage limits: the read models do not hold it.
    """

    stream_id: UUID
    customer: Customer
    now: datetime
    catalog: Catalog
    settings: LedgerSettings
    expand: frozenset[str] = frozenset()
    counted: bool = True

    @cached_property
    def zone(self) -> tzinfo:
        """The ledger's time zone."""
        return self.settings.zone

    @property
    def env(self) -> str:
        """The word for the kind of ledger."""
        return self.settings.env.value

    @property
    def currency(self) -> str:
        """The currency that the customer is billed in."""
        return self.customer.currency or self.settings.currency


def every(value: Every) -> Json:
    """An interval and, where it is not 1, how many of them."""
    if value.count == 1:
        return {"interval": value.interval.value}
    return {"interval": value.interval.value, "interval_count": value.count}


def present(fields: Mapping[str, Any]) -> Json:
    """The fields that have a value: for those that the wire leaves out rather than sends as null."""
    return {name: value for name, value in fields.items() if value is not None}

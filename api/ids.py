"""Ids on the wire for what has none of its caller's own: customers, subscriptions, balances, invoices, credit notes.

A local id such as `3.0` is unique within its stream only, so it travels with the stream: `sub_<32 hex>_3_0`.
"""

import re
from typing import Final
from uuid import UUID

from ledger.store.addresses import internal_id

SUBSCRIPTION: Final = "sub"
BALANCE: Final = "bal"
INVOICE: Final = "in"
CREDIT_NOTE: Final = "cn"
USE: Final = "evt"
_WIRE: Final = re.compile(r"(sub|bal|in|cn)_([0-9a-f]{32})_([0-9]{1,12}_[0-9]{1,12})")


def shown_customer(customer_id: str | None, stream_id: UUID) -> str:
    """The id that addresses a customer: its own, or the internal one."""
    return customer_id if customer_id is not None else internal_id(stream_id)


def shown_local(prefix: str, stream_id: UUID, local_id: str) -> str:
    """The wire form of a stream's local id."""
    return f"{prefix}_{stream_id.hex}_{local_id.replace('.', '_')}"


def local_of(prefix: str, text: str) -> tuple[UUID, str] | None:
    """The stream and the local id that a wire id names, or None when it is not of that form."""
    match = _WIRE.fullmatch(text)
    if match is None or match[1] != prefix:
        return None
    return UUID(match[2]), match[3].replace("_", ".")

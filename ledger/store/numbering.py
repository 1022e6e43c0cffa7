"""Gapless invoice numbers: how many invoices a ledger has finalized is counted with its head, under its lock."""

from collections.abc import Sequence
from typing import Final

from ledger.core.events import REGISTRY
from ledger.store.chain import text_field

FINALIZED: Final = "invoice.finalized."
_FIELDS: Final = tuple(text_field(name) for name in REGISTRY if name.startswith(FINALIZED))


def count_in_types(types: Sequence[bytes]) -> int:
    """How many of some events, given by the type column as it is hashed, take a number."""
    return sum(map(types.count, _FIELDS))

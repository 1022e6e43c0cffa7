"""The kinds of streams a ledger has, and the version of the code that folds them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec

from ledger.core.customer import CUSTOMER
from ledger.core.decider import CATALOG_STREAM, SETTINGS_STREAM, Decider
from ledger.core.events import REGISTRY, Event
from ledger.core.offers.catalog import CATALOG
from ledger.core.settings import SETTINGS

WRITES_STATES: Final = ("codec.py", "snapshots.py", "sealing.py")


@dataclass(frozen=True, slots=True)
class Kinds:
    """The deciders and the closed registry of stored names.

    `code_version` names the code that folds and keeps: snapshots of another version are not used.
    """

    catalog: Decider
    settings: Decider
    customer: Decider
    registry: Mapping[str, type[Event]]
    code_version: str

    def of(self, stream_id: UUID) -> Decider:
        """The decider of a stream."""
        if stream_id == CATALOG_STREAM:
            return self.catalog
        if stream_id == SETTINGS_STREAM:
            return self.settings
        return self.customer


@cache
def core_code_version() -> str:
    """A digest of the core's source and of what writes a state down, so that nobody has to remember to raise a number
    when a fold or a form changes.
    """
    digest = hashlib.sha256(msgspec.__version__.encode())
    ledger = Path(str(resources.files("ledger")))
    for file in (*sorted((ledger / "core").rglob("*.py")), *(ledger / "store" / name for name in WRITES_STATES)):
        digest.update(str(file.relative_to(ledger)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def core_kinds() -> Kinds:
    """The kinds of streams there are."""
    return Kinds(CATALOG, SETTINGS, CUSTOMER, REGISTRY, core_code_version())

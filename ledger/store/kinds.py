"""The kinds of streams a ledger has, and the version of the code that folds them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from uuid import UUID

from ledger.core.customer import CUSTOMER
from ledger.core.decider import CATALOG_STREAM, SETTINGS_STREAM, Decider
from ledger.core.events import REGISTRY, Event
from ledger.core.offers.catalog import CATALOG
from ledger.core.settings import SETTINGS


@dataclass(frozen=True, slots=True)
class Kinds:
    """The deciders and the closed registry of stored names.

    `code_version` names the code that folds: snapshots of another version are not used.
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
    """A digest of the core's source, so that nobody has to remember to raise a number when a fold changes."""
    digest = hashlib.sha256()
    core = Path(str(resources.files("ledger.core")))
    for file in sorted(core.rglob("*.py")):
        digest.update(str(file.relative_to(core)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def core_kinds() -> Kinds:
    """The kinds of streams there are."""
    return Kinds(CATALOG, SETTINGS, CUSTOMER, REGISTRY, core_code_version())

"""What every request is served with: made once when the app is made."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from api.auth import Authenticator
from api.exports.connections import Places
from api.followers import Followers
from api.keys import run
from api.observe import Metrics
from ledger.settings import Settings
from ledger.store.ledger import Store
from projections.reads import Reads


class Progress(NamedTuple):
    """How far a ledger is, and how far its read models are."""

    ledger_id: str
    head: int
    projected: int
    failed: int


@dataclass(frozen=True)
class Services:
    """The store, who may come in, and what is counted."""

    store: Store
    settings: Settings
    authenticator: Authenticator
    reads: Reads
    metrics: Metrics
    exports: Places
    followers: Followers

    def progress(self) -> Sequence[Progress]:
        """Every ledger of the database. Raises `StoreUnavailable`."""
        return [Progress(*row) for row in run(self.store, "select_progress", {})]

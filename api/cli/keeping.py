"""Keeping the embedded database alive for as long as we use it."""

from typing import Final

from ledger.clock import monotonic
from ledger.embedded import EmbeddedPostgres
from ledger.errors import OperatorError
from ledger.logging import logger

EVERY_SECONDS: Final = 1.0

log = logger(__name__)


class Keeper:
    """Looks once a second whether the embedded database still runs, and starts it again where it does not."""

    def __init__(self, postgres: EmbeddedPostgres | None) -> None:
        self._postgres, self._looked_at = postgres, monotonic()

    def look(self) -> None:
        """Called often. Without an embedded database it does nothing."""
        if self._postgres is None or monotonic() - self._looked_at < EVERY_SECONDS:
            return
        try:
            if self._postgres.ensure_running():
                log.warning("the embedded database had stopped and was started again")
        except OperatorError:
            log.exception("the embedded database is down")
        self._looked_at = monotonic()

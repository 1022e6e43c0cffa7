"""Building what an upgrade brings: models that are new to a ledger with a history, or whose fold is not the one that
made their rows. Each is filled from event 1 beside what is read and swapped in, as a rebuild does it.
"""

import threading
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from psycopg import Connection

from ledger.logging import logger
from ledger.store.connections import Limits, connect
from ledger.store.sealing import OperatorKey
from projections.folding.failures import PASSING, ModelFailed
from projections.models import MODELS
from projections.projection import Model, named
from projections.rebuilding.filling import FillingEnded
from projections.rebuilding.rebuild import rebuild
from projections.rebuilding.statistics import Statistics
from projections.statements import statement

LOOK_SECONDS: Final = 5.0

log = logger(__name__)


class Stopped(Exception):
    """There is no time left to finish a generation; it is dropped and begun again another day."""


class Builder:
    """Builds the models of all ledgers. Several at once make nothing wrong; they leave to each other what is begun."""

    def __init__(
        self,
        database_url: str,
        operator: OperatorKey,
        *,
        limits: Limits | None = None,
        models: Sequence[Model] = MODELS,
        stopping: threading.Event | None = None,
    ) -> None:
        self._database_url, self._operator, self._limits = database_url, operator, limits or Limits()
        self._models, self._stopping = models, stopping or threading.Event()
        self._statistics = Statistics(models)
        self._failed: set[tuple[str, str]] = set()

    def run(self) -> None:
        """Look for models to build, in the calling thread, until told to stop."""
        while not self._stopping.is_set():
            try:
                with connect(self._database_url, self._limits) as conn:
                    self.round(conn)
                    self._statistics.refresh(conn, self._database_url, self._limits)
            except Stopped:
                return
            except Exception:
                log.exception("building read models was interrupted and starts again")
            self._stopping.wait(LOOK_SECONDS)

    def round(self, conn: Connection[Any]) -> int:
        """Build everything that is not built now; answers how many models. Those that fail are not tried again."""
        return sum(self._build(ledger_id, models) for ledger_id, models in self._unbuilt(conn))

    def _unbuilt(self, conn: Connection[Any]) -> list[tuple[str, list[Model]]]:
        rows = conn.execute(statement("select_unbuilt"), named(self._models), prepare=True).fetchall()
        by_name = {model.name: model for model in self._models}
        waiting = [(ledger_id, by_name[name]) for ledger_id, name in rows if (ledger_id, name) not in self._failed]
        return [(ledger_id, [each[1] for each in group]) for ledger_id, group in groupby(waiting, itemgetter(0))]

    def _build(self, ledger_id: str, models: Sequence[Model]) -> int:
        # Those that cannot be folded keep the others waiting for one try only.
        try:
            return self._rebuild(ledger_id, models) if models else 0
        except FillingEnded:
            return 0
        except ModelFailed as failed:
            self._set_aside(ledger_id, failed)
            return self._build(ledger_id, [model for model in models if model.name != failed.model])
        except (Stopped, *PASSING):
            raise
        except Exception:
            # The ledgers after this one are not to wait for it. What it lacks is a newer program, which starts afresh.
            self._failed.update((ledger_id, model.name) for model in models)
            log.exception("the log of a ledger cannot be read, so that nothing is built of it", ledger_id=ledger_id)
            return 0

    def _rebuild(self, ledger_id: str, models: Sequence[Model]) -> int:
        def progress(position: int, target: int) -> None:
            if self._stopping.is_set():
                raise Stopped(f"position {position} of {target}")

        names = ", ".join(model.name for model in models)
        done = rebuild(self._database_url, self._operator, ledger_id, models, limits=self._limits, progress=progress)
        log.info("read models were built", ledger_id=ledger_id, model=names, **done._asdict())
        return len(models)

    def _set_aside(self, ledger_id: str, failed: ModelFailed) -> None:
        self._failed.add((ledger_id, failed.model))
        log.error(
            "a read model cannot be built and is left as it is",
            ledger_id=ledger_id,
            model=failed.model,
            position=failed.position,
            exc_info=failed,
        )

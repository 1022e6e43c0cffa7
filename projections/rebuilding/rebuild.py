"""Rebuilding read models from event 1, and proving that what is served is what a rebuild gives."""

from collections.abc import Sequence
from typing import NamedTuple

import psycopg

from ledger.clock import monotonic
from ledger.store.connections import Limits
from ledger.store.sealing import OperatorKey
from projections.active import active_models
from projections.errors import stands_still
from projections.folding.failures import ModelFailed
from projections.models import MODELS
from projections.projection import Model
from projections.rebuilding.differences import Difference, rows_differ
from projections.rebuilding.filling import Filling, Progress
from projections.rebuilding.statistics import analyze

__all__ = ["Difference", "ModelFailed", "Rebuilt", "compare", "rebuild"]


class Rebuilt(NamedTuple):
    """What a rebuild did: the position it was swapped in at, and how long filling took."""

    position: int
    seconds: float


def rebuild(
    database_url: str,
    operator: OperatorKey,
    ledger_id: str,
    models: Sequence[Model] = MODELS,
    *,
    limits: Limits | None = None,
    progress: Progress | None = None,
) -> Rebuilt:
    """Fill the next generation of some models in one pass over the log and swap it in, while writes go on.

    Cures models that stand still. Raises `ModelFailed` when the log cannot be folded, and `UnknownLedger`; what is read
    stays as it was.
    """
    began = monotonic()
    with Filling(database_url, operator, ledger_id, models, limits=limits) as filling:
        filling.fill(progress)
        analyze(database_url, limits or Limits(), models)  # before anybody reads them
        filling.fill(progress)  # what was written meanwhile: while the swap folds, the runner waits and readers with it
        position = filling.swap()
        return Rebuilt(position, monotonic() - began)


def compare(
    database_url: str,
    operator: OperatorKey,
    ledger_id: str,
    models: Sequence[Model] = MODELS,
    *,
    limits: Limits | None = None,
    progress: Progress | None = None,
) -> Difference | None:
    """Rebuild some models beside the ones that are read and compare row by row; answers the first difference.

    Both sides are as of one position, in one snapshot, while the runner goes on. Raises `ProjectionUnavailable` when
    one of the models stands still: it differs by what it has not folded; else as `rebuild`.
    """
    with Filling(database_url, operator, ledger_id, models, limits=limits) as filling:
        filling.fill(progress)
        filling.conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with filling.conn.transaction():
            # The first question fixes the snapshot; the position and the rows of the runner are as of it.
            filling.finish(filling.conn, filling.projected(filling.conn))
            return _first_difference(filling)


def _first_difference(filling: Filling) -> Difference | None:
    active = active_models(filling.conn, filling.ledger_id)
    for each in filling.generations:
        read = active[each.model.name]
        if read.failed_position is not None:
            raise stands_still(each.model.name, read.failed_position)
        found = rows_differ(filling.conn, each.model, filling.ledger_id, read.generation, each.number)
        if found is not None:
            return found
    return None

"""Folding a batch into all models at once: the database writes the rows of one while the next one is folded.

Everything goes down one connection without waiting for answers (a pipeline): first the questions for the states of all
models, then each model's rows as they are folded. So the database and this thread work side by side, in one transaction
and in the order in which things were sent.

Where a model fails, the pipeline does not say whose statement it was, and what was sent after it is lost. So the whole
batch is taken back and done again, a model at a time, each under a savepoint of its own: those that fail are rolled
back to where the batch found them, and the others have it. That is rare, because a model that failed is stopped.
"""

from collections.abc import Sequence
from typing import Any

from psycopg import Connection

from projections.folding.batch import Batch
from projections.folding.failures import PASSING, ModelFailed
from projections.following.generation import Generation


def advance(conn: Connection[Any], generations: Sequence[Generation], batch: Batch) -> list[ModelFailed]:
    """Fold a batch into some models in the caller's transaction; answers those that could not, which are as they were.

    Raises the database's error when it is gone.
    """
    try:
        with conn.transaction():
            _advance_together(conn, generations, batch)
    except PASSING:
        raise
    except Exception:  # noqa: BLE001  whoever it was fails again, alone
        for generation in generations:
            generation.forget()
        return [failed for each in generations if (failed := _advance_alone(conn, each, batch)) is not None]
    return []


def _advance_together(conn: Connection[Any], generations: Sequence[Generation], batch: Batch) -> None:
    with conn.pipeline():
        asked = [generation.ask(conn, batch) for generation in generations]
        # Those that wait for nothing first: the database is busy with what the others asked.
        for each in sorted(asked, key=lambda each: each.waits):
            each.advance()


def _advance_alone(conn: Connection[Any], generation: Generation, batch: Batch) -> ModelFailed | None:
    try:
        with conn.transaction():
            generation.ask(conn, batch).advance()
    except PASSING:
        raise
    except Exception as error:  # noqa: BLE001  a model's mistake, whatever it is, stops that model only
        generation.forget()
        if isinstance(error, ModelFailed):
            return error
        failed = ModelFailed(generation.model.name, batch.events[-1].position, error)
        failed.__cause__ = error
        return failed
    return None

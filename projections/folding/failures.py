"""What can go wrong while events are folded: a model fails, or the database is gone for a while."""

from typing import Final

import psycopg

# What ends with the database or the network is nobody's fault here, and goes away by itself.
PASSING: Final = (psycopg.OperationalError, psycopg.InterfaceError, MemoryError)


class ModelFailed(Exception):
    """A model could not fold an event, or its rows could not be written."""

    def __init__(self, model: str, position: int, cause: Exception) -> None:
        super().__init__(f"{type(cause).__name__}: {_said_of(cause)}")
        self.model, self.position = model, position


def _said_of(cause: Exception) -> str:
    # What PostgreSQL adds to its sentence is the row that it refused, with whoever it is about.
    primary = cause.diag.message_primary if isinstance(cause, psycopg.Error) else None
    return str(cause) if primary is None else primary

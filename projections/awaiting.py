"""What a reader waits for: the last event of the log that can change its answer, which is rarely the last of all.

Events that none of its models folds change no row that it reads; nor do those of other streams where it reads of one
customer alone. So who reads a plan or a timeline does not wait for what others use meanwhile, and its answer is as of
the ledger's head all the same.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg import Connection

from ledger.core.decider import CATALOG_STREAM, SETTINGS_STREAM
from ledger.core.events import REGISTRY
from projections.models import model_named
from projections.statements import statement

MOST_TO_LOOK_THROUGH: Final = 5_000  # events that are not folded yet; with more of them all are waited for


class Interest(NamedTuple):
    """What an answer is made of: rows of these models, of this stream alone where one is given, as of a head or of
    `upto`, a position of the past.
    """

    models: tuple[str, ...]
    stream_id: UUID | None = None
    upto: int | None = None

    def as_of(self, head: int) -> int:
        """The position that an answer is as of which is asked for when the log ends at `head`."""
        return head if self.upto is None else min(self.upto, head)

    def last_awaited(self, conn: Connection[Any], ledger_id: str, folded: int, position: int) -> int:
        """The last event up to a position that has to be folded for an answer as of that position; or `folded`, up to
        where all are.
        """
        if not folded < position <= folded + MOST_TO_LOOK_THROUGH:
            return position
        own = None if self.stream_id is None else [self.stream_id, CATALOG_STREAM, SETTINGS_STREAM]
        asked = {"after": folded, "upto": position, "indifferent": list(indifferent(self.models)), "streams": own}
        row = conn.execute(statement("find_awaited"), {"ledger_id": ledger_id, **asked}, prepare=True).fetchone()
        return folded if row is None else int(row[0])


@cache
def indifferent(models: Sequence[str]) -> tuple[str, ...]:
    """The stored names of events that none of the models is shown.

    An old version counts as what it may become, and so does what only a newer program knows: both are waited for.
    """
    folds = [model.folds for name in models if (model := model_named(name)) is not None]
    if len(folds) < len(models):
        return ()
    shown = frozenset().union(*folds)
    return tuple(name for name, cls in REGISTRY.items() if cls not in shown and not hasattr(cls, "upcast"))

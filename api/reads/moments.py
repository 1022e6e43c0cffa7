"""`as_of` and `at`: the parameters that ask for the past, and the moment they mean."""

from typing import Any, Final

from api.call import Call
from api.reads.query import text
from projections.when import When
from replay.when import resolve

MOMENT_CHARS: Final = 64
AS_OF: Final = text("as_of", "What was known then: an RFC 3339 instant, a day, or `position:N`.", MOMENT_CHARS)
AT: Final = text("at", "How it stood in business then: an RFC 3339 instant, or a day.", MOMENT_CHARS)
PAST: Final = (AS_OF, AT)


def when_of(call: Call, query: dict[str, Any]) -> When | None:
    """The moment that a read is about; None for the present."""
    if query["as_of"] is None and query["at"] is None:
        return None
    ledger_id = call.identity.ledger.ledger_id
    with call.services.store.pool.connection() as conn:
        return resolve(conn, ledger_id, call.background.settings, as_of=query["as_of"], at=query["at"])

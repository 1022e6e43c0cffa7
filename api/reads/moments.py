"""`as_of` and `at`: the parameters that ask for the past, and the moment they mean."""

from typing import Any, Final

from api.call import Call
from api.reads.query import text
from ledger.core.errors import InvalidRequest
from projections.when import When
from replay.when import resolve

MOMENT_CHARS: Final = 64
AS_OF: Final = text("as_of", "What was known then: an RFC 3339 instant, a day, or `position:N`.", MOMENT_CHARS)
AT: Final = text("at", "How it stood in business then: an RFC 3339 instant, or a day.", MOMENT_CHARS)
PAST: Final = (AS_OF, AT)


def when_of(call: Call, query: dict[str, Any]) -> When | None:
    """The moment that a read is about, and that its answer is as of; None for the present.

    Raises `InvalidInput` for what is no moment, `InvalidRequest` for one that is still to come, also on the clock of
    the sandbox's customer that is furthest ahead, `PositionNotFound`.
    """
    if query["as_of"] is None and query["at"] is None:
        return None
    ledger_id = call.identity.ledger.ledger_id
    with call.services.store.pool.connection() as conn:
        when = resolve(conn, ledger_id, call.background.settings, as_of=query["as_of"], at=query["at"])
    if when is not None and when.at is not None and when.at > when.known_at:
        _check_clocks(call, when, query["at"], query["as_of"])
    if when is not None:
        call.pin(when.position)
    return when


def _check_clocks(call: Call, when: When, at: str, as_of: str | None) -> None:
    with call.view(("customers",)) as view:
        ((latest,),) = view.rows("read_latest_clock", ("customers",), position=when.position)
    assert when.at is not None
    if latest is not None and when.at <= latest:
        return
    stands = "no customer has a clock of its own" if latest is None else f"the latest clock is {latest.isoformat()}"
    if as_of is None:
        raise InvalidRequest(f"at was {at}, which is still to come: {stands}")
    raise InvalidRequest(f"at was {at} and must not be after as_of, which was {as_of}: then, {stands}")

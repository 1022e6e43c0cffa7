"""Kind and value of a claim as its row has them. Whoever asks, writes or verifies claims makes them here."""

from typing import Final
from uuid import UUID

from ledger.core.decider import Ask, Claim
from ledger.store.sealing import OperatorKey

ClaimKey = tuple[str, str]

SEPARATOR: Final = "@"
BEYOND_SEPARATOR: Final = chr(ord(SEPARATOR) + 1)
STREAM_SUFFIX: Final = 33


def asked_key(operator: OperatorKey, ledger_id: str, ask: Ask | Claim) -> ClaimKey:
    """The row of what a command asks about: a personal value is a keyed hash."""
    value = operator.hash_claim(ledger_id, ask.kind, ask.value) if ask.personal else ask.value
    return ask.kind, value


def claimed_key(operator: OperatorKey, ledger_id: str, claim: Claim, stream_id: UUID) -> ClaimKey:
    """The row of a stream's claim.

    One that is unique within its stream only has the stream behind its value, and is still found by the value alone:
    the suffix has a fixed length, so a value may contain anything.
    """
    kind, value = asked_key(operator, ledger_id, claim)
    return kind, f"{value}{SEPARATOR}{stream_id.hex}" if claim.per_stream else value


def without_stream(value: str) -> str:
    """What was claimed, without the stream behind it."""
    return value[:-STREAM_SUFFIX]

"""Pages by key: a cursor says after which row the next page starts, and of which question it is the continuation."""

import base64
import binascii
import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec

from ledger.core.errors import Refusal

QUESTION_BYTES: Final = 9

Parse = Callable[[str], Any]


class InvalidCursor(Refusal):
    """A cursor that we did not make, or made for another ledger or another question."""

    code = "invalid_cursor"

    def __init__(self) -> None:
        super().__init__(
            "The cursor does not belong to this question: use the next_cursor of its page before, unchanged"
        )


class Question(NamedTuple):
    """What a list was asked: a cursor of it continues only the same question."""

    ledger_id: str
    list_name: str
    asked: object

    @property
    def digest(self) -> bytes:
        """Tells questions apart; the page's size is not part of it."""
        return hashlib.sha256(msgspec.json.encode((self.ledger_id, self.list_name, self.asked))).digest()[
            :QUESTION_BYTES
        ]


def to_cursor(question: Question, key: Sequence[object]) -> str:
    """An opaque cursor that starts after the row with this key."""
    packed = question.digest + msgspec.json.encode([_text(part) for part in key])
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def from_cursor(question: Question, cursor: str | None, parts: Sequence[Parse]) -> tuple[Any, ...] | None:
    """The key that a page starts after; None for the first page. Raises `InvalidCursor`."""
    if not cursor:
        return None
    try:
        packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        if packed[:QUESTION_BYTES] != question.digest:
            raise InvalidCursor
        texts = msgspec.json.decode(packed[QUESTION_BYTES:], type=list[str])
        return tuple(parse(text) for parse, text in zip(parts, texts, strict=True))
    except (binascii.Error, msgspec.DecodeError, ValueError, UnicodeError) as error:
        raise InvalidCursor from error


def _text(part: object) -> str:
    return part.isoformat() if isinstance(part, datetime) else str(part)


BY_AGE: Final[tuple[Parse, ...]] = (datetime.fromisoformat, UUID)
BY_AGE_AND_ID: Final[tuple[Parse, ...]] = (datetime.fromisoformat, UUID, str)
BY_POSITION: Final[tuple[Parse, ...]] = (int,)
BY_INSTANT: Final[tuple[Parse, ...]] = (datetime.fromisoformat, int)

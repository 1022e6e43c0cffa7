"""Who asks, for whom, why, when and whether for the first time: everything a request says in its headers."""

import hashlib
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final
from urllib.parse import unquote_to_bytes

import msgspec

from api.request import ApiRequest
from api.wire import limits
from api.wire.fields import CONTROL
from api.wire.json import plain
from ledger.core.decider import whole_milliseconds
from ledger.core.errors import InvalidInput, InvalidRequest, Refusal
from ledger.core.sealed import Sealed
from ledger.store.requests import Caller, Once

ACTOR_CHARS: Final = 255
REASON_CHARS: Final = 2_000
NEWEST_VERSION: Final = (2, 5, 0)
OLDEST_VERSION: Final = (2, 3, 0)
_ENCODED: Final = "UTF-8''"
_VERSION: Final = re.compile(r"(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?")
_RFC_3339: Final = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})")


class InvalidApiVersion(Refusal):
    code = "invalid_api_version"

    def __init__(self, version: str) -> None:
        oldest, newest = (".".join(map(str, each)) for each in (OLDEST_VERSION, NEWEST_VERSION))
        super().__init__(
            f"{version[:40]!r} is not a version served here: send x-api-version {oldest} to {newest}, or leave it out"
        )


def check_api_version(request: ApiRequest) -> None:
    """Refuse a version of the wire that is not served; they are all answered alike."""
    text = request.environ.get("HTTP_X_API_VERSION")
    if text is None or text == "2.5.0":
        return
    match = _VERSION.fullmatch(text)
    version = tuple(int(part or 0) for part in match.groups()) if match else ()
    if not OLDEST_VERSION <= version <= NEWEST_VERSION:
        raise InvalidApiVersion(text)


def caller(request: ApiRequest) -> Caller:
    """Who acts: the key's name, never the caller's choice; whom it acts for and why are the caller's to say."""
    assert request.identity is not None
    environ = request.environ
    actor = environ.get("HTTP_TALLYSTICK_ACTOR")
    reason = environ.get("HTTP_TALLYSTICK_REASON")
    return Caller(
        request.identity.name,
        None if actor is None else _text("Tallystick-Actor", actor, ACTOR_CHARS),
        None if reason is None else Sealed(_text("Tallystick-Reason", reason, REASON_CHARS)),
        request.request_id,
    )


def _text(name: str, value: str, most: int) -> str:
    """A header's text: UTF-8, though WSGI hands it over as Latin-1, or percent-encoded behind `UTF-8''` (RFC 8187).

    Not every server passes bytes beyond ASCII on: some hand over an empty text instead.
    """
    try:
        encoded = value[len(_ENCODED) :] if value[: len(_ENCODED)].upper() == _ENCODED else None
        text = (value.encode("latin-1") if encoded is None else unquote_to_bytes(encoded)).decode().strip()
    except UnicodeError:
        raise InvalidInput(f"The header {name} is not UTF-8") from None
    if not 0 < len(text) <= most or CONTROL.search(text):
        raise InvalidInput(
            f"The header {name} must be text of 1 to {most} characters without control characters; letters beyond"
            " ASCII are percent-encoded, as in UTF-8''f%C3%BCr"
        )
    return text


def once(request: ApiRequest, payload: Any) -> Once | None:
    """The request's idempotency key, held by the API key; bound to the path and the body as a value."""
    key = request.environ.get("HTTP_IDEMPOTENCY_KEY")
    if key is None:
        return None
    assert request.identity is not None
    text = _text("Idempotency-Key", key, limits.IDEMPOTENCY_KEY_CHARS)
    return Once(text, request.identity.key_id, request.path, request_hash(request.path, payload))


def row_once(request: ApiRequest, key: str, row: Any) -> Once:
    """One row's own idempotency key."""
    assert request.identity is not None
    return Once(key, request.identity.key_id, request.path, request_hash(request.path, row))


def request_hash(path: str, payload: Any) -> bytes:
    """SHA-256 of the path and the body: the order of fields, spaces and the spelling of numbers do not count."""
    return hashlib.sha256(msgspec.json.encode([path, _canonical(payload)])).digest()


def _canonical(value: Any) -> Any:
    if type(value) is dict:
        return {"o": sorted((name, _canonical(each)) for name, each in value.items())}
    if type(value) is list:
        return [_canonical(each) for each in value]
    if type(value) is int or type(value) is Decimal:
        return {"n": plain(Decimal(value))}
    return value


def business_now(request: ApiRequest) -> datetime | None:
    """`Tallystick-Now`: the business time of this command, in whole milliseconds. The core says where it may go."""
    text = request.environ.get("HTTP_TALLYSTICK_NOW")
    if text is None:
        return None
    try:
        if not _RFC_3339.fullmatch(text):
            raise ValueError
        instant = datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _wrong_now(text) from None
    if not limits.EARLIEST <= instant < limits.LATEST:
        raise _wrong_now(text)
    return whole_milliseconds(instant)


def backdates(request: ApiRequest) -> bool:
    """`Tallystick-Backdate: true`: use from before the open period corrects the period that it falls in."""
    text: str | None = request.environ.get("HTTP_TALLYSTICK_BACKDATE")
    if text is None:
        return False
    if text.lower() not in ("true", "false"):
        raise InvalidInput(f"The header Tallystick-Backdate was {text[:40]!r} and must be true or false")
    return text.lower() == "true"


def refuse_business_time(request: ApiRequest) -> None:
    """Refuse `Tallystick-Now` where nothing is written: an answer about the present must not look like another one."""
    if "HTTP_TALLYSTICK_NOW" in request.environ:
        raise InvalidRequest("Tallystick-Now is the business time of a write, and this request writes nothing")


def _wrong_now(text: str) -> InvalidInput:
    return InvalidInput(
        f"The header Tallystick-Now was {text[:40]!r} and must be an RFC 3339 instant from"
        f" {limits.EARLIEST.year} to before {limits.LATEST.year}, such as 2026-01-31T12:00:00Z"
    )

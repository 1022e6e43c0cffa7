"""Signing in: by a password, or by a link that works once; who is signed in, and until when.

A password is checked against argon2; after some failures nobody may try for a while. Sessions and links are secrets of
which only keyed hashes are kept, so that whoever reads the tables can use none.
"""

import secrets
from base64 import b64encode
from typing import Final, NamedTuple

from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION

from api.guesses import Guesses
from api.keys import run
from api.users import HASHER, MOST_PASSWORD_CHARS, put_password, users_of
from ledger.core.access import User
from ledger.core.errors import Refusal
from ledger.store.ledger import Caller, Store, UnknownLedger

MOST_FAILURES: Final = 5
SESSION_SECONDS: Final = 12 * 3600
IDLE_SECONDS: Final = 2 * 3600
KEPT_SECONDS: Final = 90 * 24 * 3600  # that a session which is over is still known
LINK_SECONDS: Final = 15 * 60
SECRET_CHARS: Final = 128


def _nobodys_hash() -> str:
    # Of the same cost as any other, and no password has it. Drawn and not worked out: every process begins with this.
    def drawn(size: int) -> str:
        return b64encode(secrets.token_bytes(size)).decode().rstrip("=")

    cost = f"m={HASHER.memory_cost},t={HASHER.time_cost},p={HASHER.parallelism}"
    return f"$argon2id$v={ARGON2_VERSION}${cost}${drawn(HASHER.salt_len)}${drawn(HASHER.hash_len)}"


# What is checked where there is no such user, so that it takes as long to say no.
NOBODY: Final = _nobodys_hash()
STRANGERS: Final = Guesses(MOST_FAILURES)


class WrongPassword(Refusal):
    """The name and the password do not belong together; which of them is wrong is nobody's business."""

    code = "wrong_password"

    def __init__(self) -> None:
        super().__init__("The name or the password is wrong")


class LockedOut(Refusal):
    """Too many were wrong lately."""

    code = "locked_out"

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many sign-ins failed: try again in {_lasting(seconds)}")
        self.retry_after = seconds


def _lasting(seconds: int) -> str:
    """A time that is left, as people say it."""
    if seconds < 100:
        return f"{seconds} seconds"
    minutes, rest = divmod(seconds, 60)
    return f"{minutes} minutes and {rest} seconds" if rest and minutes < 10 else f"{minutes + bool(rest)} minutes"


class SignedIn(NamedTuple):
    """A user of a ledger, while a session lasts."""

    ledger_id: str
    user: User


def sign_in(store: Store, ledger_id: str, name: str, password: str, *, by: Caller) -> str:
    """The secret of a new session. Raises `WrongPassword`, `LockedOut`, `StoreUnavailable`.

    Neither what is said nor how long it takes tells which names, and which ledgers, there are.
    """
    user = _named(store, ledger_id, name, by=by)
    # Of nobody the same is asked, so that it takes as long; and never by what somebody wrote.
    place = {"ledger_id": "", "user_id": ""} if user is None else {"ledger_id": ledger_id, "user_id": user.user_id}
    found = run(store, "select_password", place)
    kept, locked_seconds = found[0] if found else (NOBODY, STRANGERS.locked_seconds(ledger_id, name))
    if locked_seconds:
        raise LockedOut(locked_seconds)
    right = _matches(kept, password[:MOST_PASSWORD_CHARS])
    if not found:
        STRANGERS.failed(ledger_id, name)
        raise WrongPassword
    if user is None or user.disabled_at is not None or not right:
        run(store, "fail_password", {**place, "most": MOST_FAILURES})
        raise WrongPassword
    run(store, "pass_password", place)
    if HASHER.check_needs_rehash(kept):
        put_password(store, ledger_id, user.user_id, password)
    return open_session(store, ledger_id, user.user_id)


def _named(store: Store, ledger_id: str, name: str, *, by: Caller) -> User | None:
    try:
        return next((each for each in users_of(store, ledger_id, by=by).values() if each.name == name), None)
    except UnknownLedger:
        return None


def open_session(store: Store, ledger_id: str, user_id: str) -> str:
    """The secret of a new session of a user who has proved who they are."""
    secret = secrets.token_urlsafe(32)
    kept = {"ledger_id": ledger_id, "secret_hash": store.operator.hash_secret(secret), "user_id": user_id}
    run(store, "insert_session", {**kept, "seconds": SESSION_SECONDS, "kept_seconds": KEPT_SECONDS})
    return secret


def signed_in(store: Store, secret: str, *, by: Caller) -> SignedIn | None:
    """Whose session a secret is; None when it is over, or its user was disabled."""
    if not secret or len(secret) > SECRET_CHARS:
        return None
    secret_hash = store.operator.hash_secret(secret)
    for ledger_id, user_id in run(store, "select_session", {"secret_hash": secret_hash, "idle_seconds": IDLE_SECONDS}):
        user = users_of(store, ledger_id, by=by).get(user_id)
        if user is not None and user.disabled_at is None:
            run(store, "touch_session", {"ledger_id": ledger_id, "secret_hash": secret_hash})
            return SignedIn(ledger_id, user)
    return None


def was_signed_in(store: Store, secret: str, *, by: Caller) -> SignedIn | None:
    """Whose session a secret is or was; None where nobody knows any more, or its user was disabled. Opens nothing."""
    if not secret or len(secret) > SECRET_CHARS:
        return None
    for ledger_id, user_id in run(store, "select_former_session", {"secret_hash": store.operator.hash_secret(secret)}):
        user = users_of(store, ledger_id, by=by).get(user_id)
        if user is not None and user.disabled_at is None:
            return SignedIn(ledger_id, user)
    return None


def sign_out(store: Store, ledger_id: str, secret: str) -> None:
    """End a session."""
    run(store, "end_session", {"ledger_id": ledger_id, "secret_hash": store.operator.hash_secret(secret)})


def sign_in_link(store: Store, ledger_id: str, user_id: str) -> str:
    """A secret that signs a user in once, within a quarter of an hour."""
    secret = secrets.token_urlsafe(32)
    kept = {"ledger_id": ledger_id, "secret_hash": store.operator.hash_secret(secret), "user_id": user_id}
    run(store, "insert_sign_in_link", {**kept, "seconds": LINK_SECONDS})
    return secret


def take_link(store: Store, secret: str, *, by: Caller) -> str | None:
    """The secret of a new session for whoever uses a link first; None for one that is used or over."""
    if not secret or len(secret) > SECRET_CHARS:
        return None
    for ledger_id, user_id in run(store, "take_sign_in_link", {"secret_hash": store.operator.hash_secret(secret)}):
        user = users_of(store, ledger_id, by=by).get(user_id)
        if user is not None and user.disabled_at is None:
            return open_session(store, ledger_id, user_id)
    return None


def _matches(kept: str, password: str) -> bool:
    try:
        return HASHER.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False

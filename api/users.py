"""Users of the dashboard: added, changed and disabled as events of the ledger; their passwords are hashed rows."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Final, NamedTuple

from argon2 import PasswordHasher

from api.keys import run
from ledger.core.access import AddUser, ChangeRole, DisableUser, User, UserRole
from ledger.core.errors import InvalidInput, Refusal
from ledger.core.settings import LedgerSettings
from ledger.store.ledger import Caller, SettingsAddress, Store
from ledger.store.requests import Once

LEAST_PASSWORD_CHARS, MOST_PASSWORD_CHARS = 12, 256
HASHER: Final = PasswordHasher()


class UserNotFound(Refusal):
    code = "user_not_found"
    status = HTTPStatus.NOT_FOUND

    def __init__(self, user_id: str) -> None:
        super().__init__(f"User {user_id} does not exist in this ledger")


class Way(NamedTuple):
    """How a user comes in: when they last did, as far as it is still known; with a password, or by links alone.

    For `locked_seconds` nobody may try.
    """

    signed_in_at: datetime | None = None
    has_password: bool = False
    locked_seconds: int = 0


def add_user(
    store: Store,
    ledger_id: str,
    name: str,
    role: UserRole,
    password: str | None,
    *,
    by: Caller,
    once: Once | None = None,
) -> User:
    """Add a user. Without a password a sign-in link is the only way in. The same request again adds nobody else.

    Raises `UnknownLedger`, a `Refusal` (the name is taken or cannot be one, the password is too short),
    `StoreUnavailable`.
    """
    if password is not None:
        check_password(password)
    command = AddUser(f"user_{secrets.token_hex(8)}", name, role)
    after: LedgerSettings = store.ledger(ledger_id).execute(SettingsAddress(), command, by=by, once=once).state
    user = next(each for each in after.users.values() if each.name == name)
    if password is not None:
        put_password(store, ledger_id, user.user_id, password)
    return user


def set_password(store: Store, ledger_id: str, user_id: str, password: str) -> None:
    """Give a user another password; nobody stays signed in as them. Raises `InvalidInput` for one too short."""
    check_password(password)
    put_password(store, ledger_id, user_id, password)
    run(store, "end_sessions", {"ledger_id": ledger_id, "user_id": user_id})


def change_role(store: Store, ledger_id: str, user_id: str, role: UserRole, *, by: Caller) -> User:
    """Let a user do more, or less, from the next request on. Raises a `Refusal`."""
    after = store.ledger(ledger_id).execute(SettingsAddress(), ChangeRole(user_id, role), by=by).state
    user: User = after.users[user_id]
    return user


def disable_user(store: Store, ledger_id: str, user_id: str, *, by: Caller) -> User:
    """Let a user in no more, from the next request on. Raises a `Refusal`."""
    after = store.ledger(ledger_id).execute(SettingsAddress(), DisableUser(user_id), by=by).state
    run(store, "end_sessions", {"ledger_id": ledger_id, "user_id": user_id})
    user: User = after.users[user_id]
    return user


def list_users(store: Store, ledger_id: str, *, by: Caller) -> Sequence[User]:
    """Every user a ledger ever had, oldest first."""
    return sorted(users_of(store, ledger_id, by=by).values(), key=lambda user: (user.created_at, user.user_id))


def users_of(store: Store, ledger_id: str, *, by: Caller) -> Mapping[str, User]:
    """Every user a ledger ever had, by id."""
    state: LedgerSettings = store.ledger(ledger_id).look(SettingsAddress(), by=by).state
    return state.users


def ways_in(store: Store, ledger_id: str) -> Mapping[str, Way]:
    """How users come in, by id; who is not in it never did and has no password."""
    rows = run(store, "select_ways_in", {"ledger_id": ledger_id})
    return {user_id: Way(*way) for user_id, *way in rows}


def find_user(store: Store, ledger_id: str, user_id: str, *, by: Caller) -> User:
    """A user of a ledger. Raises `UserNotFound`."""
    found = users_of(store, ledger_id, by=by).get(user_id)
    if found is None:
        raise UserNotFound(user_id)
    return found


def check_password(password: str) -> None:
    """Raises `InvalidInput` for what cannot be a password."""
    if not LEAST_PASSWORD_CHARS <= len(password) <= MOST_PASSWORD_CHARS:
        raise InvalidInput(f"A password must be {LEAST_PASSWORD_CHARS} to {MOST_PASSWORD_CHARS} characters long")


def put_password(store: Store, ledger_id: str, user_id: str, password: str) -> None:
    """Keep the hash of a password that may be one."""
    kept = {"ledger_id": ledger_id, "user_id": user_id, "hash": HASHER.hash(password)}
    run(store, "upsert_password", kept)

"""Who may look at a ledger and change it in the dashboard: its users, and what each may do.

Passwords and sessions are rows and never events; here is only that a user exists, its name and its role.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, assert_never

import msgspec

from ledger.core.decider import CLOCK, Command, Context
from ledger.core.errors import InvalidInput, InvalidRequest
from ledger.core.events import Event, UserAdded, UserDisabled, UserRoleChanged

NAME_CHARS: Final = 100


class UserRole(StrEnum):
    """What a person may do: look; look and change customers; also plans, keys, users and settings."""

    VIEWER = "viewer"
    FINANCE = "finance"
    ADMIN = "admin"


class User(msgspec.Struct, frozen=True):
    """A person who signs in by name; that name is the actor of what they do."""

    user_id: str
    name: str
    role: UserRole
    created_at: datetime
    disabled_at: datetime | None = None


Users = Mapping[str, User]


class AddUser(Command, frozen=True):
    user_id: str
    name: str
    role: UserRole


class ChangeRole(Command, frozen=True):
    user_id: str
    role: UserRole


class DisableUser(Command, frozen=True):
    user_id: str


AccessCommand = AddUser | ChangeRole | DisableUser
AccessEvent = UserAdded | UserRoleChanged | UserDisabled


def evolve(users: Users, event: AccessEvent) -> Users:
    """Fold one event into who there is."""
    return {**users, event.user_id: _after(users, event)}


def _after(users: Users, event: AccessEvent) -> User:
    match event:
        case UserAdded():
            return User(event.user_id, event.name, UserRole(event.role), event.created_at)
        case UserRoleChanged():
            return msgspec.structs.replace(users[event.user_id], role=UserRole(event.after))
        case UserDisabled():
            return msgspec.structs.replace(users[event.user_id], disabled_at=event.disabled_at)
    assert_never(event)


def decide(users: Users, taken: Collection[str], command: AccessCommand, context: Context) -> Sequence[Event]:
    """Answer a command with events, or refuse it. `taken` are the names that keys act under."""
    match command:
        case AddUser():
            _check_name(users, taken, command.name)
            return [UserAdded(command.user_id, command.name, command.role, context.now)]
        case ChangeRole():
            user = in_use(users, command.user_id)
            if user.role is command.role:
                return []
            _keep_an_admin(users, user)
            return [UserRoleChanged(user.user_id, user.name, user.role, command.role)]
        case DisableUser():
            user = _known(users, command.user_id)
            if user.disabled_at is not None:
                return []
            _keep_an_admin(users, user)
            return [UserDisabled(user.user_id, user.name, context.now)]


def in_use(users: Users, user_id: str) -> User:
    """A user who may sign in. Raises `InvalidInput` for one who may not."""
    user = _known(users, user_id)
    if user.disabled_at is not None:
        raise InvalidInput(f"User {user.name} was disabled: add a user of another name")
    return user


def _known(users: Users, user_id: str) -> User:
    user = users.get(user_id)
    if user is None:
        raise InvalidInput(f"User {user_id} does not exist in this ledger")
    return user


def _check_name(users: Users, taken: Collection[str], name: str) -> None:
    if not 0 < len(name) <= NAME_CHARS or not name.isprintable() or name != name.strip():
        raise InvalidInput(f"A user's name must be 1 to {NAME_CHARS} visible characters without spaces around it")
    if name == CLOCK:
        raise InvalidInput(f"{CLOCK} is the actor of what happens by itself: choose another name")
    if any(user.name == name for user in users.values()):
        raise InvalidRequest(f"A user named {name} exists or existed: what they did stands under that name")
    if name in taken:
        raise InvalidRequest(f"A key acts under the name {name}: choose another, so that it stays clear who did what")


def _keep_an_admin(users: Users, leaving: User) -> None:
    """Of those who may change who may come in, one stays."""
    if leaving.role is not UserRole.ADMIN:
        return
    others = [
        each
        for each in users.values()
        if each.user_id != leaving.user_id and each.role is UserRole.ADMIN and each.disabled_at is None
    ]
    if not others:
        raise InvalidRequest(f"{leaving.name} is the only admin: make somebody else one first")

"""The ledger's own stream: its settings and who holds a key to it.

Key secrets, passwords and sessions are rows and never events; here is only that a key exists, its name
and its role.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from ledger.core import access, decider
from ledger.core.access import AddUser, ChangeRole, DisableUser, User
from ledger.core.closing_books import NEVER, check_closing, closed_until
from ledger.core.decider import CLOCK, Command, Context, Decider
from ledger.core.errors import InvalidInput, InvalidRequest
from ledger.core.events import (
    Event,
    KeyCreated,
    KeyRevoked,
    LedgerChanged,
    LedgerCreated,
    UserAdded,
    UserDisabled,
    UserRoleChanged,
)
from ledger.core.zones import zone_named


class Env(StrEnum):
    """Sandbox ledgers may move their customers' clocks; live ones are on real time."""

    SANDBOX = "sandbox"
    LIVE = "live"


class Role(StrEnum):
    """What a key may do: look; look and change customers; also the ledger's keys and settings."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


class Gateway(StrEnum):
    """Who moves the money. Simulated pays at once, or declines; manual waits until a payment is recorded."""

    SIMULATED = "simulated"
    MANUAL = "manual"


class Key(msgspec.Struct, frozen=True):
    key_id: str
    name: str
    role: Role
    created_at: datetime
    revoked_at: datetime | None = None


class LedgerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How this ledger behaves. `late_usage_days` is how old usage may be and still count (docs/billing-rules.md).

    `net_terms_days` is how long an invoice that is not charged at once may stay open. `persist_free_overage`: what was
    used beyond a free grant is taken off the next one (§2.11). `books_closed_until` is the last day of closed
    accounting periods, as ISO 8601, or `never`.
    """

    version: int = 0
    ledger_id: str = ""
    env: Env = Env.SANDBOX
    timezone: str = "UTC"
    currency: str = "usd"
    created_at: datetime | None = None
    late_usage_days: int = 7
    require_reason: bool = False
    reverse_deduction_order: bool = False
    persist_free_overage: bool = False
    gateway: Gateway | None = None
    net_terms_days: int = 30
    books_closed_until: str = NEVER
    keys: Mapping[str, Key] = {}
    users: Mapping[str, User] = {}

    @property
    def zone(self) -> ZoneInfo:
        """The time zone that calendar periods are counted in."""
        return ZoneInfo(self.timezone)

    @property
    def sandbox(self) -> bool:
        return self.env is Env.SANDBOX

    @property
    def collects(self) -> Gateway:
        """The gateway that is asked for money: the one that was set, else the usual one of the environment."""
        return self.gateway or (Gateway.SIMULATED if self.sandbox else Gateway.MANUAL)


class CreateLedger(Command, frozen=True):
    ledger_id: str
    env: Env
    timezone: str = "UTC"
    currency: str = "usd"


class ChangeSetting(Command, frozen=True):
    """Set one of `CHANGEABLE`, given as text."""

    setting: str
    value: str


class CreateKey(Command, frozen=True):
    key_id: str
    name: str
    role: Role


class RevokeKey(Command, frozen=True):
    key_id: str


def _boolean(text: str) -> bool:
    match text.lower():
        case "true" | "on" | "yes":
            return True
        case "false" | "off" | "no":
            return False
        case _:
            raise InvalidInput(f"{text!r} is not a switch: say true or false")


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 12 and int(text) <= 3660):
        raise InvalidInput(f"{text!r} is not a number of days from 0 to 3660")
    return int(text)


def _timezone(text: str) -> str:
    try:
        zone_named(text)
    except ValueError:
        raise InvalidInput(f"{text!r} is not an IANA time zone such as Europe/Berlin") from None
    return text


def _gateway(text: str) -> Gateway:
    try:
        return Gateway(text)
    except ValueError:
        raise InvalidInput(f"{text!r} is not a gateway: choose one of {', '.join(Gateway)}") from None


CHANGEABLE: Final = {
    "timezone": _timezone,
    "late_usage_days": _days,
    "require_reason": _boolean,
    "reverse_deduction_order": _boolean,
    "persist_free_overage": _boolean,
    "gateway": _gateway,
    "net_terms_days": _days,
    "books_closed_until": closed_until,
}


def evolve(state: LedgerSettings, event: Event) -> LedgerSettings:
    """Fold one event of the ledger's own stream into its settings."""
    after = _evolve(state, event)
    return msgspec.structs.replace(after, version=state.version + 1)


def _evolve(state: LedgerSettings, event: Event) -> LedgerSettings:
    match event:
        case LedgerCreated():
            return msgspec.structs.replace(
                state,
                ledger_id=event.ledger_id,
                env=Env(event.env),
                timezone=event.timezone,
                currency=event.currency,
                created_at=event.created_at,
            )
        case LedgerChanged():
            return msgspec.structs.replace(state, **{event.setting: _stored(event)})
        case KeyCreated():
            key = Key(event.key_id, event.name, Role(event.role), event.created_at)
            return msgspec.structs.replace(state, keys={**state.keys, key.key_id: key})
        case KeyRevoked():
            revoked = msgspec.structs.replace(state.keys[event.key_id], revoked_at=event.revoked_at)
            return msgspec.structs.replace(state, keys={**state.keys, event.key_id: revoked})
        case UserAdded() | UserRoleChanged() | UserDisabled():
            return msgspec.structs.replace(state, users=access.evolve(state.users, event))
    raise AssertionError(f"{type(event).__name__} does not belong to the ledger's own stream")


def _stored(event: LedgerChanged) -> bool | int | str:
    """A setting as it was stored: read without the rules that a new value must keep, which may change."""
    if event.setting == "gateway":
        return Gateway(event.after)
    match getattr(LedgerSettings(), event.setting):
        case bool():
            return event.after == str(True)
        case int():
            return int(event.after)
    return event.after


def decide(state: LedgerSettings, command: Command, context: Context) -> Sequence[Event]:
    """Answer a command on the ledger's own stream with events, or refuse it."""
    match command:
        case CreateLedger():
            if state.created_at is not None:
                raise InvalidRequest(f"Ledger {command.ledger_id} exists already")
            return [
                LedgerCreated(
                    command.ledger_id, command.env, context.now, _timezone(command.timezone), command.currency.lower()
                )
            ]
        case ChangeSetting():
            return _change(state, command, context)
        case CreateKey():
            if command.name == CLOCK:
                raise InvalidInput(f"{CLOCK} is the actor of what happens by itself: choose another name for the key")
            if any(key.name == command.name and key.revoked_at is None for key in state.keys.values()):
                raise InvalidRequest(f"A key named {command.name} exists already: revoke it, or choose another name")
            if any(user.name == command.name for user in state.users.values()):
                raise InvalidRequest(f"A user is named {command.name}: choose another name for the key")
            return [KeyCreated(command.key_id, command.name, command.role, context.now)]
        case RevokeKey():
            return _revoke(state, command.key_id, context.now)
        case AddUser() | ChangeRole() | DisableUser():
            taken = [key.name for key in state.keys.values()]
            return access.decide(state.users, taken, command, context)
    raise AssertionError(f"{type(command).__name__} is not a command of the ledger's own stream")


def _change(state: LedgerSettings, command: ChangeSetting, context: Context) -> Sequence[Event]:
    if command.setting not in CHANGEABLE:
        raise InvalidInput(f"{command.setting!r} is not a setting: choose one of {', '.join(sorted(CHANGEABLE))}")
    after = CHANGEABLE[command.setting](command.value)
    before = in_force(state, command.setting)
    if before == after:
        return []
    if command.setting == "books_closed_until":
        check_closing(
            str(before), str(after), context.now, state.zone, sandbox=state.sandbox, reasoned=context.reasoned
        )
    return [LedgerChanged(command.setting, str(before), str(after))]


def in_force(state: LedgerSettings, setting: str) -> bool | int | str:
    """What one of `CHANGEABLE` is; where no gateway was set, the usual one of the environment."""
    value: bool | int | str = state.collects if setting == "gateway" else getattr(state, setting)
    return value


def _revoke(state: LedgerSettings, key_id: str, now: datetime) -> Sequence[Event]:
    key = state.keys.get(key_id)
    if key is None:
        raise InvalidInput(f"Key {key_id} does not exist in this ledger")
    return [] if key.revoked_at is not None else [KeyRevoked(key_id, now)]


SETTINGS: Final = Decider(
    name="ledger",
    state_type=LedgerSettings,
    initial=LedgerSettings(),
    evolve=evolve,
    admit=decider.admit_all,
    decide=decide,
    advance=decider.nothing_due,
    due_at=decider.never,
    claims=decider.no_claims,
    business_now=decider.real_time,
)

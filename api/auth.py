"""Who may come in: API keys as bearer tokens, each bound to one ledger and one role."""

from dataclasses import dataclass
from http import HTTPStatus
from threading import Lock
from typing import Final

from api.keys import REVOCATIONS, find_holders
from ledger.clock import monotonic
from ledger.core.errors import Refusal
from ledger.core.settings import LedgerSettings, Role
from ledger.store.ledger import Caller, Ledger, Store

FRESH_SECONDS: Final = 0.4
TRUSTED_SECONDS: Final = 0.9
MOST_CACHED: Final = 10_000
SECRET_CHARS: Final = 512
LOOKING_UP: Final = Caller("tallystick")
RANK: Final = {Role.READ: 0, Role.WRITE: 1, Role.ADMIN: 2}


class NoAuthHeader(Refusal):
    code = "no_auth_header"

    def __init__(self) -> None:
        super().__init__("The header Authorization is missing: send Authorization: Bearer <secret key>")


class NoSecretKey(Refusal):
    code = "no_secret_key"

    def __init__(self) -> None:
        super().__init__("The header Authorization holds no secret key: it must be Bearer <secret key>")


class InvalidSecretKey(Refusal):
    code = "invalid_secret_key"

    def __init__(self) -> None:
        super().__init__("The secret key is unknown or was revoked")


@dataclass(frozen=True, slots=True)
class Identity:
    """A key that was let in."""

    key_id: str
    name: str
    role: Role
    env: str
    ledger: Ledger

    def require(self, role: Role) -> None:
        """Refuse a key whose role does not reach. Raises `InsufficientScope`."""
        if RANK[self.role] < RANK[role]:
            raise InsufficientScope(self, role)


class InsufficientScope(Refusal):
    code = "insufficient_scope"
    status = HTTPStatus.FORBIDDEN

    def __init__(self, identity: Identity, needed: Role) -> None:
        super().__init__(
            f"Key {identity.name} has the role {identity.role.value}, and this needs the role {needed.value}"
        )


@dataclass(slots=True)
class _Entry:
    identity: Identity
    checked_at: float
    revocation: int
    checking: Lock


class Authenticator:
    """Knows a key again for less than a second, so that a revoked one is out within that everywhere.

    In the process that revokes it, it is out at once. While one request checks a key again, others trust what was
    known for `TRUSTED_SECONDS` at most.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, _Entry] = {}

    def identify(self, header: str | None) -> Identity:
        """The key of an `Authorization` header. Raises one of the refusals above, or `StoreUnavailable`."""
        if header is None:
            raise NoAuthHeader
        scheme, _, rest = header.partition(" ")
        secret = rest.strip()
        if scheme.lower() != "bearer" or not secret:
            raise NoSecretKey
        entry = self._known.get(secret)
        if entry is None or entry.revocation != REVOCATIONS.number:
            return self._check(secret)
        age = monotonic() - entry.checked_at
        if age < FRESH_SECONDS:
            return entry.identity
        if age < TRUSTED_SECONDS and not entry.checking.acquire(blocking=False):
            return entry.identity
        return self._check(secret)

    def _check(self, secret: str) -> Identity:
        started, revocation = monotonic(), REVOCATIONS.number
        if len(secret) > SECRET_CHARS:
            raise InvalidSecretKey
        for holder in find_holders(self._store, secret):
            identity = self._open(holder.ledger_id, holder.key_id)
            if identity is not None:
                if len(self._known) >= MOST_CACHED:
                    self._known.clear()
                self._known[secret] = _Entry(identity, started, revocation, Lock())
                return identity
        self._known.pop(secret, None)
        raise InvalidSecretKey

    def _open(self, ledger_id: str, key_id: str) -> Identity | None:
        ledger = self._store.ledger(ledger_id)
        settings: LedgerSettings = ledger.background(by=LOOKING_UP).settings
        key = settings.keys.get(key_id)
        if key is None or key.revoked_at is not None:
            return None
        return Identity(key.key_id, key.name, key.role, settings.env.value, ledger)

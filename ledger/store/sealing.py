"""Keys: the operator's one secret, and the data key of each stream that it wraps.

Personal data is sealed with AES-256-GCM under its stream's data key; destroying that key forgets the person.
"""

import hashlib
import hmac
import os
from typing import Final
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.errors import OperatorError

NONCE_BYTES: Final = 12
KEY_BYTES: Final = 32


class DataKey:
    """Seals and opens the personal data of one stream; what it sealed opens nowhere else."""

    __slots__ = ("_bound_to", "_cipher")

    def __init__(self, key: bytes, bound_to: bytes) -> None:
        self._cipher, self._bound_to = AESGCM(key), bound_to

    def seal(self, plain: bytes) -> bytes:
        """The nonce and the sealed bytes, 28 more than were given."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, self._bound_to)

    def open(self, sealed: bytes) -> bytes:
        """What was sealed. Raises `SealBroken` when the bytes or their place are not the ones that were sealed."""
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], self._bound_to)
        except InvalidTag as error:
            raise SealBroken("sealed data does not open under the key of its stream") from error


class SealBroken(Exception):
    """Sealed bytes were changed, moved to another stream, or belong to another key."""


class OperatorKey:
    """The operator's secret. It wraps data keys, and hashes what must be found again but not read.

    Lose it and all personal data is forgotten; everything else stays readable and provable.
    """

    def __init__(self, secret: bytes) -> None:
        if len(secret) < KEY_BYTES:
            raise OperatorError(f"the operator's key has {len(secret)} bytes: it must have at least {KEY_BYTES}")
        self._wrapping = AESGCM(_derive(secret, b"wrap data keys"))
        self._claims = _derive(secret, b"hash personal claims")
        self._secrets = _derive(secret, b"hash api keys")

    def new_data_key(self, ledger_id: str, stream_id: UUID) -> tuple[DataKey, bytes]:
        """A fresh data key and its wrapped form, for its row."""
        bound_to, key, nonce = _place(ledger_id, stream_id), os.urandom(KEY_BYTES), os.urandom(NONCE_BYTES)
        return DataKey(key, bound_to), nonce + self._wrapping.encrypt(nonce, key, bound_to)

    def unwrap(self, ledger_id: str, stream_id: UUID, wrapped: bytes) -> DataKey:
        """The data key of a row. Raises `OperatorError` when another operator's key wrapped it."""
        bound_to = _place(ledger_id, stream_id)
        try:
            key = self._wrapping.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], bound_to)
        except InvalidTag as error:
            raise OperatorError(
                "the operator's key is not the one this database's personal data was sealed with"
            ) from error
        return DataKey(key, bound_to)

    def hash_claim(self, ledger_id: str, kind: str, value: str) -> str:
        """A personal value as it stands in a claim: found by whoever knows the value, read by nobody."""
        message = msgspec.json.encode((ledger_id, kind, value))
        return hmac.new(self._claims, message, hashlib.sha256).hexdigest()

    def hash_secret(self, secret: str) -> bytes:
        """An API key as it is stored. The operator may have chosen a short one, so the hash is keyed."""
        return hmac.new(self._secrets, secret.encode(), hashlib.sha256).digest()


def _derive(secret: bytes, purpose: bytes) -> bytes:
    return hmac.new(secret, b"tallystick: " + purpose, hashlib.sha256).digest()


def _place(ledger_id: str, stream_id: UUID) -> bytes:
    # The stream has a fixed length, so no two places read the same.
    return stream_id.bytes + ledger_id.encode()

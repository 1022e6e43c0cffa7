"""The store's own codec with a key that never changes and seals the same text the same way every time."""

import hashlib
from pathlib import Path
from typing import Final
from uuid import UUID

from ledger.core.events import REGISTRY
from ledger.store.codec import Codec
from ledger.store.keyring import KeyRing
from ledger.store.sealing import KEY_BYTES, NONCE_BYTES, DataKey, OperatorKey

FOLDER: Final = Path(__file__).parent
STREAM: Final = UUID("0199f3a0-0000-7000-8000-000000000001")
_KEY: Final = hashlib.sha256(b"a key for golden files only").digest()[:KEY_BYTES]
_BOUND_TO: Final = b"golden"


class _RepeatableKey(DataKey):
    __slots__ = ()

    def seal(self, plain: bytes) -> bytes:
        nonce = hashlib.sha256(plain).digest()[:NONCE_BYTES]
        return nonce + self._cipher.encrypt(nonce, plain, self._bound_to)


class _OneKey(KeyRing):
    def __init__(self) -> None:
        super().__init__(OperatorKey(_KEY), "golden", dict.fromkeys)

    def to_open(self, stream_id: UUID) -> DataKey:  # noqa: ARG002  one key for every stream
        return DataKey(_KEY, _BOUND_TO)

    def to_seal(self, stream_id: UUID) -> DataKey:  # noqa: ARG002  one key for every stream
        return _RepeatableKey(_KEY, _BOUND_TO)


def golden_codec() -> Codec:
    """Opens the golden files as the store would, and writes them byte for byte the same."""
    return Codec(REGISTRY, _OneKey())


def golden_file(name: str) -> Path:
    """Where the bytes of a stored name are kept."""
    return FOLDER / f"{name}.json"

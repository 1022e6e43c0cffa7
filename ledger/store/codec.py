"""Events to bytes and back: exact JSON, personal data sealed, names looked up in a closed registry."""

import binascii
from collections.abc import Collection, Mapping
from typing import Any, Final
from uuid import UUID

import msgspec

from ledger.core.events import Event
from ledger.core.sealed import FORGOTTEN, Sealed
from ledger.store.keyring import KeyRing

SEALED: Final = "sealed"


class UnknownEvent(Exception):
    """The log holds an event this program has no class for: an older program reads a newer log."""


class Codec:
    """Encodes and decodes with the keys of one ledger. Belongs to one thread.

    The registry is closed: a stored name is looked up and never imported. A class with an `upcast` method is an
    old version; what it answers is decoded in its place.
    """

    def __init__(self, registry: Mapping[str, type[Event]], keys: KeyRing) -> None:
        self.keys = keys
        self._stream_id = UUID(int=0)
        self._encoder = msgspec.json.Encoder(enc_hook=self._seal)
        self._decoders = {
            name: (msgspec.json.Decoder(cls, dec_hook=self._open), hasattr(cls, "upcast"))
            for name, cls in registry.items()
        }

    @property
    def names(self) -> Collection[str]:
        """The stored names it can decode."""
        return self._decoders.keys()

    def encode(self, event: Event, stream_id: UUID) -> bytes:
        """The bytes that are stored and hashed. Asks for a data key only where something is sealed."""
        self._stream_id = stream_id
        return self._encoder.encode(event)

    def decode(self, name: str, state: bytes, stream_id: UUID) -> Event:
        """The event of a row. Raises `UnknownEvent`, or `msgspec.ValidationError` when the bytes do not fit."""
        found = self._decoders.get(name)
        if found is None:
            raise UnknownEvent(f"no event is called {name!r} here: it was written by a newer program")
        self._stream_id = stream_id
        decoder, is_old = found
        event: Event = decoder.decode(state)
        return _upcast(event) if is_old else event

    def encode_state(self, state: object) -> bytes:
        """A whole state as JSON with its personal data in plain; the caller seals the whole."""
        return msgspec.json.encode(state, enc_hook=_unwrap)

    def decode_state(self, data: bytes, state_type: type[Any]) -> Any:
        """The state that was encoded."""
        return msgspec.json.decode(data, type=state_type, dec_hook=_wrap)

    def _seal(self, value: object) -> object:
        if not isinstance(value, Sealed):
            raise NotImplementedError(f"{type(value).__name__} cannot be stored")
        if value.value == {}:
            return {SEALED: None}  # nothing is known, so there is nothing to hide and no key to make
        sealed = self.keys.to_seal(self._stream_id).seal(msgspec.json.encode(value.value))
        return {SEALED: binascii.b2a_base64(sealed, newline=False).decode()}

    def _open(self, wanted: type[Any], stored: Any) -> Any:
        if wanted is not Sealed:
            raise NotImplementedError(f"{wanted.__name__} cannot be read")
        if stored[SEALED] is None:
            return Sealed({})
        key = self.keys.to_open(self._stream_id)
        if key is None:
            return Sealed(FORGOTTEN)
        return Sealed(msgspec.json.decode(key.open(binascii.a2b_base64(stored[SEALED]))))


def _upcast(event: Event) -> Event:
    upcast = getattr(event, "upcast", None)
    while upcast is not None:
        event = upcast()
        upcast = getattr(event, "upcast", None)
    return event


def _unwrap(value: object) -> object:
    if not isinstance(value, Sealed):
        raise NotImplementedError(f"{type(value).__name__} cannot be kept in a snapshot")
    return {"forgotten": True} if value.forgotten else {"value": value.value}


def _wrap(wanted: type[Any], stored: Any) -> Any:
    if wanted is not Sealed:
        raise NotImplementedError(f"{wanted.__name__} cannot be read from a snapshot")
    return Sealed(FORGOTTEN if "forgotten" in stored else stored["value"])

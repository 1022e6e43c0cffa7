"""Events to bytes and back: exact JSON, personal data sealed, names looked up in a closed registry."""

import binascii
from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Any, Final, Union
from uuid import UUID

import msgspec

from ledger.core.events import Event
from ledger.core.sealed import FORGOTTEN, Sealed
from ledger.store.keyring import KeyRing
from ledger.store.sealing import DataKey

SEALED: Final = "sealed"


class UnknownEvent(Exception):
    """The log holds an event this program has no class for: an older program reads a newer log."""


class Unopened(Sealed):
    """A sealed value that is opened when it is first looked at; most never are."""

    __slots__ = ("_key", "_sealed")

    def __init__(self, key: DataKey, sealed: str) -> None:
        self._key, self._sealed = key, sealed

    def __getattr__(self, name: str) -> object:
        # Asked only while `value` is empty. Two threads that look at once find the same.
        if name != "value":
            raise AttributeError(name)
        self.value = opened = _opened(self._key, self._sealed)
        return opened


class Codec:
    """Encodes and decodes with the keys of one ledger. Belongs to one thread.

    The registry is closed: a stored name is looked up and never imported. A class with an `upcast` method is an
    old version; what it answers is decoded in its place.
    """

    def __init__(self, registry: Mapping[str, type[Event]], keys: KeyRing) -> None:
        self.keys = keys
        self._stream_id = UUID(int=0)
        self._registry = registry
        self._former = frozenset(cls for cls in registry.values() if hasattr(cls, "upcast"))
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
            raise UnknownEvent(_unknown(name))
        self._stream_id = stream_id
        decoder, is_old = found
        event: Event = decoder.decode(state)
        return _upcast(event) if is_old else event

    def decode_all(self, states: bytes, stream_id: UUID) -> list[Event]:
        """The events of a stream's rows, read as the elements of one JSON array: as `decode` answers each by its name.

        What is sealed is opened when somebody looks at it, with the key of now. Raises what `decode` raises.
        """
        self._stream_id = stream_id
        array = b"[%b]" % states
        try:
            events: list[Event] = self._array.decode(array)
        except msgspec.ValidationError:
            self._find_unknown(array)
            raise
        if self._former.isdisjoint(map(type, events)):
            return events
        return [_upcast(event) for event in events]

    @cached_property
    def _array(self) -> msgspec.json.Decoder[Any]:
        # The tag in its JSON, which is the row's name, says of which class an event is.
        classes: Any = Union[tuple(self._registry.values())]  # noqa: UP007  of as many as there are
        return msgspec.json.Decoder(list[classes], dec_hook=self._leave)

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

    def _find_unknown(self, array: bytes) -> None:
        for named in msgspec.json.decode(array, type=list[_Named]):
            if named.type not in self._registry:
                raise UnknownEvent(_unknown(named.type))

    def _open(self, wanted: type[Any], stored: Any) -> Any:
        left = self._leave(wanted, stored)
        return Sealed(left.value)

    def _leave(self, wanted: type[Any], stored: Any) -> Sealed:
        if wanted is not Sealed:
            raise NotImplementedError(f"{wanted.__name__} cannot be read")
        sealed = stored[SEALED]
        if sealed is None:
            return Sealed({})
        key = self.keys.to_open(self._stream_id)
        return Sealed(FORGOTTEN) if key is None else Unopened(key, sealed)


class _Named(msgspec.Struct):
    """An event of which only the name is read."""

    type: str


def _unknown(name: str) -> str:
    return f"no event is called {name!r} here: it was written by a newer program"


def _opened(key: DataKey, sealed: str) -> object:
    return msgspec.json.decode(key.open(binascii.a2b_base64(sealed)))


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

"""Columns as PostgreSQL arrays in binary form, joined from fields that were encoded once."""

import struct
from collections.abc import Iterable
from typing import Any, Final, Self

from psycopg import Connection
from psycopg.adapt import Dumper
from psycopg.pq import Format

_HEADER: Final = struct.Struct("!iiIii")


class BinaryArray(bytes):
    """The bytes of a whole array parameter."""

    __slots__ = ()
    element_oid = 0
    array_oid = 0

    @classmethod
    def of(cls, fields: Iterable[bytes], count: int) -> Self:
        """An array of `count` fields, each already with its length before it."""
        if count == 0:
            return cls(_HEADER.pack(0, 0, cls.element_oid, 0, 1)[:12])
        return cls(_HEADER.pack(1, 1, cls.element_oid, count, 1) + b"".join(fields))


class UuidArray(BinaryArray):
    __slots__ = ()
    element_oid, array_oid = 2950, 2951


class IntegerArray(BinaryArray):
    __slots__ = ()
    element_oid, array_oid = 23, 1007


class BooleanArray(BinaryArray):
    __slots__ = ()
    element_oid, array_oid = 16, 1000


class BigintArray(BinaryArray):
    __slots__ = ()
    element_oid, array_oid = 20, 1016


class TextArray(BinaryArray):
    __slots__ = ()
    element_oid, array_oid = 25, 1009


class ByteaArray(BinaryArray):
    __slots__ = ()
    element_oid, array_oid = 17, 1001


class InstantArray(BinaryArray):
    __slots__ = ()
    element_oid, array_oid = 1184, 1185


class _ArrayDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Any) -> bytes:
        """The parameter is what goes over the wire."""
        return bytes(obj)


_ARRAYS: Final = (UuidArray, IntegerArray, BooleanArray, BigintArray, TextArray, ByteaArray, InstantArray)
_DUMPERS: Final = {
    array: type(f"{array.__name__}Dumper", (_ArrayDumper,), {"oid": array.array_oid}) for array in _ARRAYS
}


def register_arrays(conn: Connection[Any]) -> None:
    """Let a connection take these arrays as parameters."""
    for array, dumper in _DUMPERS.items():
        conn.adapters.register_dumper(array, dumper)

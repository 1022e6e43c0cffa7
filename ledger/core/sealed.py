"""Personal data on its way through the core: plain in memory, sealed on disk."""

from collections.abc import Mapping
from typing import Final


class _Forgotten:
    """What remains of personal data whose key was destroyed."""

    def __repr__(self) -> str:
        return "FORGOTTEN"


FORGOTTEN: Final = _Forgotten()


class Sealed:
    """A plain JSON-able value that the codec seals under its customer's key.

    The core never looks at the wrapping: it opens `value` and treats a forgotten one as absent.
    """

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value

    @property
    def forgotten(self) -> bool:
        """True when the customer's key is gone, so that nobody can read the value again."""
        return self.value is FORGOTTEN

    def text(self) -> str | None:
        """The value as text, or None when it is forgotten or is not text."""
        return self.value if isinstance(self.value, str) else None

    def fields(self) -> Mapping[str, object]:
        """The value as a mapping; empty when it is forgotten or is no mapping."""
        return self.value if isinstance(self.value, dict) else {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sealed) and self.value == other.value

    def __hash__(self) -> int:
        return hash((Sealed, repr(self.value)))

    def __repr__(self) -> str:
        return "Sealed(…)"


def sealed_fields(fields: Mapping[str, object] | None) -> Sealed | None:
    """What a caller said beside a use, as it is stored; None where that is nothing."""
    return Sealed(dict(fields)) if fields else None

"""Time zones by name."""

from typing import Final
from zoneinfo import ZoneInfo

NOT_ZONES: Final = frozenset({"localtime", "posixrules", "Factory"})
"""Names that stand among the zones on many machines, and mean another one on each, or none."""
OTHER_KINDS: Final = ("posix/", "right/")
"""The same zones in other folders; those of `right/` count leap seconds, which nothing here does."""


def zone_named(name: str) -> ZoneInfo:
    """A zone by its name in the IANA database, which means the same everywhere. Raises ValueError."""
    if name in NOT_ZONES or name.startswith(OTHER_KINDS):
        raise ValueError(name)
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(name) from error

"""What every event carries, and the name it is stored under."""

import msgspec

from ledger.core.sealed import Sealed


class Event(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """What every event carries: the reason that its caller gave, sealed; none on what fell due by itself.

    `gc=False`, here and on the states that are folded most: the core's values never form a cycle.
    """

    reason: Sealed | None = None


def stored_name(event: Event) -> str:
    """The name an event is stored under, such as `usage.recorded.v2`."""
    tag = event.__struct_config__.tag
    assert isinstance(tag, str)
    return tag

"""What every event carries, and the name it is stored under."""

import msgspec

from ledger.core.sealed import Sealed


class Event(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """What every event carries: the reason that its caller gave, sealed; none on what fell due by itself.

    `gc=False`, here and on all that events and states are made of: the core's values never form a cycle, and the search
    for one costs a restored state a third of its time.
    """

    reason: Sealed | None = None


def stored_name(event: Event) -> str:
    """The name an event is stored under, such as `usage.recorded.v2`."""
    tag = event.__struct_config__.tag
    assert isinstance(tag, str)
    return tag

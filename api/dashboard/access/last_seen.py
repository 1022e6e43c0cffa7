"""When users and keys were last seen at work: the last event that stands under their name."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from api.dashboard.visitor import Visitor
from projections import reads
from projections.reads import TIMELINE_MODELS, TimelineFilter

MOST_LOOKED_UP: Final = 200


def last_acts(visitor: Visitor, names: Iterable[str]) -> Mapping[str, datetime]:
    """When each of these last changed something; who never did is left out. Looking at things leaves no event."""
    found: dict[str, datetime] = {}
    with visitor.call.view(TIMELINE_MODELS) as view:
        for name, _ in zip(names, range(MOST_LOOKED_UP), strict=False):
            entries = reads.timeline(view, TimelineFilter(actor=name), limit=1).items
            if entries:
                found[name] = entries[0].recorded_at
    return found

"""What happened: the timeline of the ledger, and what customers used, as graphs and one by one."""

from typing import Final

from api.dashboard.activity import timeline, usage
from api.dashboard.route import Route

ROUTES: Final = (
    Route("GET", "/timeline", "timeline", timeline.timeline_page),
    Route("GET", timeline.NEWER, "timeline_newer", timeline.newer_entries),
    Route("GET", usage.HERE, "usage", usage.usage_page),
    Route("GET", usage.EVENTS, "usage_events", usage.events_page),
)

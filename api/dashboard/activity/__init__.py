"""What happened: the timeline of the ledger."""

from typing import Final

from api.dashboard.activity import timeline
from api.dashboard.route import Route

ROUTES: Final = (Route("GET", "/timeline", "timeline", timeline.timeline_page),)

"""What others change appears on the page one looks at: each page is told that something changed, and asks what."""

from typing import Final

from api.dashboard.live import changes
from api.dashboard.route import Route

ROUTES: Final = (Route("GET", changes.PATH, "live", changes.live),)

"""Tables of the read models: numbered SQL files, applied once each by the store's runner and never edited."""

from importlib import resources
from typing import Final

PROJECTION_MIGRATIONS: Final = resources.files("projections.migrations")

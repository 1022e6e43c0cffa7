"""The whole schema: the store's tables and the read models', brought up to what this code needs."""

import importlib.util
from importlib import resources

from ledger.store.migrate import STORE_MIGRATIONS, migrate


def bring_up_to_date(database_url: str) -> list[str]:
    """Apply the migrations that are missing; answers their names. Raises OperatorError as `migrate` does."""
    folders = [STORE_MIGRATIONS]
    if importlib.util.find_spec("projections.migrations") is not None:
        folders.append(resources.files("projections.migrations"))
    return migrate(database_url, folders)

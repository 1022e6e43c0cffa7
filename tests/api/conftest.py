"""A real application on a real database; every answer is held to its schema as it passes."""

from tests.support.application import api, api_database, app, ledgers, metrics, projector, store

__all__ = ["api", "api_database", "app", "ledgers", "metrics", "projector", "store"]

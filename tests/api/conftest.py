"""A real application on a real database; every answer is held to its schema as it passes."""

import pytest

from tests.api.client import Api, catalog
from tests.support.application import api, api_database, app, ledgers, metrics, projector, store

__all__ = ["api", "api_database", "app", "ledgers", "metrics", "projector", "store"]


@pytest.fixture
def acme(api: Api) -> Api:
    """A client of a ledger with a catalog and one customer, acme, on the free plan, with entity seat_1."""
    catalog(api)
    api("customers.get_or_create", customer_id="acme", name="Acme")
    api("entities.create", customer_id="acme", entity_id="seat_1", feature_id="seats")
    return api

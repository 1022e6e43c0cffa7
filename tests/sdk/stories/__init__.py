"""Every operation that is served, driven once through the official client: one small story each."""

import pytest

# A story's assertions say what was found, as those of a test do.
pytest.register_assert_rewrite(
    *(f"{__name__}.{each}" for each in ("balances", "billing", "catalog", "customers", "invoices"))
)

from tests.sdk.stories import balances, billing, catalog, customers, invoices  # noqa: E402
from tests.sdk.stories.told import STORIES  # noqa: E402

__all__ = ["STORIES", "balances", "billing", "catalog", "customers", "invoices"]

"""A browser for each worker; a server and a ledger for each test."""

import os
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser

from ledger.store.ledger import Store
from tests.api.client import Api
from tests.api.conftest import api, api_database, app, ledgers, metrics, projector, store
from tests.browser.chromium import NoChromium, chromium
from tests.browser.site import Site, served

__all__ = ["api", "api_database", "app", "ledgers", "metrics", "projector", "store"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Where there is none these tests are left out, and in CI they fail."""
    try:
        with chromium() as found:
            yield found
    except NoChromium as why:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(why))


@pytest.fixture
def site(app: Flask, store: Store, api: Api, browser: Browser) -> Iterator[Site]:
    with served(app) as url:
        made = Site(url, store, api, browser)
        yield made
        made.close()

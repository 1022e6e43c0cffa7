"""A browser and a server for each worker; a ledger for each test, and a browser's profile for each person in it."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from api.app import create_app
from api.observe import Metrics
from ledger.settings import read_settings
from ledger.store.ledger import Store
from tests.api.client import Api
from tests.browser.chromium import NoChromium, chromium
from tests.browser.site import Site, served
from tests.support.application import api, api_database, app, cheap_passwords, ledgers, metrics, projector, store

__all__ = ["api", "api_database", "app", "cheap_passwords", "ledgers", "metrics", "projector", "store"]


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


@pytest.fixture(scope="module", autouse=True)
def _cheap_passwords(cheap_passwords: None) -> None:
    """For the people that sign in by one."""


@pytest.fixture(scope="session")
def address(store: Store, metrics: Metrics, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the one site of a worker is served.

    It has places for all the pages that its tests leave open: that a page is gone is noticed at the next heartbeat.
    """
    settings = read_settings({}, data_dir=tmp_path_factory.mktemp("site"), web_threads=512)
    with served(create_app(store, settings, metrics)) as url:
        yield url


@pytest.fixture
def site(address: str, store: Store, api: Api, browser: Browser) -> Iterator[Site]:
    made = Site(address, store, api, browser)
    yield made
    made.close()

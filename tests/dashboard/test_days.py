"""Days on pages are those of the ledger's time zone, where it is written and where it is read, clock changes too."""

import re
from datetime import UTC, datetime
from html import unescape
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from ledger.core.access import UserRole
from ledger.store.ledger import Store
from tests.api.client import Api, Ledgers
from tests.dashboard.conftest import Browser, Desk

MONTH = {"interval": "month"}
CLOCKS = {"America/New_York": "EDT", "Europe/Berlin": "CEST", "Asia/Dubai": "UTC+04"}
"""What clocks there show in April."""


class Place(NamedTuple):
    """A ledger somewhere, and who looks at it."""

    zone: ZoneInfo
    api: Api
    browser: Browser


@pytest.fixture(scope="module", params=list(CLOCKS))
def place(request: pytest.FixtureRequest, app: Flask, store: Store) -> Place:
    """One customer, who signed up in the last hour of 2025 there, and a plan that it has not."""
    zone = ZoneInfo(request.param)
    api = Ledgers(app, store).sandbox(request.param)
    api("plans.create", plan_id="pro", name="Pro", price={"amount": 20, **MONTH})
    late = datetime(2025, 12, 31, 23, 30, tzinfo=zone)
    api("customers.get_or_create", api.at(late.astimezone(UTC).isoformat()), customer_id="acme", name="Acme")
    return Place(zone, api, Desk(app, store, api.ledger_id).browser(UserRole.FINANCE))


def milliseconds(zone: ZoneInfo, *day: int) -> int:
    return int(datetime(*day, tzinfo=zone).timestamp() * 1000)  # type: ignore[misc,arg-type]


def plain(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_who_signed_up_before_midnight_signed_up_that_day(place: Place) -> None:
    browser = place.browser
    for day, found in (("2025-12-31", True), ("2026-01-01", False)):
        led = browser.get(f"/customers?from_day={day}&to_day={day}")
        browser.get(led.headers["Location"])
        assert ("/customers/acme" in browser.text) is found
        assert f'value="{day}"' in browser.text
    assert "from 1 Jan 2026 to 1 Jan 2026" in plain(browser.text)


def test_a_plan_begins_with_its_day_and_renews_on_the_same(place: Place) -> None:
    zone, api, browser = place
    sheet = "/customers/acme/attach"
    browser.get(sheet)
    form = {"plan": "pro", "starts_on": "2026-03-01"}
    browser.post(sheet, form)
    assert "1 Mar 2026" in plain(browser.text)
    carried = re.findall(r'name="(seen|once)" value="([^"]*)"', browser.last_raw())
    confirmed = {**form, "confirm": "1", **{name: unescape(value) for name, value in carried}}
    assert browser.post(sheet, confirmed).status_code == 303
    (held,) = api("customers.get", customer_id="acme")["subscriptions"]
    assert held["started_at"] == milliseconds(zone, 2026, 3, 1)
    # The clocks of two of these change in March, and in April a month is still a month.
    api("customers.advance_test_clock", customer_id="acme", frozen_time=milliseconds(zone, 2026, 4, 1))
    browser.get("/customers/acme")
    assert "renews 1 May 2026" in plain(browser.text)
    assert f"1 Apr 2026, 00:00 {CLOCKS[zone.key]}" in plain(browser.text)


def test_a_day_of_the_timeline_begins_at_its_midnight_in_its_file_too(place: Place) -> None:
    browser = place.browser
    for first, last, found in (("2025-12-31", "2026-01-01", True), ("2026-01-01", "2026-01-02", False)):
        browser.get(f"/timeline?at_from={first}&at_to={last}&kind=customer.created")
        assert f"Times are {place.zone.key}." in browser.text
        assert ("31 Dec 2025, 23:30" in plain(browser.text)) is found
        file = re.search(r'href="(/files/v1/timeline\?format=ndjson[^"]*)"', browser.text)
        assert file is not None
        assert ("customer.created" in browser.get(file[1]).get_data(as_text=True)) is found

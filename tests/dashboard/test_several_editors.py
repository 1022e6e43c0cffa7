"""Several people at the same customer, plan or feature: nobody undoes what somebody else did meanwhile."""

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from ledger.core.access import UserRole
from ledger.store.ledger import Store
from tests.dashboard.attaching import assert_beside
from tests.dashboard.edited import CARRIED, MONTH, NUMBERS, RENAMED, Shop, Thing, known, new_thing, open_shop
from tests.dashboard.offered import fields as plan_fields
from tests.dashboard.test_changing import hidden


@pytest.fixture(scope="module")
def shop(app: Flask, store: Store) -> Shop:
    return open_shop(app, store)


@pytest.fixture
def thing(shop: Shop) -> Thing:
    return new_thing(shop)


def test_what_somebody_left_alone_stays_as_somebody_else_made_it(shop: Shop, thing: Thing) -> None:
    browser, path = shop.admin, f"/customers/{thing.id}/edit"
    browser.get(path)
    written = {**known(thing), "email": "ap@acme.example", "key.2": "mine", "value.2": "1"}
    thing.api("customers.update", customer_id=thing.id, name="Renamed", metadata={"tier": "silver", "theirs": "2"})
    assert browser.post(path, {**hidden(browser, *CARRIED), **written}).status_code == 409
    assert 'name="name" type="text" value="Renamed"' in browser.text
    assert 'name="email" type="text" value="ap@acme.example"' in browser.text
    shown = dict(re.findall(r'name="((?:key|value)\.\d+)" value="([^"]*)"', browser.last_raw()))
    sent = {**hidden(browser, *CARRIED), **shown, "name": "Renamed", "id": thing.id, "email": "ap@acme.example"}
    assert browser.post(path, {**sent, "fingerprint": ""}).status_code == 303
    found = thing.api("customers.get", customer_id=thing.id)
    assert (found["name"], found["email"]) == ("Renamed", "ap@acme.example")
    assert found["metadata"] == {"tier": "silver", "theirs": "2", "mine": "1"}


def test_a_form_that_comes_back_for_another_reason_still_knows_what_it_showed(shop: Shop, thing: Thing) -> None:
    browser, path = shop.admin, f"/customers/{thing.id}/edit"
    browser.get(path)
    thing.rename()
    assert browser.post(path, {**hidden(browser, *CARRIED), **known(thing), "email": "nowhere"}).status_code == 409
    assert_beside(browser, *RENAMED)
    assert thing.api("customers.get", customer_id=thing.id)["name"] == "Renamed"


def test_an_edit_of_the_newest_version_goes_on_from_the_one_that_is_newest_by_now(shop: Shop, thing: Thing) -> None:
    browser, plan_id, api = shop.admin, thing["plan_id"], thing.api
    path, written = f"/plans/{plan_id}/edit", plan_fields(api, plan_id, name="Basic and more")
    browser.get(path)
    browser.post(path, {**hidden(browser, *CARRIED), **written})
    api("plans.update", plan_id=plan_id, price={"amount": 12, **MONTH}, force_version=True)
    assert browser.post(path, {**hidden(browser, *CARRIED), **written, "confirm": "1"}).status_code == 409
    assert_beside(browser, "Newest version", "1", "2")
    again = {**hidden(browser, *CARRIED), **plan_fields(api, plan_id, name="Basic and more"), "confirm": "1"}
    assert browser.post(path, again).status_code == 303
    newest = api("plans.get", plan_id=plan_id)
    assert (newest["version"], newest["name"], newest["price"]["amount"]) == (2, "Basic and more", 12)
    assert api("plans.get", plan_id=plan_id, version=1)["price"]["amount"] == 9


def test_whoever_archives_what_was_archived_meanwhile_does_not_offer_it_again(shop: Shop, thing: Thing) -> None:
    browser, path = shop.admin, f"/features/{thing['feature_id']}/archive"
    browser.get(path)
    thing.api("features.update", feature_id=thing["feature_id"], archived=True)
    for status in (409, 303):
        assert browser.post(path, hidden(browser, *CARRIED)).status_code == status
    assert thing.api("features.get", feature_id=thing["feature_id"])["archived"]


def race(shop: Shop, path: str, written: Mapping[str, str], **confirming: str) -> list[int]:
    """What three people are answered who opened a sheet at the same time and confirm it at the same time."""
    number = next(NUMBERS)
    people = [shop.desk.browser(UserRole.ADMIN, f"{name}-{number}") for name in ("ben", "cleo", "dan")]
    forms = []
    for each in people:
        each.get(path)
        if confirming:
            each.post(path, {**hidden(each, *CARRIED), **written})
        forms.append({**hidden(each, *CARRIED), **written, **confirming})
    with ThreadPoolExecutor(3) as threads:
        answers = threads.map(lambda each: each[0].post(path, each[1]).status_code, zip(people, forms, strict=True))
    return sorted(answers)


def test_of_three_who_save_a_plan_at_once_two_are_shown_what_the_third_did(shop: Shop, thing: Thing) -> None:
    written = plan_fields(thing.api, thing["plan_id"], **{"price.amount": "15"})
    assert race(shop, f"/plans/{thing['plan_id']}/edit", written, confirm="1") == [303, 409, 409]


def test_of_three_who_change_a_customer_at_once_two_are_shown_what_the_third_did(shop: Shop, thing: Thing) -> None:
    assert race(shop, f"/customers/{thing.id}/edit", {**known(thing), "name": "Acme Ltd"}) == [303, 409, 409]


def test_of_three_who_limit_an_entity_at_once_two_are_shown_what_the_third_did(shop: Shop, thing: Thing) -> None:
    written = {"feature_id": "messages", "limit": "9", "interval": "day", "enabled": "1", "entity": "north"}
    path = f"/customers/{thing.id}/controls/usage_limits/0?entity=north"
    assert race(shop, path, {**written, "anchor": "billing_cycle"}) == [303, 409, 409]

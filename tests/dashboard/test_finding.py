"""Finding a customer or a page by typing: what is found, for whom, and without JavaScript."""

import pytest
from flask import Flask

from api.dashboard.visitor import ADMIN_PAGES, PAGES
from ledger.core.access import UserRole
from ledger.store.ledger import Store
from tests.api.client import Ledgers
from tests.dashboard.conftest import Browser, Desk
from tests.dashboard.test_customer_page import plain


@pytest.fixture(scope="module")
def desk(app: Flask, store: Store) -> Desk:
    """A ledger with customers that are called alike, and one that is called nothing."""
    api = Ledgers(app, store).sandbox()
    for number in range(9):
        api("customers.get_or_create", customer_id=f"acme-{number}", name=f"Acme {number}")
    api("customers.get_or_create", customer_id="9/<b>", name="<b>Bold")
    api("customers.get_or_create", email="ada@example.com", customer_id=None)
    return Desk(app, store, api.ledger_id)


@pytest.fixture(scope="module")
def viewer(desk: Desk) -> Browser:
    return desk.browser(UserRole.VIEWER, "vera")


def found(browser: Browser, words: str, **headers: str) -> str:
    answer = browser.client.get("/find", query_string={"search": words}, headers=headers)
    assert answer.status_code == 200
    browser.text = answer.text
    return plain(answer.text.partition('id="find-found"')[2].partition("</main>")[0])


def test_without_a_word_it_leads_to_every_page_of_ones_role(desk: Desk, viewer: Browser) -> None:
    admin = desk.browser(UserRole.ADMIN, "ada")
    for browser, pages in ((viewer, PAGES), (admin, (*PAGES, *ADMIN_PAGES))):
        assert browser.get("/find").status_code == 200
        shown = browser.text.partition('id="find-found"')[2]
        assert [name for _, name, _ in (*PAGES, *ADMIN_PAGES) if f"<span>{name}</span>" in shown] == [
            name for _, name, _ in pages
        ]


@pytest.mark.parametrize("words", ["acme-3", "ACME 3", "me 3"])
def test_a_customer_is_found_by_its_name_and_its_id(viewer: Browser, words: str) -> None:
    assert "Acme 3 acme-3" in found(viewer, words)
    assert 'href="/customers/acme-3"' in viewer.text
    assert "Acme 4" not in viewer.text


def test_one_without_an_id_and_one_with_markup_are_led_to(viewer: Browser) -> None:
    found(viewer, "ada@")
    assert 'href="/customers/cus_' in viewer.text
    found(viewer, "bold")
    assert "&lt;b&gt;Bold" in viewer.text
    assert "<b>Bold" not in viewer.text
    path = viewer.text.partition('id="find-found"')[2].partition('href="')[2].partition('"')[0]
    assert viewer.get(path).status_code == 200


def test_more_than_are_shown_are_all_in_the_list(viewer: Browser) -> None:
    assert "There are more: all in the list" in found(viewer, "acme")
    assert viewer.text.count('href="/customers/acme-') == 7
    assert 'href="/customers?search=acme"' in viewer.text


@pytest.mark.parametrize("words", ["nobody at all", "x" * 300, "%", "\0", "'; --"])
def test_nobody_is_found_by_anything_else(viewer: Browser, words: str) -> None:
    assert "No customer and no page has that in its name" in found(viewer, words)


def test_over_a_page_it_is_a_combobox_and_else_a_search_with_links(viewer: Browser) -> None:
    found(viewer, "acme", **{"HX-Request": "true"})
    assert 'role="combobox"' in viewer.text
    assert viewer.text.count('role="option"') == 7
    assert "<html" not in viewer.text
    found(viewer, "acme")
    assert 'role="option"' not in viewer.text
    assert '<form action="/find" role="search"' in viewer.text


def test_a_stranger_finds_nobody(desk: Desk) -> None:
    assert desk.stranger().get("/find?search=acme").status_code == 303

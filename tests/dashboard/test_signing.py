"""Signing in and out, and what stays closed to whom."""

import re

import pytest
from flask import Flask

from api.dashboard.session_over import own_path
from api.guesses import Guesses
from api.sessions import LockedOut, WrongPassword, sign_in, sign_in_link
from api.users import change_role, disable_user, set_password
from ledger.core.access import UserRole
from ledger.core.errors import InvalidInput
from ledger.store.ledger import Store
from tests.api.client import TESTER, Ledgers
from tests.dashboard.conftest import PASSWORD, Browser, Desk


def form(desk: Desk, name: str, password: str) -> dict[str, str]:
    return {"ledger": desk.ledger_id, "name": name, "password": password, "next": "/customers?sort=name"}


def signs_in(desk: Desk, browser: Browser, name: str, password: str) -> bool:
    return browser.post("/sign-in", form(desk, name, password)).status_code == 303


@pytest.fixture(scope="module")
def reader(app: Flask, store: Store) -> Browser:
    """Somebody of a ledger in which nothing is."""
    return Desk(app, store, Ledgers(app, store).sandbox().ledger_id).browser(UserRole.VIEWER)


def test_whoever_is_not_signed_in_is_led_to_the_sign_in_and_back(desk: Desk) -> None:
    desk.user("anna", UserRole.VIEWER)
    browser = desk.stranger()
    sent = browser.get("/?sort=name")
    assert (sent.status_code, sent.headers["Location"]) == (303, "/sign-in?next=/%3Fsort%3Dname")
    assert browser.get(sent.headers["Location"]).status_code == 200
    assert 'value="/?sort=name"' in browser.text
    signed = browser.post("/sign-in", form(desk, "anna", PASSWORD))
    assert (signed.status_code, signed.headers["Location"]) == (303, "/customers?sort=name")
    cookie = signed.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert browser.get("/customers").status_code == 200


def test_part_of_a_page_sends_the_whole_browser_to_the_sign_in(desk: Desk) -> None:
    answer = desk.stranger().get("/", HX_Request="true")
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/sign-in?next=/")


def test_a_session_travels_only_with_tls_but_on_this_machine(desk: Desk) -> None:
    desk.user("anna", UserRole.VIEWER)
    for host, secure in (("localhost:8000", False), ("127.0.0.1", False), ("billing.example", True)):
        answer = desk.app.test_client().post("/sign-in", data=form(desk, "anna", PASSWORD), headers={"Host": host})
        assert ("Secure" in answer.headers["Set-Cookie"]) is secure


@pytest.mark.parametrize(("name", "password"), [("anna", "wrong password"), ("nobody", PASSWORD), ("anna", "")])
def test_a_wrong_name_and_a_wrong_password_are_told_alike(desk: Desk, name: str, password: str) -> None:
    desk.user("anna", UserRole.ADMIN)
    browser = desk.stranger()
    answer = browser.post("/sign-in", form(desk, name, password))
    assert answer.status_code == 401
    assert "The name or the password is wrong" in browser.text
    assert f'value="{name}"' in browser.text
    assert password not in browser.text or not password
    assert "Set-Cookie" not in answer.headers


def test_after_five_failures_even_the_right_password_waits(desk: Desk) -> None:
    user = desk.user("anna", UserRole.ADMIN)
    for _ in range(5):
        with pytest.raises(WrongPassword):
            sign_in(desk.store, desk.ledger_id, "anna", "guess", by=TESTER)
    with pytest.raises(LockedOut, match=r"again in [56]\d seconds"):
        sign_in(desk.store, desk.ledger_id, "anna", PASSWORD, by=TESTER)
    browser = desk.stranger()
    answer = browser.post("/sign-in", form(desk, "anna", PASSWORD))
    assert answer.status_code == 429
    assert "Too many sign-ins failed" in browser.text
    set_password(desk.store, desk.ledger_id, user.user_id, PASSWORD[::-1])
    assert sign_in(desk.store, desk.ledger_id, "anna", PASSWORD[::-1], by=TESTER)


@pytest.mark.parametrize("way", ["nobody has the name", "it signs in by links alone", "the ledger is not there"])
def test_waiting_says_nothing_about_which_names_there_are(desk: Desk, way: str) -> None:
    desk.user("linus", UserRole.VIEWER, None)
    ledger_id, name = {
        "nobody has the name": (desk.ledger_id, "nobody"),
        "it signs in by links alone": (desk.ledger_id, "linus"),
        "the ledger is not there": (f"{desk.ledger_id}x", "linus"),
    }[way]
    guess = {"ledger": ledger_id, "name": name, "password": "a guess"}
    told = [desk.stranger().post("/sign-in", guess).status_code for _ in range(5)]
    answer = desk.stranger().post("/sign-in", guess)
    assert [*told, answer.status_code] == [401] * 5 + [429]
    assert 0 < int(answer.headers["Retry-After"]) <= 60


def test_what_waits_longer_with_every_guess_waits_an_hour_at_most() -> None:
    guesses = Guesses(5)
    waits = []
    for _ in range(13):
        guesses.failed("ledger", "nobody")
        waits.append(guesses.locked_seconds("ledger", "nobody"))
    assert waits == [0, 0, 0, 0, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
    assert guesses.locked_seconds("ledger", "somebody") == 0


def test_spaces_around_a_name_are_nobodys_name(desk: Desk) -> None:
    desk.user("anna", UserRole.VIEWER)
    assert signs_in(desk, desk.stranger(), " anna ", PASSWORD)


@pytest.mark.parametrize("field", ["name", "ledger", "password", "next"])
def test_no_character_makes_the_sign_in_fail(desk: Desk, field: str) -> None:
    desk.user("anna", UserRole.VIEWER)
    answer = desk.stranger().post("/sign-in", {**form(desk, "anna", PASSWORD), field: "a\0\N{REPLACEMENT CHARACTER}"})
    assert answer.status_code == (303 if field == "next" else 401)


def test_a_new_session_is_another_one_whatever_cookie_came_with_it(desk: Desk) -> None:
    desk.user("anna", UserRole.VIEWER)
    browser = desk.stranger()
    browser.client.set_cookie("tallystick_session", "fixed-by-somebody")
    assert signs_in(desk, browser, "anna", PASSWORD)
    cookie = browser.client.get_cookie("tallystick_session")
    assert cookie is not None
    assert cookie.value != "fixed-by-somebody"
    assert browser.get("/customers").status_code == 200


def test_a_success_forgets_the_failures_before_it(desk: Desk) -> None:
    desk.user("anna", UserRole.ADMIN)
    for _ in range(2):
        for _ in range(4):
            with pytest.raises(WrongPassword):
                sign_in(desk.store, desk.ledger_id, "anna", "guess", by=TESTER)
        assert sign_in(desk.store, desk.ledger_id, "anna", PASSWORD, by=TESTER)


def test_a_link_signs_in_once_and_not_by_being_looked_at(desk: Desk) -> None:
    user = desk.user("anna", UserRole.ADMIN, None)
    link = f"/sign-in/{sign_in_link(desk.store, desk.ledger_id, user.user_id)}"
    first, second = desk.stranger(), desk.stranger()
    assert first.get(link).status_code == 200
    assert first.get(link).status_code == 200
    assert first.post(link).status_code == 303
    assert first.get("/customers").status_code == 200
    assert second.post(link).status_code == 410
    assert "was used" in second.text
    assert second.post("/sign-in/made-up").status_code == 410


def test_signing_out_ends_the_session_everywhere(desk: Desk) -> None:
    browser = desk.browser()
    cookie = browser.client.get_cookie("tallystick_session")
    assert cookie is not None
    copied = desk.stranger()
    copied.client.set_cookie("tallystick_session", cookie.value)
    assert copied.get("/customers").status_code == 200
    assert browser.post("/sign-out", {"form_token": token_of(cookie.value)}).status_code == 303
    assert copied.get("/customers").status_code == 303


def token_of(secret: str) -> str:
    from api.dashboard.gate import form_token

    return form_token(secret)


def test_who_is_disabled_is_out_at_once_and_stays_out(desk: Desk) -> None:
    desk.user("boss", UserRole.ADMIN)
    browser = desk.stranger()
    user = desk.user("anna", UserRole.FINANCE)
    assert signs_in(desk, browser, "anna", PASSWORD)
    disable_user(desk.store, desk.ledger_id, user.user_id, by=TESTER)
    assert browser.get("/customers").status_code == 303
    assert not signs_in(desk, browser, "anna", PASSWORD)


def test_another_password_or_role_counts_from_the_next_request_on(desk: Desk) -> None:
    desk.user("boss", UserRole.ADMIN)
    user, browser = desk.user("anna", UserRole.FINANCE), desk.stranger()
    assert signs_in(desk, browser, "anna", PASSWORD)
    change_role(desk.store, desk.ledger_id, user.user_id, UserRole.VIEWER, by=TESTER)
    assert browser.get("/customers").status_code == 200
    set_password(desk.store, desk.ledger_id, user.user_id, "another password")
    assert browser.get("/customers").status_code == 303


def test_a_form_of_another_site_or_without_its_token_does_nothing(desk: Desk) -> None:
    browser = desk.browser()
    assert browser.post("/sign-out").status_code == 403
    cookie = browser.client.get_cookie("tallystick_session")
    assert cookie is not None
    form_ = {"form_token": token_of(cookie.value)}
    assert browser.post("/sign-out", form_, Origin="https://elsewhere.example").status_code == 403
    assert browser.get("/customers").status_code == 200
    assert browser.post("/sign-out", form_, Origin="http://localhost").status_code == 303
    desk.user("eve", UserRole.VIEWER)
    stranger = desk.stranger()
    assert stranger.post("/sign-in", form(desk, "eve", PASSWORD), Origin="https://elsewhere.example").status_code == 403


def test_a_session_of_one_ledger_opens_no_other(desk: Desk, store: Store) -> None:
    desk.user("anna", UserRole.ADMIN)
    assert desk.stranger().post("/sign-in", {**form(desk, "anna", PASSWORD), "ledger": "no-such"}).status_code == 401
    assert desk.stranger().post("/sign-in", {**form(desk, "anna", PASSWORD), "ledger": ""}).status_code == 401


@pytest.mark.parametrize("password", ["short", "x" * 257])
def test_a_password_that_is_too_short_or_too_long_adds_nobody(desk: Desk, password: str) -> None:
    with pytest.raises(InvalidInput, match="12 to 256 characters"):
        desk.user("anna", UserRole.VIEWER, password)
    desk.user("anna", UserRole.VIEWER)


@pytest.mark.parametrize(
    "wanted",
    ["https://elsewhere.example", "//elsewhere.example/x", "/\\elsewhere.example", "javascript:x", "", "/\n/x"],
)
def test_nobody_is_led_away_from_here_after_signing_in(wanted: str) -> None:
    assert own_path(wanted) == "/customers"


def test_a_page_lets_nothing_in_from_elsewhere_and_nothing_inline(desk: Desk) -> None:
    browser = desk.stranger()
    answer = browser.get("/sign-in")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|style=", answer.text)
    addresses = re.findall(r'(?:src|href)="([^"]+)"', answer.text)
    assert addresses
    assert all(each.startswith("/") for each in addresses)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 303),
        ("/customers", 200),
        ("/customers/nobody", 404),
        ("/no-such-page", 404),
        ("/files/v1/customers?format=csv", 200),
        ("/files/v1/customers?format=nothing", 400),
        ("/assets/nothing.js", 404),
        ("/docs", 200),
        ("/v1/customers", 401),
    ],
)
def test_whatever_is_answered_runs_nothing_is_framed_by_nobody_and_kept_by_nobody(
    reader: Browser, path: str, status: int
) -> None:
    answer = reader.get(path, Accept="text/html")
    assert answer.status_code == status
    headers = answer.headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    kept = (headers["Cache-Control"], headers["X-Content-Type-Options"], headers["X-Frame-Options"])
    assert kept == ("no-store", "nosniff", "DENY")


def test_to_ask_whether_a_page_is_there_is_no_form(reader: Browser) -> None:
    answers = {path: reader.client.head(path).status_code for path in ("/customers", "/live", "/customers/nobody")}
    assert answers == {"/customers": 200, "/live": 200, "/customers/nobody": 404}


def test_a_form_that_is_too_long_is_refused_in_a_sentence(desk: Desk) -> None:
    browser = desk.browser()
    answer = browser.post("/customers/new", {"name": "x" * 3_000_000})
    assert answer.status_code == 413
    assert "That did not work" in browser.text
    assert browser.post("/sign-in", {"name": "x" * 3_000_000}).status_code == 413


def test_files_are_kept_by_browsers_until_they_are_others(desk: Desk) -> None:
    browser = desk.stranger()
    browser.get("/sign-in")
    found = re.search(r"/assets/style\.css\?[0-9a-f]{12}", browser.text)
    assert found is not None
    answer = browser.get(found[0], Accept_Encoding="gzip")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "immutable" in answer.headers["Cache-Control"]
    assert browser.get("/assets/../gate.py").status_code == 404
    assert browser.get("/assets/nothing.js").status_code == 404

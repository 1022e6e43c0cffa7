"""Users and keys from a page, and forms that outlive the session they were opened in."""

import re

import pytest

from api.dashboard.filling import filled
from api.dashboard.gate import form_token
from api.keys import list_keys
from api.sessions import sign_in, sign_in_link
from api.users import list_users
from ledger.core.access import UserRole
from tests.api.client import TESTER, Api
from tests.dashboard.conftest import PASSWORD, Browser, Desk

LINK = re.compile(r"http://localhost(/sign-in/[\w-]+)")
SECRET = re.compile(r"<code>(am_sk_test_[\w-]+)</code>")


@pytest.fixture
def admin(desk: Desk) -> Browser:
    return desk.browser(UserRole.ADMIN, "boss")


def once(browser: Browser) -> str:
    found = re.search(r'name="once" value="([^"]+)"', browser.text)
    assert found is not None
    return found[1]


def add(browser: Browser, name: str, **more: str) -> int:
    browser.get("/users/new")
    form = {"name": name, "role": "finance", "way": "password", "password": PASSWORD, "once": once(browser), **more}
    return browser.post("/users/new", form).status_code


def user_id(desk: Desk, name: str) -> str:
    return next(each.user_id for each in list_users(desk.store, desk.ledger_id, by=TESTER) if each.name == name)


def test_a_user_with_a_password_signs_in_and_is_seen_to_have(desk: Desk, admin: Browser) -> None:
    assert add(admin, "fiona") == 303
    browser = desk.stranger()
    form = {"ledger": desk.ledger_id, "name": "fiona", "password": PASSWORD}
    assert browser.post("/sign-in", form).status_code == 303
    assert browser.get("/customers/new").status_code == 200
    admin.get("/users")
    row = admin.text.split("<b>fiona</b>")[1].split("</tr>")[0]
    assert "finance" in row
    assert "password" in row
    assert re.search(r"<time [^>]*>\d+ \w{3} \d{4}, \d\d:\d\d UTC</time>", row)
    admin.get("/timeline?kind=user.added")
    assert "fiona" in admin.text.split("<main")[1]


def test_a_user_without_one_is_let_in_by_a_link_that_is_shown_once(desk: Desk, admin: Browser) -> None:
    assert add(admin, "guest", way="link", role="viewer") == 200
    link = LINK.search(admin.text)
    assert link is not None
    browser = desk.stranger()
    assert browser.post(link[1]).status_code == 303
    assert browser.get("/customers").status_code == 200
    assert browser.get("/customers/new").status_code == 403
    admin.get("/users")
    assert "sign-in/" not in admin.text
    assert admin.post(f"/users/{user_id(desk, 'guest')}/link").status_code == 200
    assert LINK.search(admin.text)


@pytest.mark.parametrize(
    ("form", "field", "said"),
    [
        ({"name": ""}, "user-name", "1 to 100 visible characters"),
        ({"name": "boss"}, "user-name", "exists or existed"),
        ({"name": "test key"}, "user-name", "A key acts under the name"),
        ({"name": "x", "password": "short"}, "user-password", "12 to 256 characters"),
        ({"name": "x", "role": "emperor"}, "user-name", "is not a role"),
    ],
)
def test_what_is_wrong_with_a_new_user_is_said_beside_it(
    desk: Desk, admin: Browser, form: dict[str, str], field: str, said: str
) -> None:
    assert add(admin, **{"name": "x", **form}) == 400
    assert said in admin.text.split(f'id="{field}-said"')[1].split("</p>")[0]
    assert PASSWORD not in admin.text
    assert [each.name for each in list_users(desk.store, desk.ledger_id, by=TESTER)] == ["boss"]


def test_a_form_that_is_sent_twice_adds_one_user(desk: Desk, admin: Browser) -> None:
    admin.get("/users/new")
    form = {"name": "fiona", "role": "viewer", "way": "password", "password": PASSWORD, "once": once(admin)}
    page = admin.text
    for _ in range(2):
        admin.text = page
        assert admin.post("/users/new", form).status_code == 303
    assert [each.name for each in list_users(desk.store, desk.ledger_id, by=TESTER)] == ["boss", "fiona"]


def test_a_role_and_a_password_are_changed_and_a_user_disabled(desk: Desk, admin: Browser) -> None:
    add(admin, "fiona")
    place = f"/users/{user_id(desk, 'fiona')}"
    admin.get(f"{place}/role")
    assert '<option value="finance" selected>' in admin.text
    assert admin.post(f"{place}/role", {"role": "viewer"}).status_code == 303
    admin.get(f"{place}/password")
    assert admin.post(f"{place}/password", {"password": "short"}).status_code == 400
    assert admin.post(f"{place}/password", {"password": PASSWORD[::-1]}).status_code == 303
    assert sign_in(desk.store, desk.ledger_id, "fiona", PASSWORD[::-1], by=TESTER)
    admin.get(f"{place}/disable")
    assert admin.post(f"{place}/disable").status_code == 303
    admin.get("/users")
    assert "disabled" in admin.text.split("<b>fiona</b>")[1].split("</tr>")[0]
    assert admin.get(f"{place}/role").status_code == 400
    assert admin.get("/users/user_none/role").status_code == 404


def test_the_only_admin_stays_one(desk: Desk, admin: Browser) -> None:
    place = f"/users/{user_id(desk, 'boss')}"
    admin.get(f"{place}/role")
    assert admin.post(f"{place}/role", {"role": "viewer"}).status_code == 400
    assert "boss is the only admin" in admin.text
    admin.get(f"{place}/disable")
    assert admin.post(f"{place}/disable").status_code == 400
    assert admin.get("/users").status_code == 200


def make_key(browser: Browser, name: str, **more: str) -> int:
    browser.get("/keys/new")
    return browser.post("/keys/new", {"name": name, "role": "write", "once": once(browser), **more}).status_code


def test_a_key_is_made_its_secret_shown_once_and_revoked(desk: Desk, admin: Browser, api: Api) -> None:
    assert make_key(admin, "web shop") == 200
    secret = SECRET.search(admin.text)
    assert secret is not None
    shop = Api(api.app, api.store, api.ledger_id, secret[1])
    shop("customers.get_or_create", customer_id="acme")
    admin.get("/keys")
    row = admin.text.split("<b>web shop</b>")[1].split("</tr>")[0]
    assert secret[1] not in admin.text
    assert "am_sk_test_…" in row
    assert 'href="/timeline?actor=web%20shop"' in row
    path = re.search(r'href="(/keys/key_[^"]+/revoke)"', row)
    assert path is not None
    admin.get(path[1])
    assert "It last changed something on" in admin.text
    for _ in range(2):
        assert admin.post(path[1], {"form_token": token_of(admin)}).status_code == 303
    assert (
        api.app.test_client().get("/v1/customers", headers={"Authorization": f"Bearer {secret[1]}"}).status_code == 401
    )
    assert [each.revoked_at is not None for each in list_keys(desk.store, desk.ledger_id, by=TESTER)] == [False, True]
    assert admin.get("/keys/key_none/revoke").status_code == 404


def token_of(browser: Browser) -> str:
    cookie = browser.client.get_cookie("tallystick_session")
    assert cookie is not None
    return form_token(cookie.value)


def test_a_key_that_is_asked_for_twice_is_one_key(desk: Desk, admin: Browser) -> None:
    admin.get("/keys/new")
    page, form = admin.text, {"name": "web shop", "role": "write", "once": once(admin)}
    assert admin.post("/keys/new", form).status_code == 200
    admin.text = page
    assert admin.post("/keys/new", form).status_code == 409
    assert "its secret was shown then" in admin.text
    assert len(list_keys(desk.store, desk.ledger_id, by=TESTER)) == 2


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"name": ""}, "1 to 100 visible characters"),
        ({"name": "test key"}, "exists already"),
        ({"name": "boss"}, "A user is named boss"),
        ({"name": "x", "role": "emperor"}, "is not a role"),
    ],
)
def test_what_is_wrong_with_a_new_key_is_said_beside_it(admin: Browser, form: dict[str, str], said: str) -> None:
    assert make_key(admin, **{"name": "x", **form}) == 400
    assert said in admin.text.split('id="key-name-said"')[1].split("</p>")[0]


@pytest.mark.parametrize("role", [UserRole.VIEWER, UserRole.FINANCE])
def test_users_and_keys_are_shown_to_admins_alone(desk: Desk, role: UserRole) -> None:
    browser = desk.browser(role)
    browser.get("/customers")
    assert 'href="/users"' not in browser.text
    assert 'href="/keys"' not in browser.text
    assert browser.get("/users").status_code == 403
    assert browser.get("/keys").status_code == 403


def end_session(desk: Desk) -> None:
    """Every session of the ledger was used last three hours ago."""
    with desk.store.pool.connection() as conn:
        conn.execute("UPDATE sessions SET seen_at = seen_at - interval '3 hours'")


def kept_fields(browser: Browser) -> dict[str, str]:
    names = ("next", "kept", "whose")
    found = {name: re.search(rf'name="{name}" value="(.*?)">', browser.text) for name in names}
    return {name: match[1] for name, match in found.items() if match is not None}


def signing_in(desk: Desk, browser: Browser, name: str, password: str = PASSWORD) -> dict[str, str]:
    return {"ledger": desk.ledger_id, "name": name, "password": password, **kept_fields(browser)}


def signed_in(desk: Desk, name: str, role: UserRole = UserRole.FINANCE) -> Browser:
    desk.user(name, role)
    browser = desk.stranger()
    assert browser.post("/sign-in", signing_in(desk, browser, name)).status_code == 303
    return browser


WRITTEN = {"name": 'Globex "&" <b>Sons</b>', "id": "globex", "email": ""}


@pytest.mark.parametrize("part", [False, True], ids=["without htmx", "with htmx"])
def test_a_form_outlives_its_session_and_nothing_is_done(desk: Desk, api: Api, part: bool) -> None:
    browser = signed_in(desk, "fiona")
    browser.get("/customers/new")
    end_session(desk)
    headers = {"HX_Request": "true"} if part else {}
    answer = browser.post("/customers/new", {**WRITTEN, "once": once(browser)}, **headers)
    assert answer.status_code == 401
    assert ("<html" in answer.text) is not part
    assert answer.headers.get("HX-Retarget") == ("#dialog" if part else None)
    assert 'name="name" value="fiona"' in browser.text
    wrong = browser.post("/sign-in", signing_in(desk, browser, "fiona", "guess guess guess"))
    assert wrong.status_code == 401
    again = browser.post("/sign-in", signing_in(desk, browser, "fiona"))
    assert again.status_code == 200
    assert "Nothing was done yet" in browser.text
    assert f'value="{WRITTEN["name"]}"' in browser.text
    assert "<b>Sons" not in again.text
    assert api.get("/v1/customers")["list"] == []
    assert browser.post("/customers/new", {**WRITTEN, "once": once(browser)}).headers["Location"] == "/customers/globex"


def test_whoever_else_signs_in_does_not_see_what_was_written(desk: Desk) -> None:
    browser = signed_in(desk, "fiona")
    desk.user("eve", UserRole.FINANCE)
    browser.get("/customers/new")
    end_session(desk)
    browser.post("/customers/new", WRITTEN)
    answer = browser.post("/sign-in", signing_in(desk, browser, "eve"))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/customers/new")


def test_a_password_is_never_kept(desk: Desk) -> None:
    browser = signed_in(desk, "boss", UserRole.ADMIN)
    browser.get("/users/new")
    end_session(desk)
    written = {"name": "fiona", "role": "finance", "way": "password", "password": "a secret of fiona"}
    browser.post("/users/new", {**written, "once": once(browser)})
    assert "a secret of fiona" not in browser.text
    browser.post("/sign-in", signing_in(desk, browser, "boss"))
    assert 'value="fiona"' in browser.text
    assert '<option value="finance" selected>' in browser.text
    assert '<option value="password" selected>' in browser.text
    assert "a secret of fiona" not in browser.text
    assert [each.name for each in list_users(desk.store, desk.ledger_id, by=TESTER)] == ["boss"]


def test_whoever_signs_in_by_a_link_elsewhere_goes_on_here(desk: Desk) -> None:
    browser = desk.browser(UserRole.FINANCE, "guest")
    browser.get("/customers/new")
    end_session(desk)
    browser.post("/customers/new", WRITTEN)
    form = {**kept_fields(browser), "already": "1"}
    assert browser.post("/sign-in", form).status_code == 401
    link = sign_in_link(desk.store, desk.ledger_id, user_id(desk, "guest"))
    assert browser.post(f"/sign-in/{link}").status_code == 303
    assert browser.post("/sign-in", form).status_code == 200
    assert 'value="globex"' in browser.text


def test_a_button_that_has_no_page_leads_to_the_sign_in(desk: Desk) -> None:
    browser = desk.browser()
    token = token_of(browser)
    end_session(desk)
    assert browser.post("/sign-out", {"form_token": token}).status_code == 401
    assert "Sign in" in browser.text
    assert "kept" not in kept_fields(browser)


def test_a_form_of_another_site_is_not_kept_either(desk: Desk) -> None:
    browser = signed_in(desk, "fiona")
    end_session(desk)
    assert browser.post("/customers/new", WRITTEN, Origin="https://elsewhere.example").status_code == 403


@pytest.mark.parametrize("kept", ["no json", '{"a": 1}', "[[1, 2]]", '[["name"]]', "[]"])
def test_what_was_tampered_with_is_no_form(desk: Desk, kept: str) -> None:
    browser = desk.browser(UserRole.FINANCE, "guest")
    form = {
        "kept": kept,
        "next": "/customers/new",
        "whose": f"{desk.ledger_id}/{user_id(desk, 'guest')}",
        "already": "1",
    }
    assert browser.post("/sign-in", form).status_code == 200
    assert 'name="email"' in browser.text


@pytest.mark.parametrize("wanted", ["/customers", "/nowhere", "/v1/customers", "https://elsewhere.example/x"])
def test_a_form_that_is_not_there_leads_on_and_shows_nothing_of_it(desk: Desk, wanted: str) -> None:
    browser = desk.browser(UserRole.FINANCE, "guest")
    whose = f"{desk.ledger_id}/{user_id(desk, 'guest')}"
    form = {"kept": '[["name", "x"]]', "next": wanted, "whose": whose, "already": "1"}
    answer = browser.post("/sign-in", form)
    assert (answer.status_code, answer.headers["Location"][:1]) == (303, "/")


def test_what_holds_a_place_of_the_server_gives_it_back_where_it_is_no_form(desk: Desk) -> None:
    browser = desk.browser(UserRole.FINANCE, "guest")
    whose = f"{desk.ledger_id}/{user_id(desk, 'guest')}"
    form = {"kept": '[["name", "x"]]', "next": "/live", "whose": whose, "already": "1"}
    for _ in range(20):
        assert browser.post("/sign-in", form).status_code == 303
    stream = browser.get("/live")
    assert stream.status_code == 200
    stream.close()


def test_the_time_that_is_left_of_a_lock_is_said(desk: Desk) -> None:
    user = desk.user("anna", UserRole.ADMIN)
    with desk.store.pool.connection() as conn:
        conn.execute(
            "UPDATE passwords SET failures = 9, locked_until = clock_timestamp() + interval '4 minutes 30 seconds'"
            " WHERE user_id = %s",
            [user.user_id],
        )
    browser = desk.stranger()
    answer = browser.post("/sign-in", signing_in(desk, browser, "anna"))
    assert answer.status_code == 429
    assert re.search(r"try again in 4 minutes and (29|30) seconds", browser.text)
    assert 260 < int(answer.headers["Retry-After"]) <= 270


FORM = """<form method="get" action="/x"><input name="a" value="1"></form>
<form class="f" method="post" action="/x?y=1">
<input type="hidden" name="once" value="o"><input name="a" value="1"><input name="a" type="text">
<input type="password" name="p"><input type=checkbox name=c value=1 checked><input type="radio" name="r" value="2">
<select name="s"><option value="">none<option value="k" selected>K</option><option value="l">L</option></select>
<textarea name="t" rows="2">old &amp; new</textarea></form>"""


def test_a_form_is_filled_where_people_write_and_nowhere_else() -> None:
    written = [("a", "<2>"), ("a", "3"), ("once", "x"), ("p", "x"), ("r", "2"), ("s", "l"), ("t", "</textarea><b>")]
    found = filled(FORM, "/x", written, "<p>again</p>")
    assert found is not None
    assert '<form method="get" action="/x"><input name="a" value="1"></form>' in found
    assert 'action="/x?y=1"><p>again</p>' in found
    assert '<input name="a" value="&lt;2&gt;"><input name="a" type="text" value="3">' in found
    assert 'name="once" value="o"' in found
    assert '<input type="password" name="p">' in found
    assert '<input type="checkbox" name="c" value="1">' in found
    assert '<input type="radio" name="r" value="2" checked>' in found
    assert '<option value="k">K</option><option value="l" selected>' in found
    assert '<textarea name="t" rows="2">&lt;/textarea&gt;&lt;b&gt;</textarea>' in found
    assert filled(FORM, "/elsewhere", written, "") is None

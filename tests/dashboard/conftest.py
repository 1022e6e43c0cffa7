"""A browser without JavaScript: it keeps cookies, follows nothing by itself, and finds the token in a form."""

import re
from dataclasses import dataclass
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.sessions import sign_in_link
from api.users import add_user
from ledger.core.access import User, UserRole
from ledger.store.ledger import Store
from tests.api.client import TESTER, Api
from tests.support.application import api, api_database, app, cheap_passwords, ledgers, metrics, projector, store

__all__ = ["api", "api_database", "app", "cheap_passwords", "ledgers", "metrics", "projector", "store"]

TOKEN = re.compile(r'name="form_token" value="([0-9a-f]{64})"')
PASSWORD = "correct horse battery"


@dataclass
class Browser:
    """One person's browser. `text` is the last page, unescaped."""

    client: FlaskClient
    text: str = ""
    last: TestResponse | None = None

    def get(self, path: str, **headers: str) -> TestResponse:
        return self._keep(
            self.client.get(path, headers={name.replace("_", "-"): each for name, each in headers.items()})
        )

    def post(self, path: str, form: dict[str, str] | None = None, **headers: str) -> TestResponse:
        """Send a form as the page before would."""
        found = TOKEN.search(self.text)
        token = {} if found is None else {"form_token": found[1]}
        named = {name.replace("_", "-"): each for name, each in headers.items()}
        return self._keep(self.client.post(path, data={**token, **(form or {})}, headers=named))

    def last_raw(self) -> str:
        """The last page as it was sent."""
        assert self.last is not None
        return self.last.text

    def _keep(self, response: TestResponse) -> TestResponse:
        self.last = response
        self.text = unescape(response.text) if response.mimetype == "text/html" else ""
        return response


@dataclass
class Desk:
    """Where browsers are signed in to one ledger."""

    app: Flask
    store: Store
    ledger_id: str

    def user(self, name: str, role: UserRole, password: str | None = PASSWORD) -> User:
        return add_user(self.store, self.ledger_id, name, role, password, by=TESTER)

    def stranger(self) -> Browser:
        """A browser that nobody has signed in with."""
        return Browser(self.app.test_client())

    def browser(self, role: UserRole = UserRole.FINANCE, name: str = "anna") -> Browser:
        """A browser in which a new user of this role is signed in."""
        browser = self.stranger()
        link = sign_in_link(self.store, self.ledger_id, self.user(name, role, None).user_id)
        assert browser.post(f"/sign-in/{link}").status_code == 303
        return browser


@pytest.fixture(scope="module", autouse=True)
def _cheap_passwords(cheap_passwords: None) -> None:
    """What is tested with them is who gets in, not how long a guess takes."""


@pytest.fixture
def desk(app: Flask, store: Store, api: Api) -> Desk:
    return Desk(app, store, api.ledger_id)

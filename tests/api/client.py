"""The suite's HTTP client: it proves every answer against the schema that describes it."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from api.keys import create_key
from api.reads.resources import RESOURCES
from api.wire.common import ErrorSchema, ProblemSchema
from api.wire.json import parse, render
from api.wire.operations import OPERATIONS
from api.wire.reading.answers import ANSWERS
from api.wire.schema import check_answer
from ledger.core.settings import CreateLedger, Env, Role
from ledger.store.ledger import Caller, SettingsAddress, Store

BRACES = str.maketrans("{}", "<>")
TESTER = Caller("tester")
_numbers = itertools.count(1)


class Refused(Exception):
    """An answer that is not a success, with its parsed body."""

    def __init__(self, response: TestResponse, body: dict[str, Any]) -> None:
        super().__init__(f"{response.status_code} {body['code']}: {body.get('message') or body.get('detail')}")
        self.status, self.code, self.body, self.headers = response.status_code, body["code"], body, response.headers
        self.message: str = body.get("message") or body["detail"]


@dataclass
class Api:
    """Calls operations by name with keyword arguments. `last` is the response of the last call."""

    app: Flask
    store: Store
    ledger_id: str
    secret: str
    headers: dict[str, str] = field(default_factory=dict)
    last: TestResponse | None = None

    def __call__(self, operation: str, _headers: dict[str, str] | None = None, /, **body: Any) -> Any:
        """The parsed answer of a success. Raises `Refused`."""
        return self.send(operation, body, **(_headers or {}))

    def send(self, operation: str, body: Any, **headers: str) -> Any:
        """As a call, with a body of any shape and headers with `_` for `-`."""
        return self.raw(f"/v1/{operation}", render(body), **headers)

    def raw(
        self,
        path: str,
        data: bytes,
        *,
        method: str = "POST",
        content_type: str | None = "application/json",
        **headers: str,
    ) -> Any:
        """Send bytes. The answer is checked, whatever it is."""
        named = {name.replace("_", "-"): value for name, value in {**self.headers, **headers}.items()}
        named.setdefault("Authorization", f"Bearer {self.secret}")
        if content_type is not None:
            named["Content-Type"] = content_type
        self.last = self.app.test_client().open(path, method=method, data=data, headers=named)
        return self._checked(path, method, self.last)

    def get(self, path: str, **headers: str) -> Any:
        """A GET read."""
        return self.raw(path, b"", method="GET", content_type=None, **headers)

    def _checked(self, path: str, method: str, response: TestResponse) -> Any:
        assert response.headers["X-Request-Id"]
        if response.status_code >= 400:
            body = parse(response.data)
            check_answer(ErrorSchema if method != "GET" else ProblemSchema, body)
            raise Refused(response, body)
        operation = OPERATIONS.get(path.removeprefix("/v1/"))
        if operation is None:
            return self._read(path, response)
        body = parse(response.data)
        check_answer(operation.response, body)
        assert response.status_code in operation.statuses
        assert int(response.headers["Ledger-Position"]) == self.head()
        return body

    def _read(self, path: str, response: TestResponse) -> Any:
        if response.mimetype != "application/json":
            return response.data
        body = parse(response.data)
        name, _ = self.app.url_map.bind("").match(urlsplit(path).path)
        answer = next((ANSWERS[each.name] for each in RESOURCES if each.path.translate(BRACES) == name), None)
        if answer is not None:
            check_answer(answer.schema, body)
        return body

    def head(self) -> int:
        """The ledger's last position."""
        return self.store.row(self.ledger_id).position

    def at(self, instant: str) -> dict[str, str]:
        """The header that puts a write at a business instant."""
        return {"Tallystick_Now": instant}


class Ledgers:
    """Makes ledgers of their own for tests."""

    def __init__(self, app: Flask, store: Store) -> None:
        self.app, self.store = app, store

    def sandbox(self, timezone: str = "UTC") -> Api:
        """An admin's client of a new sandbox ledger."""
        return self._make(Env.SANDBOX, timezone)

    def live(self) -> Api:
        """An admin's client of a new live ledger."""
        return self._make(Env.LIVE)

    def key(self, api: Api, role: Role, name: str) -> Api:
        """A client of the same ledger with another key."""
        made = create_key(self.store, api.ledger_id, name, role, by=TESTER)
        return Api(self.app, self.store, api.ledger_id, made.secret)

    def _make(self, env: Env, timezone: str = "UTC") -> Api:
        ledger_id = f"t{next(_numbers)}"
        self.store.create_ledger(ledger_id, env.value)
        self.store.ledger(ledger_id).execute(SettingsAddress(), CreateLedger(ledger_id, env, timezone), by=TESTER)
        secret = create_key(self.store, ledger_id, "test key", Role.ADMIN, by=TESTER).secret
        return Api(self.app, self.store, ledger_id, secret)


def catalog(api: Api) -> None:
    """A small catalog: messages, seats and sso; a free default plan, pro, team and an add-on."""
    api("features.create", feature_id="messages", name="Messages", type="metered", event_names=["message.sent"])
    api("features.create", feature_id="seats", name="Seats", type="metered", consumable=False)
    api("features.create", feature_id="sso", name="Single sign-on", type="boolean")
    month = {"interval": "month"}
    api(
        "plans.create",
        plan_id="free",
        name="Free",
        auto_enable=True,
        items=[{"feature_id": "messages", "included": 10, "reset": month}],
    )
    seats = {"amount": 10, "interval": "month", "billing_method": "prepaid"}
    api(
        "plans.create",
        plan_id="pro",
        name="Pro",
        price={"amount": 20, "interval": "month"},
        items=[
            {"feature_id": "messages", "included": 500, "reset": month},
            {"feature_id": "seats", "included": 1, "price": seats},
            {"feature_id": "sso"},
        ],
    )
    overage = {"amount": Decimal("0.5"), "interval": "month", "billing_method": "usage_based"}
    api(
        "plans.create",
        plan_id="team",
        name="Team",
        price={"amount": 100, "interval": "month"},
        items=[{"feature_id": "messages", "included": 5000, "reset": month, "price": overage}, {"feature_id": "sso"}],
    )
    api(
        "plans.create",
        plan_id="extra",
        name="Extra messages",
        add_on=True,
        price={"amount": 5, "interval": "one_off"},
        items=[{"feature_id": "messages", "included": 100}],
    )


@contextmanager
def refused(api: Api, status: int, code: str, *words: str) -> Iterator[None]:
    """What is sent inside is refused so, in a sentence with these words, and the ledger stays as it was."""
    before = api.head()
    with pytest.raises(Refused) as caught:
        yield
    assert (caught.value.status, caught.value.code) == (status, code), caught.value
    for word in words:
        assert word in caught.value.message
    assert caught.value.body["env"] == "sandbox"
    assert api.head() == before

"""The official SDK over real HTTP against nothing but the wire: its bodies are read, our answers are accepted.

The server here knows no ledger: it reads each request through its operation and answers with a sample, so a
failure is the wire's own.
"""

import json
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any, cast

import pytest
from flask import Flask, Response, request
from werkzeug.serving import make_server

from api.errors import register_error_handlers
from api.wire.json import check_content_type, parse, render
from api.wire.operations import OPERATIONS
from tests.api.wire.official_sdk import official
from tests.api.wire.samples import ANSWERS, REQUESTS

pytestmark = pytest.mark.sdk
NAMED_OTHERWISE = {
    "balances.check": "check", "balances.track": "track", "balances.batch_track": "batch_track",
    "subscriptions.list": "customers.list_subscriptions", "purchases.list": "customers.list_purchases",
    "billing.import": "billing.import_",
}  # fmt: skip
IN_PYTHON = {"async": "async_", "type": "type_"}
CALLS = [
    (name, body)
    for name, operation in sorted(OPERATIONS.items())
    if not operation.ours
    for body in REQUESTS.get(name, [{}])
]


def application() -> Flask:
    app = Flask(__name__)

    def answer(name: str) -> Response:
        operation, body = OPERATIONS[name], request.get_data()
        check_content_type(request.content_type, body)
        operation.read(parse(body))
        again = parse(json.dumps(ANSWERS[name][0]).encode())
        return Response(render(again), operation.statuses[-1], content_type="application/json")

    for operation in OPERATIONS.values():
        app.add_url_rule(operation.path, operation.name, answer, defaults={"name": operation.name}, methods=["POST"])
    register_error_handlers(app, env=lambda: "sandbox", report=lambda error: pytest.fail(repr(error)))
    return app


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    server = make_server("127.0.0.1", 0, application(), threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        with official().Autumn(
            secret_key="am_sk_test_x", server_url=f"http://127.0.0.1:{server.port}", fail_open=False, timeout_ms=20_000
        ) as client:
            yield client
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def method(client: Any, name: str) -> Callable[..., Any]:
    found: Any = client
    for part in NAMED_OTHERWISE.get(name, name).split("."):
        found = getattr(found, part)
    return cast("Callable[..., Any]", found)


def call(client: Any, name: str, body: dict[str, Any]) -> Any:
    if OPERATIONS[name].rows:
        return method(client, name)(request=[body])
    if name == "plans.list":
        return method(client, name)(request=body)
    return method(client, name)(**{IN_PYTHON.get(key, key): each for key, each in body.items()})


@pytest.mark.parametrize(("name", "body"), CALLS)
def test_the_sdk_is_understood_and_understands(client: Any, name: str, body: dict[str, Any]) -> None:
    answer = call(client, name, body)
    told = ANSWERS[name][0]
    heard = answer.model_dump(mode="json", by_alias=True)
    assert {key: heard[key] for key in told if key in heard and not isinstance(told[key], dict | list)} == {
        key: each for key, each in told.items() if key in heard and not isinstance(each, dict | list)
    }


def test_the_sdk_shows_a_refusal_with_its_sentence(client: Any) -> None:
    from autumn_sdk.errors import AutumnError

    with pytest.raises(AutumnError) as refused:
        client.billing.attach(customer_id="acme", plan_id="team", tax_rate_id="txr_1")
    assert refused.value.status_code == 400
    assert json.loads(refused.value.body) == {
        "message": 'tax_rate_id was "txr_1" (text), and this product does not offer it: leave it out',
        "code": "not_supported",
        "env": "sandbox",
    }


def test_a_path_that_is_left_out_is_a_refusal_too(client: Any) -> None:
    from autumn_sdk.errors import AutumnError

    with pytest.raises(AutumnError) as refused:
        client.sandboxes.list(request={})
    assert (refused.value.status_code, json.loads(refused.value.body)["code"]) == (404, "not_supported")

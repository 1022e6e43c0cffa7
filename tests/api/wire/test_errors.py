"""Refusals as answers: status, body and headers, through a real Flask application."""

import json
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

import api.errors
from api.errors import STATUSES, refusal_answer, register_error_handlers, status_of
from api.wire.common import ErrorSchema, ProblemSchema
from api.wire.json import parse
from api.wire.operations import OPERATIONS
from api.wire.refusals import InvalidRows, UnsupportedMediaType
from api.wire.schema import check_answer
from api.wire.sdk_paths import SDK_PATHS
from ledger.core.errors import CustomerNotFound, NotSupported, Refusal

ROOT = Path(str(api.errors.__file__)).parents[1]
SECRET = "the password of the database"


class Overloaded(Refusal):
    code = "service_unavailable"


@pytest.fixture
def reports() -> list[Exception]:
    return []


@pytest.fixture
def app(reports: list[Exception]) -> Flask:
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 100
    register_error_handlers(app, env=lambda: "live", report=reports.append)

    @app.route("/refuse", methods=["GET", "POST"])
    def refuse() -> str:
        raise CustomerNotFound("acme")

    @app.post("/overloaded")
    def overloaded() -> str:
        raise Overloaded("Too much at once")

    @app.route("/break", methods=["GET", "POST"])
    def fail() -> str:
        raise KeyError(SECRET)

    @app.post("/read")
    def read() -> str:
        from flask import request

        return request.get_data(as_text=True)

    return app


def test_a_refusal_on_post_is_what_the_sdks_read(app: Flask) -> None:
    answer = app.test_client().post("/refuse")
    assert answer.status_code == 404
    assert answer.content_type == "application/json"
    assert answer.json == {
        "message": "Customer acme does not exist in this ledger", "code": "customer_not_found", "env": "live",
    }  # fmt: skip
    check_answer(ErrorSchema, parse(answer.data))


def test_a_refusal_on_get_is_a_problem_document(app: Flask) -> None:
    answer = app.test_client().get("/refuse")
    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"
    assert answer.json == {
        "type": "urn:tallystick:refusal:customer_not_found", "title": "Customer not found", "status": 404,
        "detail": "Customer acme does not exist in this ledger", "code": "customer_not_found", "env": "live",
    }  # fmt: skip
    check_answer(ProblemSchema, parse(answer.data))


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_nobody_foresaw_says_nothing_of_its_inside_and_is_reported_once(
    app: Flask, reports: list[Exception], method: str
) -> None:
    answer = app.test_client().open("/break", method=method)
    assert answer.status_code == 500
    assert json.loads(answer.data)["code"] == "internal_error"
    assert SECRET not in answer.text
    assert [repr(report) for report in reports] == [repr(KeyError(SECRET))]


def test_a_path_of_the_sdks_that_is_not_served_says_so(app: Flask) -> None:
    answer = app.test_client().post("/v1/rewards.create", json={})
    assert answer.status_code == 404
    assert answer.json is not None
    assert answer.json["code"] == "not_supported"
    assert "/v1/rewards.create is known to the SDKs and not offered" in answer.json["message"]


@pytest.mark.parametrize("path", ["/v1/customers.frobnicate", "/nowhere", "/v1/"])
def test_any_other_path_is_not_found(app: Flask, path: str) -> None:
    answer = app.test_client().post(path, json={})
    assert (answer.status_code, json.loads(answer.data)["code"]) == (404, "not_found")


def test_a_wrong_method_names_the_right_ones(app: Flask) -> None:
    answer = app.test_client().delete("/overloaded")
    assert (answer.status_code, json.loads(answer.data)["code"]) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "OPTIONS, POST"


def test_a_body_past_the_limit_is_413(app: Flask) -> None:
    answer = app.test_client().post("/read", data=b"x" * 101)
    assert (answer.status_code, json.loads(answer.data)["code"]) == (413, "body_too_large")


def test_an_overloaded_server_says_when_to_come_back(app: Flask) -> None:
    answer = app.test_client().post("/overloaded")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"


def test_a_batch_answers_with_the_result_of_every_bad_row(app: Flask) -> None:
    bad = {"index": 3, "status": 400, "code": "invalid_inputs", "message": "value was true"}
    with app.test_request_context():
        answer = refusal_answer(InvalidRows([bad], 4), env="sandbox", method="POST")
    body = parse(answer.data)
    check_answer(ErrorSchema, body)
    assert body["results"] == [bad]
    assert answer.status_code == 400


def test_a_field_left_out_is_400_and_a_media_type_415() -> None:
    assert status_of(NotSupported("x")) == 400
    assert status_of(UnsupportedMediaType("text/plain")) == 415
    assert status_of(type("New", (Refusal,), {"code": "brand_new"})("x")) == 400


def test_every_code_that_the_product_can_refuse_with_has_its_status_in_the_table() -> None:
    folders = [ROOT / name for name in ("ledger", "api", "projections", "replay")]
    sources = [source.read_text() for folder in folders for source in folder.rglob("*.py")]
    found = {code for source in sources for code in re.findall(r'^ +code(?:: .+)? = "(\w+)"$', source, re.MULTILINE)}
    assert found <= set(STATUSES)
    assert len(found) > 20


def test_every_code_of_an_operation_is_in_the_table() -> None:
    assert {code for operation in OPERATIONS.values() for code in operation.errors} <= set(STATUSES)


def test_the_paths_are_those_of_the_installed_sdk() -> None:
    found = find_spec("autumn_sdk")
    assert found is not None
    sources = Path(str(found.origin)).parent.glob("*.py")
    theirs: set[Any] = {path for source in sources for path in re.findall(r'path="(/v1/[^"]+)"', source.read_text())}
    assert theirs == SDK_PATHS
    assert len(SDK_PATHS) == 92
    assert {operation.path for operation in OPERATIONS.values() if not operation.ours} <= SDK_PATHS
    assert not {operation.path for operation in OPERATIONS.values() if operation.ours} & SDK_PATHS

"""What a careless or hostile caller sends over real HTTP: a status, a code, a sentence, and nothing written."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.sdk.conftest import code_of
from tests.sdk.shop import START, Shop, milliseconds
from tests.support.serving import Serving, command_line, with_secret

Head = Callable[[], int]
JSON = {"content-type": "application/json"}
TRACK = "/v1/balances.track"


def tracked(value: str) -> str:
    return f'{{"customer_id": "careless", "feature_id": "messages", "value": {value}}}'


@pytest.fixture(scope="module", autouse=True)
def careless(http: httpx.Client, features: None) -> None:
    """A customer that has what it sends about."""
    sent = {"customer_id": "careless"}
    assert http.post("/v1/customers.get_or_create", json=sent).status_code == 200
    granted = {**sent, "feature_id": "messages", "included_grant": 1_000}
    assert http.post("/v1/balances.create", json=granted).status_code == 200


@pytest.fixture
def writes_nothing(head: Head) -> Callable[[], Any]:
    @contextmanager
    def block() -> Iterator[None]:
        before = head()
        yield
        assert head() == before

    return block


@pytest.mark.parametrize(
    ("body", "status", "code", "words"),
    [
        pytest.param(tracked("NaN"), 400, "invalid_inputs", ["NaN"], id="NaN"),
        pytest.param(tracked("Infinity"), 400, "invalid_inputs", ["Infinity"], id="Infinity"),
        pytest.param(tracked("-Infinity"), 400, "invalid_inputs", ["Infinity"], id="-Infinity"),
        pytest.param(tracked("1e400"), 400, "invalid_inputs", ["value", "1E+400"], id="1e400"),
        pytest.param(tracked("1" * 40), 400, "invalid_inputs", ["number"], id="40 digits"),
        pytest.param(tracked("1e99999999999999999999"), 400, "invalid_inputs", ["value"], id="endless exponent"),
        pytest.param(tracked("1e-30"), 400, "invalid_inputs", ["value"], id="too small to count"),
        pytest.param(tracked('"5"'), 400, "invalid_inputs", ["value", '"5"', "number"], id="a text for a number"),
        pytest.param(tracked("true"), 400, "invalid_inputs", ["value", "true"], id="a truth for a number"),
        pytest.param(tracked("[" * 5_000 + "]" * 5_000), 400, "invalid_inputs", ["deep"], id="deep lists"),
        pytest.param('{"a":' * 100_000 + "1" + "}" * 100_000, 400, "invalid_inputs", ["deep"], id="deep objects"),
        pytest.param(" " * 999_999, 400, "invalid_inputs", ["JSON"], id="a megabyte of nothing"),
        pytest.param("[" + "0," * 600_000 + "0]", 413, "body_too_large", ["1,000,000"], id="more than a megabyte"),
        pytest.param(b'{"customer_id": "\xff\xfe"}', 400, "invalid_inputs", ["UTF-8"], id="bad UTF-8"),
        pytest.param('{"customer_id": "a\\u0000b", "feature_id": "f"}', 400, "invalid_inputs", ["NUL"], id="NUL"),
        pytest.param('{"customer_id": "\\ud800"}', 400, "invalid_inputs", [], id="half a surrogate pair"),
        pytest.param('{"customer_id": ', 400, "invalid_inputs", ["JSON"], id="half a body"),
        pytest.param("[]", 400, "invalid_inputs", ["object"], id="a list"),
        pytest.param("null", 400, "invalid_inputs", ["object"], id="null"),
        pytest.param("{}", 400, "invalid_inputs", ["customer_id"], id="nothing"),
        pytest.param('{"customer_id": "c", "customer_id": "d"}', 400, "invalid_inputs", ["twice"], id="a field twice"),
        pytest.param(
            '{"customer_id": "careless", "feature_id": "messages", "valu": 3}',
            400, "invalid_inputs", ["valu", "did you mean value"], id="an unknown field",
        ),
        pytest.param(
            '{"customer_id": "' + "c" * 256 + '", "feature_id": "messages"}',
            400, "invalid_inputs", ["customer_id", "255"], id="a long id",
        ),
    ],
)  # fmt: skip
def test_a_body_that_cannot_be_meant_is_refused(
    http: httpx.Client, writes_nothing: Any, body: str | bytes, status: int, code: str, words: list[str]
) -> None:
    with writes_nothing():
        answer = http.post(TRACK, content=body, headers=JSON)
    assert (answer.status_code, code_of(answer)) == (status, code), answer.text
    for word in words:
        assert word in answer.json()["message"], answer.text


@pytest.mark.parametrize(
    ("path", "sent", "code", "name"),
    [
        (TRACK, {"customer_id": "nobody", "feature_id": "messages"}, "customer_not_found", "nobody"),
        (TRACK, {"customer_id": "careless", "feature_id": "none"}, "feature_not_found", "none"),
        (TRACK, {"customer_id": "careless", "event_name": "silence"}, "feature_not_found", "silence"),
        (TRACK, {"customer_id": "careless", "feature_id": "messages", "entity_id": "e"}, "entity_not_found", "e"),
        ("/v1/billing.attach", {"customer_id": "careless", "plan_id": "none"}, "product_not_found", "none"),
        ("/v1/billing.attach", {"customer_id": "nobody", "plan_id": "none"}, "customer_not_found", "nobody"),
        ("/v1/entities.delete", {"customer_id": "careless", "entity_id": "none"}, "entity_not_found", "none"),
        ("/v1/entities.create", {"customer_id": "careless", "feature_id": "none", "entity_id": "e"},
         "feature_not_found", "none"),
        ("/v1/customers.update", {"customer_id": "nobody", "name": "N"}, "customer_not_found", "nobody"),
        ("/v1/sandboxes.create", {}, "not_supported", "sandboxes.create"),
        ("/v1/balances.conjure", {}, "not_found", "path"),
    ],
)  # fmt: skip
def test_what_does_not_exist_is_named(
    http: httpx.Client, writes_nothing: Any, path: str, sent: dict[str, Any], code: str, name: str
) -> None:
    with writes_nothing():
        answer = http.post(path, json=sent)
    assert (answer.status_code, code_of(answer)) == (404, code), answer.text
    assert name in answer.json()["message"]


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1"]
)
def test_a_body_that_does_not_say_it_is_json_is_refused(
    http: httpx.Client, writes_nothing: Any, content_type: str
) -> None:
    with writes_nothing():
        answer = http.post(TRACK, content=tracked("1"), headers={"content-type": content_type})
    assert (answer.status_code, code_of(answer)) == (415, "unsupported_media_type")


@pytest.mark.parametrize("verb", ["GET", "PUT", "DELETE", "PATCH"])
def test_another_verb_is_told_which_one_is_served(http: httpx.Client, writes_nothing: Any, verb: str) -> None:
    with writes_nothing():
        answer = http.request(verb, TRACK)
    assert (answer.status_code, code_of(answer), answer.headers["allow"]) == (405, "method_not_allowed", "POST")


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "no_auth_header"),
        ("Basic dXNlcjpwYXNz", "no_secret_key"),
        ("Bearer", "no_secret_key"),
        ("Bearer am_sk_test_unknown", "invalid_secret_key"),
        ("Bearer " + "k" * 10_000, "invalid_secret_key"),
    ],
)
def test_nobody_comes_in_without_a_key(server: Serving, writes_nothing: Any, header: str | None, code: str) -> None:
    headers = JSON if header is None else {**JSON, "authorization": header}
    with writes_nothing():
        answer = httpx.post(server.url + TRACK, content=tracked("1"), headers=headers)
    assert (answer.status_code, code_of(answer)) == (401, code)


def test_a_read_key_reads_and_does_not_write(server: Serving, writes_nothing: Any) -> None:
    made = command_line(server.data_dir, "keys", "create", "--ledger", "main", "--name", "reader", "--role", "read")
    secret = made.strip()
    sent = {"customer_id": "careless", "feature_id": "messages"}
    with httpx.Client(base_url=server.url, headers=with_secret(secret=secret)) as reader, writes_nothing():
        assert reader.post("/v1/balances.check", json=sent).json()["allowed"] is True
        assert reader.post("/v1/customers.get", json={"customer_id": "careless"}).status_code == 200
        for path, body in (
            (TRACK, sent),
            ("/v1/balances.check", {**sent, "send_event": True}),
            ("/v1/balances.batch_track", [sent]),
            ("/v1/customers.get_or_create", {"customer_id": "by a reader"}),
            ("/v1/features.create", {"feature_id": "f", "name": "F", "type": "boolean"}),
        ):
            answer = reader.post(path, json=body)
            assert (answer.status_code, code_of(answer)) == (403, "insufficient_scope"), path
            assert "reader" in answer.json()["message"]


def test_the_same_id_created_by_fifty_at_once_is_one_customer(http: httpx.Client, server: Serving, head: Head) -> None:
    before = head()
    sent = {"customer_id": "wanted by fifty", "email": "fifty@acme.test"}

    def create(_: int) -> tuple[int, int]:
        answer = httpx.post(server.url + "/v1/customers.get_or_create", json=sent, headers=with_secret(), timeout=30)
        return answer.status_code, answer.json()["created_at"]

    with ThreadPoolExecutor(50) as pool:
        answers = set(pool.map(create, range(50)))
    assert len(answers) == 1
    assert answers.pop()[0] == 200
    assert head() == before + 1


@pytest.mark.parametrize(
    ("path", "sent", "word"),
    [
        ("/v1/customers.get_or_create", {"customer_id": None}, "email"),
        ("/v1/customers.get_or_create", {"customer_id": "c", "email": "no address"}, "email"),
        ("/v1/customers.get_or_create", {"customer_id": "c", "metadata": {str(n): n for n in range(501)}}, "metadata"),
        ("/v1/customers.get_or_create", {"customer_id": "c", "metadata": {"k": "v" * 5_001}}, "metadata"),
        ("/v1/customers.list", {"limit": 0}, "limit"),
        ("/v1/customers.list", {"limit": 5_001}, "limit"),
        ("/v1/balances.batch_track", [], "1 to 1000"),
        ("/v1/balances.batch_track", [{}] * 1_001, "1 to 1000"),
        ("/v1/balances.update", {"customer_id": "careless", "feature_id": "messages", "remaining": -1}, "remaining"),
        ("/v1/balances.update", {"customer_id": "careless", "feature_id": "messages"}, "add_to_balance"),
        ("/v1/customers.advance_test_clock", {"customer_id": "careless", "frozen_time": 0.5}, "frozen_time"),
        ("/v1/customers.advance_test_clock", {"customer_id": "careless", "frozen_time": 10**20}, "frozen_time"),
        ("/v1/billing.update", {"customer_id": "careless", "plan_id": "p", "cancel_action": "now"}, "cancel_action"),
    ],
)
def test_a_field_beyond_its_limit_is_named(
    http: httpx.Client, writes_nothing: Any, path: str, sent: Any, word: str
) -> None:
    with writes_nothing():
        answer = http.post(path, json=sent)
    assert (answer.status_code, code_of(answer)) == (400, "invalid_inputs"), answer.text
    assert word in answer.json()["message"]


def test_a_clock_does_not_go_back(http: httpx.Client, shop: Shop, writes_nothing: Any) -> None:
    customer = shop.customer()
    customer.grant("messages", 5)
    back = START - timedelta(seconds=1)
    with writes_nothing():
        moved = http.post(
            "/v1/customers.advance_test_clock",
            json={"customer_id": customer.customer_id, "frozen_time": milliseconds(back)},
        )
        used = http.post(
            TRACK,
            json={"customer_id": customer.customer_id, "feature_id": "messages"},
            headers={"Tallystick-Now": back.isoformat()},
        )
    for answer in (moved, used):
        assert (answer.status_code, code_of(answer)) == (400, "invalid_request"), answer.text
        assert "forward" in answer.json()["message"] or "back" in answer.json()["message"]


def test_another_request_under_a_known_key_is_refused(http: httpx.Client, head: Head) -> None:
    sent = {"customer_id": "careless", "feature_id": "messages", "value": 1}
    key = {"Idempotency-Key": "one request"}
    first = http.post(TRACK, json=sent, headers=key)
    position = head()
    again = http.post(TRACK, json=sent, headers=key)
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (first.json(), "true")
    other = http.post(TRACK, json={**sent, "value": 2}, headers=key)
    assert (other.status_code, code_of(other)) == (409, "duplicate_idempotency_key")
    assert head() == position

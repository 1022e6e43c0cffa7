"""A request that cannot be read, or that its sender may not make, is refused, and nothing is written."""

import pytest

from api.keys import list_keys, revoke_key
from api.wire import limits
from ledger.core.settings import Role
from tests.api.client import TESTER, Api, Ledgers, refused


@pytest.mark.parametrize("operation", ["balances.track", "customers.get_or_create", "plans.create"])
@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "invalid_inputs"),
        (b"[]", 400, "invalid_inputs"),
        (b"null", 400, "invalid_inputs"),
        (b'"text"', 400, "invalid_inputs"),
        (b"{}{}", 400, "invalid_inputs"),
        (b'{"customer_id":"a","customer_id":"b"}', 400, "invalid_inputs"),
        (b'{"customer_id":"\xff\xfe"}', 400, "invalid_inputs"),
        (b'{"customer_id":"a\\u0000b"}', 400, "invalid_inputs"),
        (b'{"customer_id":"a\x00b"}', 400, "invalid_inputs"),
        (b'{"customer_id":"\\ud800"}', 400, "invalid_inputs"),
        (b'{"metadata":' * 40 + b"1" + b"}" * 40, 400, "invalid_inputs"),
        (b"[" * 100_000, 400, "invalid_inputs"),
        (b'{"metadata":{"a":"' + b"x" * limits.BODY_BYTES + b'"}}', 413, "body_too_large"),
        (b" " * 5_000_000, 413, "body_too_large"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(acme: Api, operation: str, body: bytes, status: int, code: str) -> None:
    with refused(acme, status, code):
        acme.raw(f"/v1/{operation}", body)


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", None, "multipart/form-data"]
)
def test_a_body_must_say_that_it_is_json(acme: Api, content_type: str | None) -> None:
    body = b'{"customer_id":"acme","feature_id":"messages"}'
    with refused(acme, 415, "unsupported_media_type", "application/json"):
        acme.raw("/v1/balances.track", body, content_type=content_type)


def test_an_empty_body_needs_no_content_type(acme: Api) -> None:
    assert len(acme.raw("/v1/features.list", b"", content_type=None)["list"]) == 3


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_a_wrong_verb_is_told_the_right_one(acme: Api, method: str) -> None:
    with refused(acme, 405, "method_not_allowed", "POST"):
        acme.raw("/v1/balances.track", b"", method=method)
    assert acme.last is not None
    assert acme.last.headers["Allow"] == "POST"


def test_paths_of_the_sdks_that_are_not_offered_say_so(acme: Api) -> None:
    with refused(acme, 404, "not_supported"):
        acme("rewards.redeem")
    with refused(acme, 404, "not_found"):
        acme("balances.guess")


def test_fields_of_the_sdks_that_are_not_offered_say_so(acme: Api) -> None:
    with refused(acme, 400, "not_supported", "with_preview"):
        acme("balances.check", customer_id="acme", feature_id="messages", with_preview=True)
    with refused(acme, 400, "not_supported", "tax_rate_id"):
        acme("billing.attach", customer_id="acme", plan_id="pro", tax_rate_id="txr_1")


def test_a_key_must_be_sent_known_and_not_revoked(acme: Api, ledgers: Ledgers) -> None:
    with refused(acme, 401, "invalid_secret_key"):
        acme("features.list", {"Authorization": "Bearer am_sk_test_unknown"})
    with refused(acme, 401, "no_secret_key"):
        acme("features.list", {"Authorization": "Basic abc"})
    with refused(acme, 401, "no_secret_key"):
        acme("features.list", {"Authorization": "Bearer "})
    response = acme.app.test_client().post("/v1/features.list")
    assert (response.status_code, response.get_json()["code"]) == (401, "no_auth_header")

    other = ledgers.key(acme, Role.WRITE, "short-lived")
    other("features.list")
    key_id = next(key.key_id for key in list_keys(acme.store, acme.ledger_id, by=TESTER) if key.name == "short-lived")
    revoke_key(acme.store, acme.ledger_id, key_id, by=TESTER)
    with refused(other, 401, "invalid_secret_key"):
        other("features.list")


def test_a_read_key_reads_and_does_not_write(acme: Api, ledgers: Ledgers) -> None:
    reader = ledgers.key(acme, Role.READ, "reader")

    assert reader("customers.get", customer_id="acme")["id"] == "acme"
    assert reader("balances.check", customer_id="acme", feature_id="messages")["allowed"] is True
    with refused(reader, 403, "insufficient_scope", "write"):
        reader("balances.track", customer_id="acme", feature_id="messages")
    with refused(reader, 403, "insufficient_scope", "write"):
        reader("balances.check", customer_id="acme", feature_id="messages", send_event=True)
    with refused(reader, 403, "insufficient_scope", "write"):
        reader("customers.get_or_create", customer_id="new")


@pytest.mark.parametrize("version", ["1.2", "2.2.9", "2.6.0", "3", "latest", "2.5.0; drop", "2.5.0.1", ""])
def test_an_unknown_api_version_is_refused(acme: Api, version: str) -> None:
    with refused(acme, 400, "invalid_api_version", "2.5.0"):
        acme("features.list", {"x-api-version": version})


@pytest.mark.parametrize("version", ["2.3.0", "2.4.0", "2.5.0", "2.5"])
def test_the_versions_of_the_sdks_are_accepted(acme: Api, version: str) -> None:
    assert acme("features.list", {"x-api-version": version})["list"]


@pytest.mark.parametrize("header", ["Tallystick-Actor", "Tallystick-Reason", "Idempotency-Key"])
def test_a_header_that_is_too_long_or_not_text_is_refused(acme: Api, header: str) -> None:
    for value in ("x" * 2_001, "", "\xff\xfe", "a\tb"):
        with refused(acme, 400, "invalid_inputs", header):
            acme("balances.track", {header: value}, customer_id="acme", feature_id="messages")

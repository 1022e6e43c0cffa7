"""Bodies that are refused: every bad field is named, with what it was and must be."""

import json
from typing import Any

import pytest

from api.wire import limits
from api.wire.json import parse
from api.wire.operations import OPERATIONS
from api.wire.refusals import InvalidInputs, InvalidRows
from api.wire.schema import load
from ledger.core.errors import NotSupported, Refusal
from tests.api.wire.samples import NEXT_MONTH, NOW

TRACK = OPERATIONS["balances.track"]
BATCH = OPERATIONS["balances.batch_track"]
ACME = {"customer_id": "acme"}
TEAM = {"plan_id": "team"}
CALLS = {"feature_id": "calls"}
EXPORTS = {**ACME, "feature_id": "exports"}


def wire(body: Any) -> Any:
    return parse(json.dumps(body).encode())


def refused(name: str, body: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        load(OPERATIONS[name].request, wire(body))
    return caught.value


def test_every_bad_field_is_named_with_what_it_was_and_must_be() -> None:
    refusal = refused("balances.track", {"customer_id": 7, "value": "5", "async": 1, "colour": "red", "feature": "x"})
    assert isinstance(refusal, InvalidInputs)
    assert refusal.problems == {
        "customer_id": "was 7 and must be text of 1 to 255 visible characters without spaces around it",
        "value": 'was "5" (text) and must be a number, at most 10^15 from zero, with at most 12 places',
        "async": "was 1 and must be true or false",
        "colour": "is not a field here",
        "feature": "is not a field here; did you mean feature_id?",
    }
    assert all(f"{path} {what}" in refusal.sentence for path, what in refusal.problems.items())
    assert refusal.code == "invalid_inputs"


def test_a_field_inside_a_list_is_named_by_its_path() -> None:
    items = [{"feature_id": "a"}, {"feature_id": "b", "price": {"amount": -1, "interval": "day"}}]
    refusal = refused("plans.create", {"plan_id": "p", "name": "P", "items": items})
    assert isinstance(refusal, InvalidInputs)
    assert set(refusal.problems) == {"items.1.price.amount", "items.1.price.interval", "items.1.price.billing_method"}


@pytest.mark.parametrize("body", [[], "text", 5, None, True])
def test_a_body_that_is_no_object_is_refused(body: Any) -> None:
    assert "The body was" in refused("customers.get", body).sentence


@pytest.mark.parametrize("name", sorted(set(OPERATIONS) - {"features.list"}))
def test_a_missing_required_field_is_named(name: str) -> None:
    required = [field.data_key or key for key, field in OPERATIONS[name].request().fields.items() if field.required]
    if required:
        sentence = refused(name, {}).sentence
        assert all(f"{field} was not sent and must be" in sentence for field in required)
    else:
        assert isinstance(load(OPERATIONS[name].request, {}), dict)


def test_a_long_list_of_problems_is_cut_and_counted() -> None:
    sentence = refused(
        "customers.get", {"customer_id": "acme", **{f"field_{number}": 1 for number in range(50)}}
    ).sentence
    assert "and 30 fields more" in sentence
    assert sentence.count("is not a field here") == limits.PROBLEMS_SHOWN


@pytest.mark.parametrize(
    ("name", "body", "field"),
    [
        ("customers.get_or_create", {**ACME, "create_in_stripe": True}, "create_in_stripe"),
        ("customers.get_or_create", {**ACME, "stripe_id": "cus_123"}, "stripe_id"),
        ("customers.get_or_create", {**ACME, "expand": ["rewards"]}, "expand.0"),
        ("customers.list", {"processors": ["stripe"]}, "processors"),
        ("plans.create", {"plan_id": "p", "name": "P", "licenses": [{"license_plan_id": "x"}]}, "licenses"),
        ("features.create", {"feature_id": "f", "name": "F", "type": "ai_credit_system"}, "type"),
        ("billing.attach", {**ACME, "plan_id": "p", "tax": {"automatic_tax": {"enabled": True}}}, "tax"),
        ("billing.attach", {**ACME, "plan_id": "p", "tax_rate_id": "txr_1"}, "tax_rate_id"),
        ("billing.attach", {**ACME, "plan_id": "p", "processor_subscription_id": "sub_1"}, "processor_subscription_id"),
        ("billing.attach", {**ACME, "plan_id": "p", "redirect_mode": "always"}, "redirect_mode"),
        ("billing.update", {**ACME, "plan_id": "p", "license_quantities": [{"a": 1}]}, "license_quantities"),
        ("balances.check", {**EXPORTS, "with_preview": True}, "with_preview"),
        ("features.update", {"feature_id": "f", "new_feature_id": "g"}, "new_feature_id"),
        ("billing.update", {**ACME, "plan_id": "p", "subscription_params": {"a": 1}}, "subscription_params"),
        ("invoices.create", {**ACME, "plans": [{"plan_id": "p"}], "tax_rate_id": "txr_1"}, "tax_rate_id"),
    ],
)
def test_what_the_sdk_knows_and_we_leave_out_is_not_supported(name: str, body: dict[str, Any], field: str) -> None:
    refusal = refused(name, body)
    assert isinstance(refusal, NotSupported)
    assert refusal.code == "not_supported"
    assert refusal.sentence.startswith(f"{field} ")


def test_a_wrong_field_beside_one_that_is_left_out_is_the_first_thing_to_repair() -> None:
    refusal = refused("billing.attach", {**ACME, "tax_rate_id": "txr_1"})
    assert isinstance(refusal, InvalidInputs)
    assert set(refusal.problems) == {"plan_id", "tax_rate_id"}


@pytest.mark.parametrize(
    ("name", "body", "field"),
    [
        ("balances.create", {**EXPORTS, "included_grant": 1, "unlimited": True}, "included_grant"),
        ("balances.create", {**EXPORTS, "reset": {"interval": "month"}, "expires_at": NOW}, "expires_at"),
        ("balances.check", {**EXPORTS, "lock": {"lock_id": "job-1", "enabled": False}}, "lock.enabled"),
        ("features.create", {"feature_id": "f", "name": "F", "type": "credit_system"}, "credit_schema"),
        ("events.list", {"range": "7d", "custom_range": {"start": NOW}}, "custom_range"),
        ("balances.update", EXPORTS, "remaining"),
        ("balances.update", {**EXPORTS, "remaining": 1, "add_to_balance": 1}, "add_to_balance"),
        ("balances.update", {**EXPORTS, "usage": 1, "remaining": 1}, "usage"),
        ("balances.update", {**EXPORTS, "add_to_balance": 0}, "add_to_balance"),
        ("balances.delete", ACME, "feature_id"),
        ("billing.update", ACME, "plan_id"),
        ("subscriptions.list", {"entity_id": "desk-1"}, "customer_id"),
        ("invoices.list", {"entity_id": "desk-1"}, "customer_id"),
        ("events.list", {"custom_range": {"start": NEXT_MONTH, "end": NOW}}, "custom_range.end"),
        ("features.create", {"feature_id": "f", "name": "F", "type": "boolean", "consumable": True}, "consumable"),
        ("plans.update", {"plan_id": "p", "force_version": True, "disable_version": True}, "force_version"),
        ("plans.update", {**TEAM, "items": [{**CALLS, "unlimited": True, "included": 1}]}, "items.0.unlimited"),
        ("plans.update", {**TEAM, "items": [{**CALLS, "price": {"interval": "year", "billing_method": "prepaid"}}]},
         "items.0.price.amount"),
        ("customers.list", {"limit": 0}, "limit"),
        ("customers.list", {"limit": 5001}, "limit"),
        ("balances.list", {"limit": 201}, "limit"),
    ],
)  # fmt: skip
def test_fields_that_contradict_each_other_are_refused(name: str, body: dict[str, Any], field: str) -> None:
    refusal = refused(name, body)
    assert isinstance(refusal, InvalidInputs)
    assert list(refusal.problems) == [field]


@pytest.mark.parametrize("body", [ACME, {**EXPORTS, "event_name": "export.done"}])
def test_a_use_names_one_feature_or_one_event(body: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputs, match="exactly one of feature_id and event_name"):
        TRACK.read(wire(body))


@pytest.mark.parametrize("number", ["1e400", "1" * 40, "1e-400", "1e99999999999999999999"])
def test_a_number_that_cannot_be_kept_names_its_field(number: str) -> None:
    with pytest.raises(InvalidInputs, match=r"^value was .* and must be a number"):
        TRACK.read(parse(b'{"customer_id":"acme","feature_id":"exports","value":%s}' % number.encode()))


def test_a_batch_names_every_bad_row_and_takes_none() -> None:
    rows = [EXPORTS, {**EXPORTS, "value": "x"}, ACME, "row", {**EXPORTS, "with": 1}]
    with pytest.raises(InvalidRows) as caught:
        BATCH.read(wire(rows))
    assert [(result["index"], result["status"], result["code"]) for result in caught.value.results] == [
        (1, 400, "invalid_inputs"), (2, 400, "invalid_inputs"), (3, 400, "invalid_inputs"), (4, 400, "invalid_inputs"),
    ]  # fmt: skip
    assert "value was" in caught.value.results[0]["message"]
    assert "4 of 5 rows are wrong and none was taken; the first, row 1: value was" in caught.value.sentence


def test_a_good_batch_is_read_row_by_row() -> None:
    assert BATCH.read(wire([EXPORTS, {**EXPORTS, "idempotency_key": "k"}])) == [
        EXPORTS,
        {**EXPORTS, "idempotency_key": "k"},
    ]


@pytest.mark.parametrize("body", [{}, [], [EXPORTS] * (limits.BATCH_ROWS + 1), "rows"])
def test_a_batch_is_a_list_of_one_to_a_thousand(body: Any) -> None:
    with pytest.raises(InvalidInputs, match="must be a list of 1 to 1000 objects"):
        BATCH.read(wire(body))


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({**EXPORTS, "value": True}, "value was true"),
        ({**EXPORTS, "properties": []}, "properties was a list of 0"),
        ({**EXPORTS, "timestamp": "now"}, "timestamp was"),
        ({**EXPORTS, "overage_behavior": "reject"}, "overage_behavior was"),
        ({**EXPORTS, "entity_id": ""}, "entity_id was"),
        ({**EXPORTS, "async": None}, "async was null"),
    ],
)
def test_the_quick_way_refuses_what_the_long_way_refuses(body: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidInputs, match=problem):
        TRACK.read(wire(body))

"""The description of GET: every read with its answer, its parameters and its formats."""

import json
from typing import Any

import pytest
from marshmallow import ValidationError

from api.app import SERVED
from api.exports.choosing import media_types, parameters_of
from api.reads.describing import parameter
from api.reads.documents import openapi
from api.reads.query import family, repeated, text
from api.reads.resource import Resource
from api.reads.resources import RESOURCES
from api.wire.common import ProblemSchema
from api.wire.reading.answers import ANSWERS
from api.wire.reading.fields import Data, Day, Instant, Position, Said
from api.wire.schema import check_answer
from tests.api.wire.test_openapi import walk

DOCUMENT = openapi(SERVED)
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
BY_NAME = [pytest.param(each, id=each.name) for each in RESOURCES]


def described(resource: Resource) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENT["paths"][resource.path]["get"]
    return found


def test_every_read_has_an_answer_and_no_other_has() -> None:
    assert ANSWERS.keys() == {each.name for each in RESOURCES}


def test_every_component_is_described_and_every_reference_leads_to_one() -> None:
    for reference in {each["$ref"] for each in walk(DOCUMENT) if "$ref" in each}:
        section, name = reference.removeprefix("#/components/").split("/")
        assert name in DOCUMENT["components"][section]
    assert all(each["description"] and each["additionalProperties"] is False for each in SCHEMAS.values())
    assert not [name for name in SCHEMAS if name[-1].isdigit()]


@pytest.mark.parametrize("resource", BY_NAME)
def test_a_read_names_what_it_answers_with(resource: Resource) -> None:
    content = described(resource)["responses"]["200"]["content"]
    name = ANSWERS[resource.name].schema.__name__.removesuffix("Schema")
    assert content[resource.media_type]["schema"] == {"$ref": f"#/components/schemas/{name}"}
    assert list(content) == list(media_types(resource))
    if resource.export is not None:
        assert list(content["text/csv"]["x-columns"]) == [each.name for each in resource.export.columns]


@pytest.mark.parametrize("resource", BY_NAME)
def test_a_read_names_all_that_it_is_asked_by(resource: Resource) -> None:
    found = {(each["in"], each["name"]) for each in described(resource)["parameters"]}
    asked = {("query", each.name.removesuffix(".*")) for each in parameters_of(resource)}
    in_path = {("path", "customer_id")} if "{customer_id}" in resource.path else set()
    assert found == asked | in_path | {("header", "Ledger-Allow-Stale")}


@pytest.mark.parametrize("resource", BY_NAME)
def test_a_read_names_what_it_refuses(resource: Resource) -> None:
    responses = described(resource)["responses"]
    assert {"200", "400", "401", "406", "500", "503"} <= responses.keys()
    for code in ANSWERS[resource.name].errors:
        assert any(code in each["description"] for each in responses.values())
    if resource.export is not None:
        assert "too_many_exports" in responses["503"]["description"]
    assert list(responses["400"]["content"]) == ["application/problem+json"]


def test_a_repeated_parameter_is_a_list_and_a_family_an_object_of_names() -> None:
    one = text("plan", "Only these plans.", 20)
    assert parameter(repeated(one))["schema"] == {"type": "array", "items": one.schema}
    found = parameter(family(text("metadata", "Custom properties.", 20)))
    assert (found["name"], found["style"], found["explode"]) == ("metadata", "form", True)
    assert found["schema"] == {
        "type": "object", "patternProperties": {r"^metadata\..+$": one.schema}, "additionalProperties": False,
    }  # fmt: skip


def test_what_machines_ask_needs_no_key() -> None:
    for path in ("/healthz", "/readyz", "/metrics", "/openapi.json", "/docs"):
        assert DOCUMENT["paths"][path]["get"]["security"] == []


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        (Instant(), "2026-01-31T12:00:00.005Z", ["2026-01-31T12:00:00", "2026-01-31", 5, "soonZ", ""]),
        (Day(), "2026-01-31", ["2026-1-31", "2026-01-31T00:00:00Z", 5]),
        (Position(), 1, [0, -1, "1", 1.0, 2**63, True]),
        (Said(), "", [5, None, ["x"]]),
        (Data(), {"a": 1}, [[], "x", 5]),
    ],
    ids=lambda each: type(each).__name__,
)
def test_a_field_of_an_answer_takes_what_it_is_and_nothing_else(field: Any, good: Any, bad: list[Any]) -> None:
    assert field.deserialize(good) is not None
    for each in bad:
        with pytest.raises(ValidationError, match="must be"):
            field.deserialize(each)


def test_an_answer_that_is_not_as_described_is_noticed() -> None:
    problem = {"type": "urn:x", "title": "X", "status": 400, "detail": "x", "code": "x", "env": "sandbox"}
    check_answer(ProblemSchema, json.loads(json.dumps(problem)))
    with pytest.raises(AssertionError, match="list was not sent"):
        check_answer(ANSWERS["reads.timeline"].schema, {"next_cursor": None})
    with pytest.raises(AssertionError, match="more is not a field here"):
        check_answer(ANSWERS["reads.views"].schema, {"list": [], "more": 1})

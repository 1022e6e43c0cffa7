"""The generated document: valid, complete, and the same as what is served."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from api.errors import STATUSES
from api.wire.fields import WireField
from api.wire.json import render
from api.wire.nesting import Shape
from api.wire.openapi import document
from api.wire.operations import OPERATIONS
from api.wire.schema import WireSchema

DOCUMENT = document()
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]


def walk(value: Any) -> Iterator[dict[str, Any]]:
    """Every object inside the document."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner)


def all_schemas(of: type[WireSchema]) -> Iterator[type[WireSchema]]:
    for each in of.__subclasses__():
        yield each
        yield from all_schemas(each)


def test_it_is_openapi_3_1_and_plain_json() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    assert json.loads(render(DOCUMENT)) == json.loads(json.dumps(DOCUMENT))


def test_every_operation_is_described_and_no_other() -> None:
    described = {path: item["post"]["operationId"] for path, item in DOCUMENT["paths"].items()}
    assert described == {operation.path: name for name, operation in OPERATIONS.items()}


def test_only_what_is_served_is_described() -> None:
    served = document([OPERATIONS["features.get"]])
    assert list(served["paths"]) == ["/v1/features.get"]
    assert "FeatureAnswer" in served["components"]["schemas"]
    assert "Attach" not in served["components"]["schemas"]


def test_every_reference_leads_somewhere() -> None:
    references = {each["$ref"] for each in walk(DOCUMENT) if "$ref" in each}
    assert references
    for reference in references:
        _, *steps = reference.split("/")
        place: Any = DOCUMENT
        for step in steps:
            place = place[step]


def test_no_component_stands_for_two_schemas() -> None:
    names = [each.__name__ for each in set(all_schemas(WireSchema)) if each.__module__.startswith("api.")]
    assert len(names) == len(set(names))
    assert not [name for name in SCHEMAS if name[-1].isdigit()]


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_a_component_is_described_closed_and_its_required_fields_exist(name: str) -> None:
    component = SCHEMAS[name]
    assert component["description"]
    assert component["additionalProperties"] is False
    assert set(component.get("required", [])) <= set(component["properties"])
    for field, schema in component["properties"].items():
        assert schema.keys() & {"type", "$ref", "anyOf", "enum"}, f"{name}.{field} says nothing of its type"


def test_required_and_nullable_fields_are_said_to_be_so() -> None:
    for operation in OPERATIONS.values():
        for schema in (operation.request(), operation.response()):
            component = SCHEMAS[type(schema).__name__.removesuffix("Schema")]
            for attribute, field in schema.fields.items():
                key = field.data_key or attribute
                assert (key in component.get("required", [])) == field.required
                if field.allow_none and isinstance(field, WireField | Shape):
                    assert "null" in json.dumps(component["properties"][key]), f"{operation.name} {key}"


def test_every_error_code_of_an_operation_has_a_status_and_is_described() -> None:
    for operation in OPERATIONS.values():
        responses = DOCUMENT["paths"][operation.path]["post"]["responses"]
        for code in operation.errors:
            assert code in responses[str(int(STATUSES[code]))]["description"]
        assert {str(int(status)) for status in operation.statuses} <= set(responses)


def test_paths_of_other_parts_can_be_added() -> None:
    item = {"get": {"operationId": "timeline", "responses": {"200": {"description": "OK"}}}}
    assert document(extra_paths={"/v1/timeline": item})["paths"]["/v1/timeline"] == item


def test_the_body_of_a_batch_is_a_list() -> None:
    body = DOCUMENT["paths"]["/v1/balances.batch_track"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body == {
        "type": "array",
        "items": {"$ref": "#/components/schemas/BatchTrackRow"},
        "minItems": 1,
        "maxItems": 1000,
    }

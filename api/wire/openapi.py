"""The OpenAPI 3.1 document, generated from the operations and their schemas."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from marshmallow import Schema
from marshmallow.fields import Field

from api.errors import STATUSES
from api.wire import limits
from api.wire.common import ErrorSchema, ProblemSchema
from api.wire.fields import JsonSchema, WireField
from api.wire.nesting import ListOf, MapOf, OneOf
from api.wire.operations import OPERATIONS, Operation

OPENAPI_VERSION: Final = "3.1.0"
EVERY_PATH_MAY_ANSWER: Final = (
    "invalid_inputs", "invalid_request", "not_supported", "invalid_secret_key", "forbidden", "body_too_large",
    "unsupported_media_type", "service_unavailable",
)  # fmt: skip
WRITES_MAY_ANSWER: Final = ("reason_required", "duplicate_idempotency_key")

_HEADERS: Final[Mapping[str, tuple[str, JsonSchema, bool]]] = {
    "Idempotency-Key": (
        "The same write sent again under the same key gets the first answer again, for 30 days.",
        {"type": "string", "minLength": 1, "maxLength": limits.IDEMPOTENCY_KEY_CHARS},
        True,
    ),
    "Tallystick-Actor": ("Whom the caller acts for; recorded beside the caller.", {"type": "string"}, True),
    "Tallystick-Reason": ("Why; recorded on every event of the request.", {"type": "string"}, True),
    "Tallystick-Now": (
        "Sandbox only: the business time of this command.",
        {"type": "string", "format": "date-time"},
        True,
    ),
    "Tallystick-Backdate": (
        "Where it is true, use from before the open period corrects the period that it falls in.",
        {"type": "string", "enum": ["true", "false"]},
        True,
    ),
    "x-api-version": (
        "The version of the wire that the client speaks: 2.3.0 to 2.5.0.",
        {"type": "string", "pattern": r"^2\.([34](\.[0-9]{1,4})?|5(\.0)?)$"},
        False,
    ),
}


def document(
    operations: Iterable[Operation] = OPERATIONS.values(),
    *,
    title: str = "Tallystick",
    version: str = "1",
    extra_paths: Mapping[str, Any] | None = None,
) -> JsonSchema:
    """The document as plain data, of the operations that are served.

    `extra_paths` are path items of other parts, such as the reads for people.
    """
    plugin = MarshmallowPlugin(schema_name_resolver=_name)
    spec = APISpec(title=title, version=version, openapi_version=OPENAPI_VERSION, plugins=[plugin])
    assert plugin.converter is not None
    plugin.converter.add_attribute_function(_property)  # type: ignore[no-untyped-call]  # apispec leaves it untyped
    spec.components.security_scheme("secret_key", {"type": "http", "scheme": "bearer"})
    for name, (description, schema, _) in _HEADERS.items():
        spec.components.parameter(name, "header", {"description": description, "schema": schema})
    spec.components.schema(_name(ErrorSchema), schema=ErrorSchema)
    spec.components.schema(_name(ProblemSchema), schema=ProblemSchema)
    for operation in operations:
        spec.path(operation.path, operations={"post": _operation(operation)})
    for path, item in (extra_paths or {}).items():
        spec.path(path, operations=dict(item))
    _describe(spec, plugin.converter)
    return {**spec.to_dict(), "security": [{"secret_key": []}]}


def _name(schema: type[Schema] | Schema) -> str:
    kind = schema if isinstance(schema, type) else type(schema)
    return kind.__name__.removesuffix("Schema").lstrip("_")


def _describe(spec: APISpec, converter: OpenAPIConverter) -> None:
    """Give every component the first sentence that its schema says about itself."""
    for key, name in converter.refs.items():
        spec.components.schemas[name]["description"] = (key[0].__doc__ or "").strip()


def _property(converter: OpenAPIConverter, field: Field[Any], ret: JsonSchema) -> JsonSchema:
    """How one of our fields looks in JSON Schema; apispec asks this of every field."""
    del ret
    if not isinstance(field, WireField):
        return {}
    schema = _contents(converter, field)
    if not field.allow_none:
        return schema
    if "enum" in schema:
        return {**schema, "type": [schema["type"], "null"], "enum": [*schema["enum"], None]}
    if "type" in schema:
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [*schema["anyOf"], {"type": "null"}]} if "anyOf" in schema else schema


def _contents(converter: OpenAPIConverter, field: WireField) -> JsonSchema:
    match field:
        case ListOf():
            items = converter.field2property(field.inner)
            return {"type": "array", "items": items, "minItems": field.least, "maxItems": field.most}
        case MapOf():
            return {"type": "object", "additionalProperties": converter.field2property(field.inner)}
        case OneOf():
            return {"anyOf": [converter.field2property(option) for option in field.options]}
    return field.describe()


def _operation(operation: Operation) -> JsonSchema:
    body: Any = operation.request
    if operation.rows:
        body = {"type": "array", "items": operation.request, "minItems": 1, "maxItems": limits.BATCH_ROWS}
    required = operation.rows or any(field.required for field in operation.request().fields.values())
    return {
        "operationId": operation.name,
        "tags": [operation.namespace],
        "summary": operation.summary,
        "parameters": [name for name, (_, _, write) in _HEADERS.items() if operation.writes or not write],
        "requestBody": {"required": required, "content": {"application/json": {"schema": body}}},
        "responses": _responses(operation),
    }


def _responses(operation: Operation) -> JsonSchema:
    answers: JsonSchema = {
        str(int(status)): {
            "description": status.phrase,
            "headers": {"Ledger-Position": {"schema": {"type": "integer"}, "description": "As of which position."}},
            "content": {"application/json": {"schema": operation.response}},
        }
        for status in operation.statuses
    }
    codes = (*EVERY_PATH_MAY_ANSWER, *(WRITES_MAY_ANSWER if operation.writes else ()), *operation.errors)
    for status in sorted({STATUSES[code] for code in codes}):
        named = ", ".join(code for code in codes if STATUSES[code] == status)
        content = {"application/json": {"schema": ErrorSchema}}
        answers[str(int(status))] = {"description": f"Refused: {named}", "content": content}
    return answers

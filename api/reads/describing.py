"""The part of OpenAPI that is about GET: reads with their parameters, formats and refusals, and what machines ask."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from api.errors import STATUSES
from api.exports.choosing import formats_of, parameters_of
from api.observe import METRICS_TYPE
from api.reads.query import Parameter
from api.reads.resource import Column, Kind, Resource
from api.wire.common import ProblemSchema
from api.wire.reading.answers import ANSWERS

Json = dict[str, Any]
JSON: Final = "application/json"
PROBLEM: Final = "application/problem+json"
EVERY_READ_MAY_ANSWER: Final = (
    "invalid_inputs", "invalid_request", "invalid_secret_key", "not_acceptable", "service_unavailable",
    "projection_behind", "projection_failed", "internal_error",
)  # fmt: skip
PAGES_MAY_ANSWER: Final = "invalid_cursor"
FILES_MAY_ANSWER: Final = "too_many_exports"
_IN_PATH: Final[Mapping[str, str]] = {
    "customer_id": "The customer's own id, or the internal one (for an id that holds a slash too).",
}
_KINDS: Final[Mapping[Kind, Json]] = {
    Kind.TEXT: {"type": ["string", "null"]},
    Kind.INTEGER: {"type": ["integer", "null"], "format": "int64"},
    Kind.NUMBER: {"type": ["number", "null"]},
    Kind.INSTANT: {"type": ["string", "null"], "format": "date-time"},
    Kind.BOOLEAN: {"type": ["boolean", "null"]},
    Kind.JSON: {},
}
_HEADERS: Final[Json] = {
    "Ledger-Position": {
        "description": "As of which position of the ledger.",
        "schema": {"type": "integer", "format": "int64", "minimum": 0},
    },
    "Ledger-Due": {
        "description": "Up to when due work has been done.",
        "schema": {"type": "string", "format": "date-time"},
    },
}
_ALLOW_STALE: Final[Json] = {
    "name": "Ledger-Allow-Stale",
    "in": "header",
    "description": "`true` takes what is folded so far, and does not wait for the head.",
    "schema": {"type": "string"},
}


def read(resource: Resource) -> Json:
    """The operation of a read, with marshmallow's schemas where OpenAPI will name them."""
    found = ANSWERS[resource.name]
    in_path = re.findall(r"\{(\w+)\}", resource.path)
    codes = (*EVERY_READ_MAY_ANSWER, *found.errors, *(["not_found"] if in_path else []))
    if any(each.name == "cursor" for each in resource.parameters):
        codes = (*codes, PAGES_MAY_ANSWER)
    if resource.export is not None or resource.also:
        codes = (*codes, FILES_MAY_ANSWER)
    return {
        "operationId": resource.name,
        "tags": ["reads"],
        "summary": resource.summary,
        "parameters": [
            *map(_in_path, in_path),
            *map(parameter, parameters_of(resource)),
            _ALLOW_STALE,
        ],
        "responses": {
            "200": {"description": "OK", "headers": _HEADERS, "content": _content(resource)},
            **_refusals(codes),
        },
    }


def _in_path(name: str) -> Json:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": _IN_PATH[name],
        "schema": {"type": "string", "minLength": 1},
    }


def parameter(found: Parameter) -> Json:
    """One parameter of a query: a repeated one is a list, a family is an object whose fields are names of their own."""
    schema = found.schema if found.default is None else {**found.schema, "default": found.default}
    if found.repeats and found.family is None:
        schema = {"type": "array", "items": found.schema}
    described = {"name": found.name, "in": "query", "description": found.about, "schema": schema}
    if found.family is None:
        return described
    of_each = {"type": "array", "items": found.schema} if found.repeats else found.schema
    pattern = f"^{re.escape(found.family)}.+$"
    schema = {"type": "object", "patternProperties": {pattern: of_each}, "additionalProperties": False}
    return {**described, "name": found.family.removesuffix("."), "style": "form", "explode": True, "schema": schema}


def _content(resource: Resource) -> Json:
    content: Json = {resource.media_type: {"schema": ANSWERS[resource.name].schema}}
    for chosen in formats_of(resource).values():
        assert resource.export is not None
        content[chosen.media_type] = _file(chosen.name, resource.export.columns)
    for media_type in resource.also:
        content[media_type] = {"schema": {"type": "string"}}
    return content


def _file(name: str, columns: Sequence[Column]) -> Json:
    """A file is bytes to JSON Schema; which columns its rows have is said beside it."""
    shape = {"format": "binary"} if name == "parquet" else {}
    described = {each.name: {**_KINDS[each.kind], "description": each.about} for each in columns}
    return {"schema": {"type": "string", **shape}, "x-columns": described}


def _refusals(codes: Sequence[str]) -> Json:
    content = {PROBLEM: {"schema": ProblemSchema}}
    return {
        str(int(status)): {
            "description": f"Refused: {', '.join(code for code in dict.fromkeys(codes) if STATUSES[code] == status)}",
            "content": content,
        }
        for status in sorted({STATUSES[code] for code in codes})
    }


def machines() -> Json:
    """The paths that machines ask: they need no key."""
    text: Json = {"type": "string"}
    checks = {"type": "object", "additionalProperties": text}
    status = {"type": "object", "properties": {"status": text}, "required": ["status"]}
    ready = {
        "type": "object",
        "properties": {"status": text, "checks": checks},
        "required": ["status", "checks"],
    }
    return {
        "/healthz": {"get": _plain("healthz", "The process answers", {"200": _answer(JSON, status)})},
        "/readyz": {
            "get": _plain(
                "readyz",
                "The process may be sent requests",
                {"200": _answer(JSON, ready), "503": _answer(JSON, ready, "Not ready")},
            )
        },
        "/metrics": {
            "get": _plain(
                "metrics",
                "What the process has counted, for Prometheus",
                {
                    "200": _answer(METRICS_TYPE.partition(";")[0], {"type": "string"}),
                    **_refusals(("service_unavailable",)),
                },
            )
        },
        "/openapi.json": {
            "get": _plain("openapi", "This description", {"200": _answer(JSON, {"type": "object"})}),
        },
        "/docs": {
            "get": _plain("docs", "This description, to be read", {"200": _answer("text/html", {"type": "string"})}),
        },
    }


def _plain(name: str, summary: str, responses: Json) -> Json:
    return {"operationId": name, "tags": ["machines"], "summary": summary, "security": [], "responses": responses}


def _answer(media_type: str, schema: Json, description: str = "OK") -> Json:
    return {"description": description, "content": {media_type: {"schema": schema}}}

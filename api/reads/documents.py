"""/openapi.json and /docs: the description of the API, generated from what serves it."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from html import escape
from typing import Any, Final

from flask import Response

from api.dispatch import JSON_TYPE
from api.reads.describing import machines, read
from api.reads.page import PAGE, POLICY
from api.reads.resources import RESOURCES
from api.wire.json import render
from api.wire.openapi import document
from api.wire.operations import Operation

Json = dict[str, Any]
VERSION: Final = "1"


def openapi(operations: Iterable[Operation]) -> Json:
    """The OpenAPI 3.1 document of everything that is served."""
    reads = {each.path: {"get": read(each)} for each in RESOURCES}
    return document(operations, version=VERSION, extra_paths={**reads, **machines()})


def documents(operations: Iterable[Operation]) -> tuple[Callable[[], Response], Callable[[], Response]]:
    """The views of /openapi.json and /docs. Both are made when first asked for."""
    served = tuple(operations)

    @cache
    def described() -> Json:
        return openapi(served)

    @cache
    def as_json() -> bytes:
        return render(described())

    @cache
    def as_html() -> str:
        return page(described())

    def openapi_view() -> Response:
        return Response(as_json(), content_type=JSON_TYPE)

    def docs_view() -> Response:
        response = Response(as_html(), content_type="text/html; charset=utf-8")
        response.headers["Content-Security-Policy"] = POLICY
        return response

    return openapi_view, docs_view


def page(described: Mapping[str, Any]) -> str:
    """The document as one readable page without scripts or anything from elsewhere."""
    paths = [
        (path, method.upper(), operation)
        for path, item in described["paths"].items()
        for method, operation in item.items()
    ]
    schemas = described["components"]["schemas"]
    contents = "".join(f'<li><a href="#{_anchor(m, p)}"><code>{m} {escape(p)}</code></a></li>' for p, m, _ in paths)
    sections = "".join(_section(path, method, operation) for path, method, operation in paths)
    shapes = "".join(_shape(name, schema) for name, schema in sorted(schemas.items()))
    return PAGE.format(title=escape(described["info"]["title"]), contents=contents, sections=sections, shapes=shapes)


def _anchor(method: str, path: str) -> str:
    return escape(f"{method}-{path.strip('/').replace('/', '-')}")


def _section(path: str, method: str, operation: Mapping[str, Any]) -> str:
    parameters = [each for each in operation.get("parameters", []) if "name" in each]
    rows = "".join(
        f"<tr><td><code>{escape(each['name'])}</code></td><td>{escape(each['description'])}</td></tr>"
        for each in parameters
    )
    answers = "".join(
        f"<tr><td>{status}</td><td>{_what(answer)}</td></tr>" for status, answer in operation["responses"].items()
    )
    body = operation.get("requestBody")
    asks = f"<p>Body: {_reference(_schema(body))}</p>" if body else ""
    table = f"<table>{rows}</table>" if rows else ""
    return (
        f'<section id="{_anchor(method, path)}"><h2><code>{method} {escape(path)}</code></h2>'
        f"<p>{escape(operation['summary'])}.</p>{asks}{table}<table>{answers}</table></section>"
    )


def _what(answer: Mapping[str, Any]) -> str:
    shown = escape(answer["description"])
    return f"{shown}: {_reference(_schema(answer))}" if "content" in answer else shown


def _schema(holder: Mapping[str, Any]) -> Mapping[str, Any]:
    content: Mapping[str, Any] = next(iter(holder["content"].values()))
    found: Mapping[str, Any] = content["schema"]
    return found


def _reference(schema: Mapping[str, Any]) -> str:
    """A schema in a few words, linked where it has a name."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rsplit("/", 1)[1])
        return f'<a href="#{name}"><code>{name}</code></a>'
    if "anyOf" in schema:
        return " or ".join(_reference(each) for each in schema["anyOf"])
    if "allOf" in schema:
        return " and ".join(_reference(each) for each in schema["allOf"])
    if schema.get("type") == "array":
        return f"list of {_reference(schema['items'])}"
    if "enum" in schema:
        return " | ".join(f"<code>{escape(str(each))}</code>" for each in schema["enum"])
    kind = schema.get("type", "any JSON value")
    return escape(" or ".join(kind) if isinstance(kind, list) else kind)


def _shape(name: str, schema: Mapping[str, Any]) -> str:
    required = set(schema.get("required", ()))
    rows = "".join(
        f"<tr><td><code>{escape(field)}</code>{'' if field in required else ' <i>optional</i>'}</td>"
        f"<td>{_reference(each)}</td></tr>"
        for field, each in schema.get("properties", {}).items()
    )
    return (
        f'<section id="{escape(name)}"><h3>{escape(name)}</h3><p>{escape(schema.get("description", ""))}</p>'
        f"<table>{rows}</table></section>"
    )

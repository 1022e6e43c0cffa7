"""From a GET request to its answer."""

from collections.abc import Callable
from typing import Any, NamedTuple

from flask import Response

from api.auth import Identity
from api.call import Call
from api.caller import refuse_business_time
from api.errors import PathNotFound
from api.exports.choosing import check_whole, format_of, parameters_of
from api.exports.formats import Format
from api.exports.serving import file_of
from api.reads.query import read_query
from api.reads.resource import Resource
from api.request import ApiRequest, current_request
from api.services import Services


def reading(services: Services, resource: Resource) -> Callable[..., Response]:
    """The view function of one read. Any role may read."""
    answer = answering(services, resource)

    def view(**path: str) -> Response:
        request = current_request()
        request.operation = resource.name
        request.identity = services.authenticator.identify(request.environ.get("HTTP_AUTHORIZATION"))
        return answer(request, request.identity, path)

    return view


class Asked(NamedTuple):
    """A read as it was asked for: its query's values, and the format of the file that is wanted, where one is."""

    call: Call
    query: dict[str, Any]
    chosen: Format | None


def asked(services: Services, resource: Resource, request: ApiRequest, identity: Identity) -> Asked:
    """What a request asks of a read. Raises `InvalidInputs`, `InvalidRequest`, `NotAcceptable`."""
    refuse_business_time(request)
    query, call = read_query(request, parameters_of(resource)), Call(services, request, identity, None)
    if resource.complete is not None:
        query = resource.complete(call, query)
    chosen = format_of(request, resource, query)
    check_whole(resource, request, query, chosen)
    return Asked(call, query, chosen)


def answering(services: Services, resource: Resource) -> Callable[[ApiRequest, Identity, dict[str, str]], Response]:
    """What answers one read to whoever was let in."""

    def answer(request: ApiRequest, identity: Identity, path: dict[str, str]) -> Response:
        if any(not value.isprintable() for value in path.values()):
            raise PathNotFound
        call, query, chosen = asked(services, resource, request, identity)
        if chosen is not None and resource.export is not None:
            return file_of(call, resource.export, chosen, query, path)
        response = resource.answer(call, query, **path)
        if resource.export is not None:
            response.headers["Vary"] = "Accept"
        return response

    return answer

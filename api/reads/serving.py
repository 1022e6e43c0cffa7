"""From a GET request to its answer."""

from collections.abc import Callable

from flask import Response

from api.call import Call
from api.caller import refuse_business_time
from api.errors import PathNotFound
from api.reads.query import read_query
from api.reads.resource import Resource
from api.request import current_request
from api.services import Services


def reading(services: Services, resource: Resource) -> Callable[..., Response]:
    """The view function of one read. Any role may read."""

    def view(**path: str) -> Response:
        request = current_request()
        request.operation = resource.name
        identity = request.identity = services.authenticator.identify(request.environ.get("HTTP_AUTHORIZATION"))
        if any(not value.isprintable() for value in path.values()):
            raise PathNotFound
        refuse_business_time(request)
        query = read_query(request, resource.parameters)
        call = Call(services, request, identity, None)
        return resource.answer(call, query, **path)

    return view

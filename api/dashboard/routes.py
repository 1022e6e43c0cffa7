"""Every path of the dashboard, room by room."""

from collections.abc import Callable
from typing import Final

from flask import Flask, Response

from api.dashboard import access, activity, assets, books, catalog, changes, customer, customers, live
from api.dashboard.access import signing
from api.dashboard.gate import open_to_all, signed, to
from api.dashboard.route import Route
from api.dashboard.visitor import Visitor
from api.reads.resource import Resource
from api.reads.resources import RESOURCES
from api.reads.serving import answering
from api.services import Services

HOME: Final = "/customers"
ROOMS: Final = (customers, customer, changes, catalog, activity, books, live, access)


def register(app: Flask, services: Services) -> None:
    """Serve the dashboard beside the JSON API."""

    def serve(method: str, path: str, view: Callable[..., Response]) -> None:
        app.add_url_rule(path, f"{method} {path}", view, methods=[method], provide_automatic_options=False)

    for route in (Route("GET", "/", "home", _home), *(route for room in ROOMS for route in room.ROUTES)):
        serve(route.method, route.path, signed(services, route.name, route.view, route.needs))
    for resource in RESOURCES:
        if resource.export is not None:
            path = resource.path.replace("{", "<").replace("}", ">")
            serve("GET", f"/files{path}", signed(services, f"file.{resource.export.name}", _file(services, resource)))
    serve("GET", "/assets/<name>", assets.serve)
    serve("GET", "/sign-in", open_to_all(services, "sign_in", signing.sign_in_page))
    serve("POST", "/sign-in", open_to_all(services, "sign_in", signing.sign_in_form))
    serve("GET", "/sign-in/<secret>", open_to_all(services, "sign_in_link", signing.link_page))
    serve("POST", "/sign-in/<secret>", open_to_all(services, "sign_in_link", signing.link_form))


def _file(services: Services, resource: Resource) -> Callable[..., Response]:
    """A list as a file, for whoever is signed in: the same that a key gets at the path after `/files`."""
    answer = answering(services, resource)
    return lambda visitor, **path: answer(visitor.call.request, visitor.call.identity, path)


def _home(_visitor: Visitor) -> Response:
    return to(HOME)

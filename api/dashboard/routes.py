"""Every path of the dashboard, and who may go there."""

from typing import Final

from flask import Flask, Response, redirect

from api.dashboard import assets, signing
from api.dashboard.gate import Visitor, open_to_all, signed
from api.services import Services

HOME: Final = "/customers"


def register(app: Flask, services: Services) -> None:
    """Serve the dashboard beside the JSON API."""

    def serve(method: str, path: str, view: object) -> None:
        app.add_url_rule(path, f"{method} {path}", view, methods=[method], provide_automatic_options=False)  # type: ignore[arg-type]

    serve("GET", "/", signed(services, "home", _home))
    serve("GET", "/assets/<name>", assets.serve)
    serve("GET", "/sign-in", open_to_all(services, "sign_in", signing.sign_in_page))
    serve("POST", "/sign-in", open_to_all(services, "sign_in", signing.sign_in_form))
    serve("GET", "/sign-in/<secret>", open_to_all(services, "sign_in_link", signing.link_page))
    serve("POST", "/sign-in/<secret>", open_to_all(services, "sign_in_link", signing.link_form))
    serve("POST", "/sign-out", signed(services, "sign_out", signing.sign_out_form))


def _home(_visitor: Visitor) -> Response:
    return redirect(HOME)  # type: ignore[return-value]  # werkzeug's base class of the same

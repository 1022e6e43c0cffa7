"""Every path of the dashboard, and who may go there."""

from collections.abc import Callable
from typing import Final

from flask import Flask, Response

from api.dashboard import (
    assets,
    attaching,
    balances,
    canceling,
    creating,
    customer,
    customers,
    signing,
    timeline,
)
from api.dashboard.gate import Visitor, open_to_all, signed, to
from api.reads.resource import Resource
from api.reads.resources import RESOURCES
from api.reads.serving import answering
from api.services import Services
from ledger.core.access import UserRole

HOME: Final = "/customers"


def register(app: Flask, services: Services) -> None:
    """Serve the dashboard beside the JSON API."""

    def serve(method: str, path: str, view: object) -> None:
        app.add_url_rule(path, f"{method} {path}", view, methods=[method], provide_automatic_options=False)  # type: ignore[arg-type]

    serve("GET", "/", signed(services, "home", _home))
    serve("GET", "/customers", signed(services, "customers", customers.list_page))
    serve("GET", "/customers/<customer_id>", signed(services, "customer", customer.customer_page))
    serve("GET", "/customers/new", signed(services, "new_customer", creating.new_page, UserRole.FINANCE))
    serve("POST", "/customers/new", signed(services, "new_customer", creating.new_form, UserRole.FINANCE))
    finance = UserRole.FINANCE
    for name, path, page, form in (
        ("attach", "attach", attaching.attach_page, attaching.attach_form),
        ("cancel", "plans/<subscription_id>/cancel", canceling.cancel_page, canceling.cancel_form),
        ("uncancel", "plans/<subscription_id>/uncancel", canceling.uncancel_page, canceling.uncancel_form),
    ):
        serve("GET", f"/customers/<customer_id>/{path}", signed(services, name, page, finance))
        serve("POST", f"/customers/<customer_id>/{path}", signed(services, name, form, finance))
    of_feature = "/customers/<customer_id>/balances/<feature_id>"
    serve("GET", of_feature, signed(services, "balance", balances.balance_page, UserRole.FINANCE))
    serve("POST", of_feature, signed(services, "balance", balances.balance_form, UserRole.FINANCE))
    serve("GET", "/timeline", signed(services, "timeline", timeline.timeline_page))
    for resource in RESOURCES:
        if resource.export is not None:
            path = resource.path.replace("{", "<").replace("}", ">")
            serve("GET", f"/files{path}", signed(services, f"file.{resource.export.name}", _file(services, resource)))
    serve("GET", "/assets/<name>", assets.serve)
    serve("GET", "/sign-in", open_to_all(services, "sign_in", signing.sign_in_page))
    serve("POST", "/sign-in", open_to_all(services, "sign_in", signing.sign_in_form))
    serve("GET", "/sign-in/<secret>", open_to_all(services, "sign_in_link", signing.link_page))
    serve("POST", "/sign-in/<secret>", open_to_all(services, "sign_in_link", signing.link_form))
    serve("POST", "/sign-out", signed(services, "sign_out", signing.sign_out_form))


def _file(services: Services, resource: Resource) -> Callable[..., Response]:
    """A list as a file, for whoever is signed in: the same that a key gets at the path after `/files`."""
    answer = answering(services, resource)
    return lambda visitor, **path: answer(visitor.call.request, visitor.call.identity, path)


def _home(_visitor: Visitor) -> Response:
    return to(HOME)

"""The Flask application: every path it serves, and what happens around each."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

import psycopg
from flask import Flask, Response
from psycopg_pool import PoolTimeout

from api.auth import Authenticator
from api.dashboard import routes as dashboard
from api.dashboard.gate import lost
from api.dispatch import endpoint
from api.errors import refusal_answer, register_error_handlers
from api.exports.connections import Places
from api.followers import Followers, places_of
from api.guarding import guard
from api.health import healthz, metrics_view, readyz
from api.observe import Metrics, finish, report
from api.reads.documents import documents
from api.reads.resources import RESOURCES
from api.reads.serving import reading
from api.request import ApiRequest, current_request
from api.services import Services
from api.v1.handlers import HANDLERS
from api.wire.operations import OPERATIONS
from ledger.core.errors import Refusal
from ledger.settings import Settings
from ledger.store.ledger import Store, StoreUnavailable
from projections.reads import ProjectionUnavailable, Reads

SERVED: Final = tuple(operation for name, operation in OPERATIONS.items() if name in HANDLERS)


TROUBLES: Final = (StoreUnavailable, ProjectionUnavailable, psycopg.OperationalError, PoolTimeout)


class ServiceUnavailable(Refusal):
    """The database, or a projection, did not answer in time; a retry may find it."""

    code = "service_unavailable"
    status = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self, sentence: str, retry_after: int = 1) -> None:
        super().__init__(sentence[:1].upper() + sentence[1:])
        self.retry_after = retry_after


def create_app(store: Store, settings: Settings, metrics: Metrics | None = None) -> Flask:
    """The application on a store that is open and migrated.

    `metrics` is shared with the store where its transactions are to be counted: `Store(observe=metrics.batch_done)`.
    """
    app = Flask("api", static_folder=None)
    app.request_class = ApiRequest
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    reads = Reads(store.pool, wait_seconds=settings.projection_wait_seconds)
    places = Places(
        store.database_url,
        store.limits,
        at_once=settings.exports_at_once,
        seconds=settings.export_seconds,
        stall_seconds=settings.export_stall_seconds,
    )
    followers = Followers(reads, places_of(settings.web_threads))
    services = Services(store, settings, Authenticator(store), reads, metrics or Metrics(), places, followers)
    for operation in SERVED:
        _serve(app, "POST", operation.path, endpoint(services, operation, HANDLERS[operation.name]))
    for resource in RESOURCES:
        _serve(app, "GET", resource.path.replace("{", "<").replace("}", ">"), reading(services, resource))
    dashboard.register(app, services)
    openapi_view, docs_view = documents(SERVED)
    _serve(app, "GET", "/openapi.json", openapi_view)
    _serve(app, "GET", "/docs", docs_view)
    _serve(app, "GET", "/healthz", healthz)
    _serve(app, "GET", "/readyz", readyz(services))
    _serve(app, "GET", "/metrics", metrics_view(services))
    _watch(app, services)
    return app


def _serve(app: Flask, method: str, path: str, view: Callable[..., Any]) -> None:
    app.add_url_rule(path, path, view, methods=[method], provide_automatic_options=False)


def _watch(app: Flask, services: Services) -> None:
    """Give every answer its request id, its line in the log and its place in the counters, refused ones too."""

    def done(response: Response) -> Response:
        request = current_request()
        response.headers["X-Request-Id"] = request.request_id
        guard(response)
        finish(services.metrics, request, response.status_code, response.content_length)
        return response

    def unavailable(error: Exception) -> Response:
        match error:
            case StoreUnavailable():
                refusal = ServiceUnavailable(str(error), error.retry_after_seconds)
            case ProjectionUnavailable():
                refusal = ServiceUnavailable(str(error), error.retry_after_seconds)
                refusal.code = error.code
            case _:
                refusal = ServiceUnavailable("the database did not answer in time; send the request again")
        note(refusal)
        return refusal_answer(refusal, env=current_request().env, method=current_request().method)

    def note(refusal: Refusal) -> None:
        current_request().code = refusal.code

    app.after_request(done)
    for trouble in TROUBLES:
        app.register_error_handler(trouble, unavailable)
    register_error_handlers(
        app,
        env=lambda: current_request().env,
        report=lambda error: report(current_request(), error),
        note=note,
        page=lost(services),
    )

"""What machines ask: is the process there, may it be sent requests, what has it counted."""

from collections.abc import Callable, Mapping
from functools import cache
from http import HTTPStatus
from importlib import resources
from typing import Final

import psycopg
from flask import Response

from api.dispatch import JSON_TYPE
from api.keys import run
from api.observe import METRICS_TYPE
from api.request import current_request
from api.services import Services
from api.wire.json import render
from ledger.store.ledger import StoreUnavailable
from ledger.store.migrate import STORE_MIGRATIONS, read_migrations

OK: Final = "ok"
FOLDERS: Final = (STORE_MIGRATIONS, resources.files("projections.migrations"))


def healthz() -> Response:
    """The process answers; whether it can work, `/readyz` says."""
    current_request().quiet = True
    return Response(render({"status": OK}), content_type=JSON_TYPE)


def readyz(services: Services) -> Callable[[], Response]:
    """The database answers, its schema is what this code needs, and no read model has stopped."""

    def view() -> Response:
        current_request().quiet = True
        checks = _checks(services)
        ready = all(found == OK for found in checks.values())
        status = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
        shown = {"status": OK if ready else "not ready", "checks": checks}
        return Response(render(shown), status, content_type=JSON_TYPE)

    return view


def metrics_view(services: Services) -> Callable[[], Response]:
    """The counters of this process, and where each ledger stands."""

    def view() -> Response:
        current_request().quiet = True
        for each in services.progress():
            services.metrics.progress(each.ledger_id, each.head, each.projected, each.failed)
        return Response(services.metrics.text(), content_type=METRICS_TYPE)

    return view


@cache
def _needed() -> Mapping[int, str]:
    return {each.number: each.checksum for each in read_migrations(FOLDERS)}


def _checks(services: Services) -> dict[str, str]:
    try:
        applied = dict(run(services.store, "select_migrations", {}))
    except StoreUnavailable:
        return {"database": "does not answer"}
    except psycopg.errors.UndefinedTable:
        return {"database": OK, "schema": "not migrated"}
    if applied != _needed():
        return {"database": OK, "schema": "not the one this program needs"}
    return {"database": OK, "schema": OK, **_projections(services)}


def _projections(services: Services) -> dict[str, str]:
    stopped = [each.ledger_id for each in services.progress() if each.failed]
    return {"projections": f"stopped in {', '.join(stopped)}" if stopped else OK}

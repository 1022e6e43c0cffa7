"""What is counted and what is logged of every request: never a body, never personal data, never a key."""

from http import HTTPStatus
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from api.request import ApiRequest
from api.request_log import request_log
from ledger.clock import monotonic
from ledger.logging import logger
from ledger.store.ledger import BatchDone

_LATENCIES: Final = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.06, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_SIZES: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
UNSERVED: Final = "unserved"
METRICS_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
LOGGER: Final = "api.requests"
_log = request_log(LOGGER)


class Metrics:
    """The counters of one process. `batch_done` is what the store calls after every transaction it wrote."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        own: Any = {"registry": self._registry}
        self._requests = Counter("tallystick_requests", "Answered requests", ["operation", "status"], **own)
        self._latency = Histogram(
            "tallystick_request_seconds", "Time to answer", ["operation"], buckets=_LATENCIES, **own
        )
        self._refusals = Counter("tallystick_refusals", "Refused requests", ["code"], **own)
        self._batch_commands = Histogram(
            "tallystick_batch_commands", "Commands and looks in one transaction", buckets=_SIZES, **own
        )
        self._batch_events = Counter("tallystick_events_appended", "Events appended by this process", ["ledger"], **own)
        self._commit = Histogram(
            "tallystick_batch_seconds", "From the head's lock to the commit", buckets=_LATENCIES, **own
        )
        self._head = Gauge("tallystick_head_position", "The last position of a ledger", ["ledger"], **own)
        self._projected = Gauge("tallystick_projected_position", "How far a ledger is projected", ["ledger"], **own)
        self._lag = Gauge("tallystick_projection_lag_events", "Events not projected yet", ["ledger"], **own)
        self._exports = Counter("tallystick_exports", "Files that were asked for", ["format", "ending"], **own)
        self._export_rows = Counter("tallystick_export_rows", "Rows that left in files", ["format"], **own)
        self._failed = Gauge("tallystick_projections_failed", "Read models that stopped", ["ledger"], **own)

    def batch_done(self, done: BatchDone) -> None:
        """Count one transaction; called by the store's writer, so it does next to nothing."""
        self._batch_commands.observe(len(done.requests))
        self._commit.observe(done.seconds)
        self._batch_events.labels(done.ledger_id).inc(done.events)
        self._head.labels(done.ledger_id).set(done.position)

    def request_done(self, operation: str, status: int, seconds: float, code: str | None) -> None:
        """Count one answer."""
        self._requests.labels(operation, str(status)).inc()
        self._latency.labels(operation).observe(seconds)
        if code is not None:
            self._refusals.labels(code).inc()

    def export_done(self, format_name: str, ending: str, rows: int) -> None:
        """Count one file."""
        self._exports.labels(format_name, ending).inc()
        self._export_rows.labels(format_name).inc(rows)

    def progress(self, ledger_id: str, head: int, projected: int, failed: int) -> None:
        """Note where a ledger stands; asked for whenever the metrics are read."""
        self._head.labels(ledger_id).set(head)
        self._projected.labels(ledger_id).set(projected)
        self._lag.labels(ledger_id).set(max(0, head - projected))
        self._failed.labels(ledger_id).set(failed)

    def text(self) -> bytes:
        """All of it in the Prometheus text format."""
        return generate_latest(self._registry)


def finish(metrics: Metrics, request: ApiRequest, status: int, bytes_out: int | None) -> None:
    """Count a request and write its line. Probes are counted and not logged."""
    seconds = monotonic() - request.started
    operation = request.operation or UNSERVED
    metrics.request_done(operation, status, seconds, request.code)
    if request.quiet:
        return
    identity = request.identity
    say = _log.error if status >= HTTPStatus.INTERNAL_SERVER_ERROR else _log.info
    say(
        "request",
        request_id=request.request_id,
        actor=identity.name if identity else None,
        ledger_id=identity.ledger.ledger_id if identity else None,
        method=request.method,
        route=operation,
        status=status,
        code=request.code,
        duration_ms=round(seconds * 1000, 2),
        bytes_out=bytes_out,
    )


def report(request: ApiRequest, error: Exception) -> None:
    """Log what nobody foresaw, once, with the places it came through and without what it says."""
    logger(LOGGER).error("failed", request_id=request.request_id, route=request.operation or UNSERVED, exc_info=error)

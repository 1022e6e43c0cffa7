"""What a worker counts, for Prometheus. A port of its own, because a worker serves nothing else."""

from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server

from ledger.errors import OperatorError


class Meters:
    """Counters and gauges by ledger."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._caught_up = Counter(
            "tallystick_worker_caught_up", "Customers for whom what fell due was made to happen", ["ledger"],
            registry=self._registry,
        )  # fmt: skip
        self._set_aside = Gauge(
            "tallystick_worker_set_aside", "Customers that are due and could not catch up; must be 0", ["ledger"],
            registry=self._registry,
        )  # fmt: skip
        self._expired = Counter(
            "tallystick_worker_expired_keys", "Idempotency keys deleted after their 30 days", ["ledger"],
            registry=self._registry,
        )  # fmt: skip

    def serve(self, host: str, port: int) -> None:
        """Answer GET /metrics on a port of this machine. Raises OperatorError when it is taken."""
        try:
            start_http_server(port, addr=host, registry=self._registry)
        except OSError as error:
            raise OperatorError(f"The metrics port {port} on {host} cannot be used: {error.strerror}.") from error

    def caught_up(self, ledger_id: str, count: int) -> None:
        """So many more caught up."""
        self._caught_up.labels(ledger_id).inc(count)

    def set_aside(self, ledger_id: str, count: int) -> None:
        """So many are left alone for now."""
        self._set_aside.labels(ledger_id).set(count)

    def expired(self, ledger_id: str, count: int) -> None:
        """A step of expiry is over."""
        self._expired.labels(ledger_id).inc(count)

"""Structured logs: one JSON object a line on standard error, with request id and actor, without personal data or keys.

A field that is not on the list below does not reach the log: a list of what is allowed cannot forget a secret, as a
list of what is forbidden can.
"""

import logging
import sys
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

# What may be logged beside the sentence. Ids that customers choose are theirs (often an email address), so only our own
# stream ids are here; `actor` is the name of an API key or a user's id; `path` is without its query.
ALLOWED = frozenset(
    {
        "event", "level", "timestamp", "logger", "request_id", "actor", "ledger_id", "stream_id", "position", "version",
        "method", "path", "route", "status", "code", "duration_ms", "bytes_in", "bytes_out", "host", "port", "pid",
        "exception", "where", "model", "generation", "schema_version", "batch_events", "batch_commands", "attempt",
        "signal", "gateway", "migration", "lag_events", "count", "seconds", "url_host", "tables",
    }
)  # fmt: skip


def set_up_logging(level: str = "info", *, stream: TextIO | None = None) -> None:
    """Send everything logged in this process, by us and by libraries, through one JSON renderer."""
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            use_get_message=False,  # a library's message without what it would fill in: that may be anyone's data
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _exception_without_values,
                _only_allowed,
                structlog.processors.JSONRenderer(sort_keys=True),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())


def logger(name: str) -> structlog.typing.FilteringBoundLogger:
    """A logger for one module; its first argument is a fixed sentence, the facts are fields."""
    found: structlog.typing.FilteringBoundLogger = structlog.get_logger(name)
    return found


def _only_allowed(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    return {name: value for name, value in event.items() if name in ALLOWED}


def _exception_without_values(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """An exception as its type and the places it came through: its message may quote what a customer sent."""
    error = _exception_of(event.pop("exc_info", None))
    if error is not None:
        event["exception"] = type(error).__qualname__
        event["where"] = _places(error)
    return event


def _exception_of(info: object) -> BaseException | None:
    if info is True:
        return sys.exc_info()[1]
    if isinstance(info, tuple):
        info = info[1]
    return info if isinstance(info, BaseException) else None


def _places(error: BaseException) -> list[str]:
    """`module:line function`, outermost first, of the error and of what caused it."""
    places: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        if current is not error:
            places.append(f"caused by {type(current).__qualname__}")
        trace = current.__traceback__
        while trace is not None:
            frame = trace.tb_frame
            places.append(f"{frame.f_globals.get('__name__', '?')}:{trace.tb_lineno} {frame.f_code.co_name}")
            trace = trace.tb_next
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return places[-60:]

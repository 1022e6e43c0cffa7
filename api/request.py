"""The request as it is being served: what the log line, the metrics and a refusal need to know of it."""

import os
import re
from datetime import UTC, tzinfo
from itertools import count
from typing import Any, Final, cast

from flask import Request
from flask.globals import request_ctx
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from api.auth import Identity
from ledger.clock import monotonic

_STARTED: Final = os.urandom(6).hex()
_numbers = count(1)
_SANE: Final = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")


class ApiRequest(Request):
    """A Flask request with a request id, and what becomes known of it on the way."""

    identity: Identity | None = None
    operation: str = ""
    quiet: bool = False
    code: str | None = None
    zone: tzinfo = UTC
    """In which a page reads and tells days: its ledger's time zone. Programs are told instants."""
    _request_id: str | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.started = monotonic()

    @property
    def request_id(self) -> str:
        """The caller's `X-Request-Id` where it is sane, else one of ours."""
        if self._request_id is None:
            given = self.environ.get("HTTP_X_REQUEST_ID", "")
            self._request_id = given if _SANE.fullmatch(given) else f"req_{_STARTED}{os.getpid():x}{next(_numbers):08x}"
        return self._request_id

    @property
    def wanted(self) -> MIMEAccept:
        """The media types of the Accept header; `q` counts, and no other parameter: all that is text is in UTF-8."""
        ranges = parse_accept_header(self.environ.get("HTTP_ACCEPT", ""), MIMEAccept)
        return MIMEAccept([(name.partition(";")[0].rstrip(), quality) for name, quality in ranges])

    @property
    def env(self) -> str:
        """The kind of ledger the request is about; of an unknown key, the kind its prefix claims."""
        if self.identity is not None:
            return self.identity.env
        return "live" if "am_sk_live_" in self.environ.get("HTTP_AUTHORIZATION", "") else "sandbox"


def current_request() -> ApiRequest:
    """The request being served in this thread."""
    return cast("ApiRequest", request_ctx.request)

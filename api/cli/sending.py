"""A small client of the JSON API, for sample data: one kept connection, one key."""

import json
from datetime import datetime
from http.client import HTTPConnection
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

TIMEOUT_SECONDS: Final = 60.0
SUCCESS_BELOW: Final = 300


class NotTaken(Exception):
    """The server refused what we sent; the text of its answer."""


class Sender:
    """Sends as the key it was given, for the length of a block. For one thread."""

    def __init__(self, url: str, secret: str) -> None:
        parts = urlsplit(url)
        self._connection = HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS)
        self._headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._connection.close()

    def post(self, operation: str, body: object, *, at: datetime | None = None, reason: str | None = None) -> Any:
        """POST one operation, at a business instant of the customer's and with a reason. Raises NotTaken."""
        headers = dict(self._headers)
        if at is not None:
            headers["Tallystick-Now"] = at.isoformat(timespec="milliseconds")
        if reason is not None:
            headers["Tallystick-Reason"] = reason
        self._connection.request("POST", f"/v1/{operation}", json.dumps(body), headers)
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status >= SUCCESS_BELOW:
            raise NotTaken(f"{operation} answered {answer.status}: {text.decode()}")
        return json.loads(text)

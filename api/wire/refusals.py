"""What the wire itself refuses, before any rule of billing is asked."""

from collections.abc import Mapping, Sequence
from typing import Any

from api.wire import limits
from ledger.core.errors import InvalidInput, Refusal


class MalformedBody(InvalidInput):
    """The body is not one JSON value that we can read."""

    def __init__(self, what: str) -> None:
        super().__init__(f"The body cannot be read: {what}")


class BodyTooLarge(Refusal):
    code = "body_too_large"

    def __init__(self) -> None:
        super().__init__(f"The body is longer than {limits.BODY_BYTES:,} bytes: send less in one request")


class UnsupportedMediaType(Refusal):
    code = "unsupported_media_type"

    def __init__(self, content_type: str | None) -> None:
        was = content_type[: limits.VALUE_SHOWN_CHARS] if content_type else "missing"
        super().__init__(f"The header Content-Type was {was} and must be application/json in UTF-8")


class InvalidInputs(InvalidInput):
    """One or more fields are wrong. `problems` maps each field's path to what it was and must be."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        shown = [f"{path} {what}" for path, what in list(self.problems.items())[: limits.PROBLEMS_SHOWN]]
        if len(self.problems) > len(shown):
            shown.append(f"and {len(self.problems) - len(shown)} fields more")
        super().__init__("; ".join(shown))


class InvalidRows(InvalidInput):
    """A batch with bad rows: nothing of it was taken. `results` says of each bad row which, and why.

    Each result is {"index", "status", "code", "message"}; the index counts from 0.
    """

    def __init__(self, results: Sequence[Mapping[str, Any]], rows: int) -> None:
        self.results = [dict(result) for result in results]
        first = f"row {self.results[0]['index']}: {self.results[0]['message']}"
        super().__init__(f"{len(self.results)} of {rows} rows are wrong and none was taken; the first, {first}")


class UnpaidRows(Refusal):
    """A batch with rows that must be paid at once and were not: nothing of it was taken. `results` is as elsewhere."""

    code = "invoice_payment_failed"

    def __init__(self, results: Sequence[Mapping[str, Any]], rows: int) -> None:
        self.results = [dict(result) for result in results]
        first = f"row {self.results[0]['index']}: {self.results[0]['message']}"
        super().__init__(f"{len(self.results)} of {rows} rows were not paid for and none was taken; the first, {first}")

"""What somebody wrote into a form: read field by field, and what is wrong with it, to be said beside the field.

    try:
        days = number("trial_days", given["trial_days"])
        do(visitor, "billing.attach", payload)
    except Refusal as refusal:
        wrong = beside(refusal, {"free_trial": "trial_days"})

`wrong` maps a field of the form to a sentence; what belongs to no field stands under "".
"""

import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from api.dashboard.words import beginning
from api.request import ApiRequest
from api.wire.json import milliseconds
from api.wire.refusals import InvalidInputs
from ledger.core.errors import Refusal

MOST_DIGITS: Final = 30
SHOWN: Final = 40
OF_CODE: Final = {"reason_required": "reason"}
"""Refusals that are about one field, whatever form it stands in."""
SAY_WHY: Final = "Say why: it stays on the timeline beside your name"
ON_RECORD: Final = ("invoice_payment_failed", "duplicate_idempotency_key")
"""Refusals after which the number of a form is used up: to send it again is to ask for another thing."""


def given(request: ApiRequest) -> dict[str, str]:
    """What the form says, or where none was sent, the address: first values, trimmed."""
    values = request.args if request.method == "GET" else request.form
    return {name: value.strip() for name, value in values.items()}


def once_after(request: ApiRequest, refusal: Refusal | None = None) -> str:
    """What a form carries so that it counts once, however often it is sent: for as long as nothing was done under it,
    what it was sent with. A refusal that is on record would be answered again.
    """
    sent = request.form.get("once")
    return secrets.token_urlsafe(16) if not sent or (refusal is not None and refusal.code in ON_RECORD) else sent


def number(field: str, text: str) -> Decimal:
    """A number of 0 or more; thousands may be parted by commas or spaces. Raises `InvalidInputs`."""
    try:
        found = Decimal(text.replace(",", "").replace(" ", "")) if len(text) <= MOST_DIGITS else None
    except InvalidOperation:
        found = None
    if found is None or not found.is_finite() or found < 0:
        raise InvalidInputs({field: f"was {text[:SHOWN]!r} and must be a number of 0 or more"})
    return found


def day_milliseconds(field: str, text: str) -> int:
    """The beginning of a day in the ledger's time zone, as the wire writes instants. Raises `InvalidInputs`."""
    try:
        found = beginning(datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date())
    except (ValueError, OverflowError):
        raise InvalidInputs({field: f"was {text[:SHOWN]!r} and must be a day such as 2026-01-31"}) from None
    return milliseconds(found)


def beside(refusal: Refusal, fields: Mapping[str, str] | None = None) -> dict[str, str]:
    """What is wrong, by the field of the form. `fields` says which field stands for a path of the wire, or below it."""
    if not isinstance(refusal, InvalidInputs):
        return {OF_CODE.get(refusal.code, ""): refusal.sentence}
    found: dict[str, list[str]] = {}
    for path, what in refusal.problems.items():
        found.setdefault(_field(path, fields or {}), []).append(f"This {what}")
    return {field: "; ".join(sentences) for field, sentences in found.items()}


def by(fields: Mapping[str, str]) -> Callable[[Refusal], Mapping[str, str]]:
    """The same, for a sheet: what says a refusal beside the fields that stand for paths of the wire."""
    return lambda refusal: beside(refusal, fields)


def _field(path: str, fields: Mapping[str, str]) -> str:
    """The field of the longest part of the path that has one; without any, of the path's own name."""
    part = path
    while part:
        if part in fields:
            return fields[part]
        part = part[: max(part.rfind("."), part.rfind("["), 0)]
    return path

"""Who a customer is, and changing that."""

from collections.abc import Mapping
from typing import Any, Final

from flask import Response

from api.dashboard.customer.asking import Asked, Form, opened, settled
from api.dashboard.customer.heading import as_text
from api.dashboard.customer.subject import Subject, living
from api.dashboard.forms import given
from api.dashboard.gate import Visitor
from api.dashboard.paths import customer_path
from api.views.shapes import Json
from api.wire.json import parse
from api.wire.refusals import InvalidInputs, MalformedBody
from ledger.core.state import Customer

TEXTS: Final = ("name", "id", "email", "fingerprint")
OF_WIRE: Final = {"new_customer_id": "id", "metadata": "metadata"}
BLANKS: Final = 2
MOST_ROWS: Final = 200


def edit_page(visitor: Visitor, customer_id: str) -> Response:
    """The form, with what is known."""
    found = living(visitor, customer_id)
    return opened(found, _form(found, _known(found.customer)))


def edit_form(visitor: Visitor, customer_id: str) -> Response:
    """Change what was written otherwise than it is, and nothing else."""
    found, sent = living(visitor, customer_id), given(visitor.call.request)
    form = _form(found, sent)
    try:
        payload = _changes(found.customer, sent)
    except InvalidInputs as refusal:
        return opened(found, form, {name: f"This {what}" for name, what in refusal.problems.items()}, 400)
    if not payload:
        return opened(found, form, {"": "Nothing was changed"}, 400)
    asked = Asked("customers.update", {"customer_id": customer_id, **payload}, OF_WIRE, "The customer was changed")
    new_id = payload.get("new_customer_id")
    return settled(found, form, asked, None if new_id is None else customer_path(new_id))


def _form(found: Subject, sent: Mapping[str, str]) -> Form:
    shown = {"now": _known(found.customer), "rows": _rows(sent)}
    return Form("edit.html", _known, shown, {**dict.fromkeys(TEXTS, ""), **sent})


def _known(customer: Customer) -> dict[str, str]:
    """What the form shows of a customer, by its fields; the n-th property of metadata as `key.n` and `value.n`."""
    texts = (customer.name, customer.customer_id, customer.email, customer.fingerprint)
    shown = {name: text or "" for name, text in zip(TEXTS, texts, strict=True)}
    for number, (key, value) in enumerate(customer.metadata.items()):
        shown |= {f"key.{number}": key, f"value.{number}": as_text(value)}
    return shown


def _rows(sent: Mapping[str, str]) -> list[int]:
    """The numbers of the rows of metadata, with some empty ones behind them."""
    numbers = [n for n in range(MOST_ROWS) if sent.get(f"key.{n}") or sent.get(f"value.{n}")]
    first = numbers[-1] + 1 if numbers else 0
    return [*numbers, *range(first, first + BLANKS)]


def _changes(customer: Customer, sent: Mapping[str, str]) -> Json:
    """The request that the form stands for. Raises `InvalidInputs`."""
    known, changes = _known(customer), dict[str, Any]()
    for name in TEXTS:
        if name in sent and sent[name] != known[name]:
            changes["new_customer_id" if name == "id" else name] = sent[name] or None
    if changes.get("new_customer_id", "") is None:
        raise InvalidInputs({"id": "was empty and must not be: an ID can be changed and not taken away"})
    metadata = _metadata(customer.metadata, sent)
    if metadata != customer.metadata:
        changes["metadata"] = metadata or None
    return changes


def _metadata(before: Mapping[str, object], sent: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for number in _rows(sent):
        key, value = sent.get(f"key.{number}", ""), sent.get(f"value.{number}", "")
        if not key and not value:
            continue
        if not key or key in found:
            what = f"{key!r} twice" if key else "a value without a name"
            raise InvalidInputs({"metadata": f"has {what} and must name each property once"})
        found[key] = _value(before.get(key), value)
    return found


def _value(before: object, text: str) -> Any:
    """A value as it was written: of the kind that it was before, where it can be read so; else text."""
    if before is None or isinstance(before, str):
        return text
    if text == as_text(before):
        return before
    try:
        return parse(text.encode())
    except MalformedBody:
        return text

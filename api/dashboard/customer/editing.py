"""Who a customer is, and changing that."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import Response

from api.dashboard.confirming import Change, Sheet, settle, show, touched
from api.dashboard.customer.heading import as_text
from api.dashboard.customer.sheets import sheet_of
from api.dashboard.customer.subject import Subject, living
from api.dashboard.forms import given
from api.dashboard.paths import customer_path
from api.dashboard.seen import Row
from api.dashboard.visitor import Visitor
from api.dashboard.words import NOTHING
from api.views.shapes import Json, Scene
from api.wire.json import parse
from api.wire.refusals import InvalidInputs, MalformedBody
from ledger.core.state import Customer

TEXTS: Final[Mapping[str, str]] = {"name": "Name", "id": "ID", "email": "Email", "fingerprint": "Fingerprint"}
OF_WIRE: Final = {"new_customer_id": "id", "metadata": "metadata"}
METADATA: Final = "metadata."
"""What stands before the name of a property where it is told among the fields."""
BLANKS: Final = 2
MOST_ROWS: Final = 200


def edit_page(visitor: Visitor, customer_id: str) -> Response:
    """The form, with what is known."""
    return show(visitor, *_edit(visitor, customer_id))


def edit_form(visitor: Visitor, customer_id: str) -> Response:
    """Change what was written otherwise than it was, and nothing else."""
    return settle(visitor, *_edit(visitor, customer_id))


def _edit(visitor: Visitor, customer_id: str) -> tuple[Sheet, Change | None]:
    found, sent = living(visitor, customer_id), given(visitor.call.request)
    known = _known(found.customer)
    if not any(name in sent for name in TEXTS):
        return _sheet(found, known, known), None
    if visitor.call.request.method != "POST":
        return _sheet(found, known, {**dict.fromkeys(TEXTS, ""), **sent}), None
    try:
        written = _written(known, sent)
        changes = touched(visitor, known, written)
        payload = _payload(found.customer, changes)
    except InvalidInputs as refusal:
        wrong = {name: f"This {what}" for name, what in refusal.problems.items()}
        return _sheet(found, known, sent, wrong=wrong), None
    merged = {name: text for name, text in {**known, **changes}.items() if text is not None}
    missing = {} if payload else {"": "Nothing was changed"}
    sheet = _sheet(found, known, {**merged, "reason": sent.get("reason", "")}, missing=missing)
    back = customer_path(payload["new_customer_id"]) if "new_customer_id" in payload else ""
    asked = {"customer_id": customer_id, **payload}
    return sheet, Change("customers.update", asked, done="The customer was changed", back=back)


def _sheet(found: Subject, known: Mapping[str, str], sent: Mapping[str, str], **more: Any) -> Sheet:
    fields = _fields(sent)
    shown = {"numbers": _rows(fields)}
    path = f"{found.root}/edit"
    return sheet_of(found, "edit.html", path, _facts, fields, shown=shown, fields=OF_WIRE, starts=known, **more)


def _facts(scene: Scene) -> Sequence[Row]:
    known = _known(scene.customer)
    said = {**TEXTS, **{name: f"Property {name.removeprefix(METADATA)}" for name in known if name not in TEXTS}}
    return [Row("is", said[name], text or NOTHING) for name, text in known.items()]


def _known(customer: Customer) -> dict[str, str]:
    """What is known of a customer, by its fields; a property of its metadata as `metadata.` and its name."""
    texts = (customer.name, customer.customer_id, customer.email, customer.fingerprint)
    shown = {name: text or "" for name, text in zip(TEXTS, texts, strict=True)}
    return {**shown, **{METADATA + key: as_text(value) for key, value in customer.metadata.items()}}


def _fields(said: Mapping[str, str]) -> dict[str, str]:
    """The fields of the form: the n-th property of metadata as `key.n` and `value.n`."""
    fields = {name: text for name, text in said.items() if not name.startswith(METADATA)}
    properties = [(name.removeprefix(METADATA), text) for name, text in said.items() if name.startswith(METADATA)]
    for number, (key, value) in enumerate(properties):
        fields |= {f"key.{number}": key, f"value.{number}": value}
    return fields


def _rows(sent: Mapping[str, str]) -> list[int]:
    """The numbers of the rows of metadata, with some empty ones behind them."""
    numbers = [n for n in range(MOST_ROWS) if sent.get(f"key.{n}") or sent.get(f"value.{n}")]
    first = numbers[-1] + 1 if numbers else 0
    return [*numbers, *range(first, first + BLANKS)]


def _written(known: Mapping[str, str], sent: Mapping[str, str]) -> dict[str, str]:
    """What was written, by the names of what is known. Raises `InvalidInputs`."""
    written = {name: sent.get(name, known[name]) for name in TEXTS}
    for number in _rows(sent):
        key, value = sent.get(f"key.{number}", ""), sent.get(f"value.{number}", "")
        if not key and not value:
            continue
        if not key or METADATA + key in written:
            what = f"{key!r} twice" if key else "a value without a name"
            raise InvalidInputs({"metadata": f"has {what} and must name each property once"})
        written[METADATA + key] = value
    return written


def _payload(customer: Customer, changes: Mapping[str, str | None]) -> Json:
    """The request that the changes stand for. Raises `InvalidInputs`."""
    payload: Json = {name: text or None for name, text in changes.items() if name in TEXTS and name != "id"}
    if "id" in changes:
        if not changes["id"]:
            raise InvalidInputs({"id": "was empty and must not be: an ID can be changed and not taken away"})
        payload["new_customer_id"] = changes["id"]
    properties = {name.removeprefix(METADATA): text for name, text in changes.items() if name not in TEXTS}
    if properties:
        said = {key: _value(customer.metadata.get(key), text) for key, text in properties.items() if text is not None}
        left = {key: value for key, value in customer.metadata.items() if key not in properties}
        payload["metadata"] = {**left, **said} or None
    return payload


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

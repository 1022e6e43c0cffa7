"""Creating a customer: who is like it already is shown before a second one is made."""

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from flask import Response

from api.dashboard.doing import do
from api.dashboard.forms import beside
from api.dashboard.gate import Visitor, leave_for
from api.dashboard.page import fresh_number, page
from api.errors import status_of
from api.views.shapes import Json
from ledger.core.errors import CustomerNotFound, Refusal
from ledger.store.addresses import CustomerAddress
from projections import reads
from projections.reads import ACCOUNT_MODELS, AccountFilter, AccountRow, Ordering

FIELDS: Final = ("name", "id", "email")
OF_WIRE: Final = {"customer_id": "id"}
MOST_ALIKE: Final = 5


def new_page(visitor: Visitor) -> Response:
    """The empty form."""
    return _form(visitor, {})


def new_form(visitor: Visitor) -> Response:
    """Create the customer and go to it, or show the form again: with what is wrong, or with who is like it already."""
    form = visitor.call.request.form
    given = {name: form.get(name, "").strip() for name in FIELDS}
    if not given["id"] and not given["email"]:
        return _form(visitor, given, {"id": "Give an ID or an email address"}, status=HTTPStatus.BAD_REQUEST)
    if given["id"] and _exists(visitor, given["id"]):
        wrong = {"id": f"{given['id']} is the ID of a customer already"}
        return _form(visitor, given, wrong, status=HTTPStatus.CONFLICT)
    alike = [] if form.get("anyway") else _alike(visitor, given)
    if alike:
        return _form(visitor, given, alike=alike)
    payload = {"customer_id": given["id"] or None, "name": given["name"] or None, "email": given["email"] or None}
    try:
        made = do(visitor, "customers.get_or_create", {key: each for key, each in payload.items() if _said(key, each)})
    except Refusal as refusal:
        return _form(visitor, given, beside(refusal, OF_WIRE), status=status_of(refusal))
    return leave_for(visitor.call.request, f"/customers/{quote(made['id'] or made['internal_id'], safe='')}")


def _said(key: str, value: str | None) -> bool:
    return value is not None or key == "customer_id"


def _exists(visitor: Visitor, customer_id: str) -> bool:
    try:
        visitor.call.look(CustomerAddress(customer_id))
    except CustomerNotFound:
        return False
    return True


def _alike(visitor: Visitor, given: dict[str, str]) -> list[AccountRow]:
    """Customers with the same e-mail address, or with the name within theirs."""
    found: dict[Any, AccountRow] = {}
    with visitor.call.view(ACCOUNT_MODELS) as view:
        for name in ("email", "name"):
            if given[name]:
                rows = reads.accounts(view, AccountFilter(search=given[name]), Ordering(), limit=MOST_ALIKE).items
                found |= {row.stream_id: row for row in rows if _like(row, name, given[name])}
    return list(found.values())[:MOST_ALIKE]


def _like(row: AccountRow, field: str, text: str) -> bool:
    theirs = (row.email if field == "email" else row.name) or ""
    return theirs.lower() == text.lower() if field == "email" else text.lower() in theirs.lower()


def _form(
    visitor: Visitor,
    given: dict[str, str],
    wrong: dict[str, str] | None = None,
    *,
    alike: list[AccountRow] | None = None,
    status: int = HTTPStatus.OK,
) -> Response:
    shown: Json = {
        "visitor": visitor,
        "here": "/customers",
        "given": {name: given.get(name, "") for name in FIELDS},
        "wrong": wrong or {},
        "alike": alike or [],
        "once": visitor.call.request.form.get("once") or fresh_number(),
    }
    return page("customers/new.html", status, **shown)

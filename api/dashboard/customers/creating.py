"""Creating a customer: who is like it already is shown before a second one is made."""

import hashlib
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

from flask import Response

from api.dashboard.doing import Foreseen, do
from api.dashboard.forms import beside, once_after
from api.dashboard.gate import leave_for
from api.dashboard.page import page
from api.dashboard.paths import customer_path
from api.dashboard.visitor import Visitor
from api.errors import status_of
from api.ids import shown_customer
from api.views.shapes import Json
from api.wire.operations import OPERATIONS
from ledger.core.errors import CustomerExists, CustomerNotFound, Refusal
from ledger.store.addresses import CustomerAddress
from projections import reads
from projections.reads import ALIKE_MODELS, Alike

CREATE: Final = "customers.get_or_create"
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
    payload = {"customer_id": given["id"] or None, "name": given["name"] or None, "email": given["email"] or None}
    sent = {key: each for key, each in payload.items() if _said(key, each)}
    try:
        OPERATIONS[CREATE].read(sent)  # nobody is looked for by what cannot be an id, a name or an address
        taken = given["id"] and _exists(visitor, given["id"])
        alike = () if taken or form.get("anyway") == _mark(given) else _alike(visitor, given)
        if alike:
            return _form(visitor, given, alike=alike)
        made = do(visitor, CREATE, sent, agrees=_new)
    except CustomerExists as refusal:
        return _form(
            visitor, given, {"id": f"{given['id']} is the ID of a customer already"}, status=status_of(refusal)
        )
    except Refusal as refusal:
        return _form(visitor, given, beside(refusal, OF_WIRE), status=status_of(refusal))
    path = customer_path(made["id"] or made["internal_id"])
    return leave_for(visitor.call.request, path, "Customer created")


def _new(found: Foreseen) -> None:
    """Raises `CustomerExists` for one that is there already: not so where the same form is sent again."""
    if found.before.exists:
        raise CustomerExists(found.before.customer_id or "")


def _said(key: str, value: str | None) -> bool:
    return value is not None or key == "customer_id"


def _mark(given: dict[str, str]) -> str:
    """What somebody agreed to create all the same: with another name or address they are asked again."""
    return hashlib.sha256(repr((given.get("name"), given.get("email"))).encode()).hexdigest()[:16]


def _exists(visitor: Visitor, customer_id: str) -> bool:
    try:
        visitor.call.look(CustomerAddress(customer_id))
    except CustomerNotFound:
        return False
    return True


def _alike(visitor: Visitor, given: dict[str, str]) -> Sequence[Alike]:
    """Customers with the same e-mail address, or with nearly the same name."""
    with visitor.call.view(ALIKE_MODELS) as view:
        return reads.alike(view, given["name"], given["email"], limit=MOST_ALIKE)


def _shown(like: Alike) -> Json:
    address = shown_customer(like.customer_id, like.stream_id)
    why = "the same email" if like.same_email else "a like name"
    return {"address": address, "name": like.name or like.email or address, "email": like.email, "why": why}


def _form(
    visitor: Visitor,
    given: dict[str, str],
    wrong: dict[str, str] | None = None,
    *,
    alike: Sequence[Alike] = (),
    status: int = HTTPStatus.OK,
) -> Response:
    shown: Json = {
        "visitor": visitor,
        "here": "/customers",
        "given": {name: given.get(name, "") for name in FIELDS},
        "wrong": wrong or {},
        "alike": [_shown(each) for each in alike],
        "mark": _mark(given),
        "once": once_after(visitor.call.request),
    }
    return page("customers/new.html", status, **shown)

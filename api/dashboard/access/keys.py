"""The keys of a ledger: which programs may come in, as what; making one, whose secret is shown once; revoking one."""

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from flask import Response

from api.caller import once
from api.dashboard.access.last_seen import last_acts
from api.dashboard.forms import given, once_after
from api.dashboard.gate import leave_for
from api.dashboard.live.changes import live_path
from api.dashboard.page import page
from api.dashboard.visitor import Visitor
from api.errors import status_of
from api.keys import PREFIXES, create_key, find_key, list_keys, revoke_key
from ledger.core.errors import InvalidInput, Refusal
from ledger.core.settings import Env, Role

HERE: Final = "/keys"
MAY: Final = {
    Role.READ: "reads everything and changes nothing",
    Role.WRITE: "also creates and changes customers: what an application needs",
    Role.ADMIN: "also changes the catalog and the ledger",
}


def list_page(visitor: Visitor) -> Response:
    """The keys in use, then those that were revoked."""
    keys = list_keys(*_place(visitor), by=visitor.call.by)
    ordered = sorted(keys, key=lambda key: key.revoked_at is not None)
    acts = last_acts(visitor, dict.fromkeys(key.name for key in ordered))
    return page(
        "access/keys.html",
        visitor=visitor,
        here=HERE,
        live=live_path(visitor.call),
        keys=[(key, acts.get(key.name)) for key in ordered],
        prefix=PREFIXES[Env(visitor.call.identity.env)],
        may=MAY,
    )


def new_page(visitor: Visitor) -> Response:
    """The empty form."""
    return _new(visitor, {"role": Role.WRITE.value})


def new_form(visitor: Visitor) -> Response:
    """Make the key and show its secret, this once."""
    call, said = visitor.call, given(visitor.call.request)
    name = said.get("name", "")
    try:
        role = _role(said.get("role", ""))
        asked = once(call.request, {"name": name, "role": role.value})
        made = create_key(*_place(visitor), name, role, by=call.by, once=asked)
    except Refusal as refusal:
        return _new(visitor, said, {"name": refusal.sentence}, status_of(refusal))
    return page("access/key_made.html", visitor=visitor, here=HERE, key=made.key, secret=made.secret)


def revoke_page(visitor: Visitor, key_id: str) -> Response:
    """Asks once more."""
    key = find_key(*_place(visitor), key_id, by=visitor.call.by)
    acts = last_acts(visitor, [key.name])
    path = f"{HERE}/{quote(key.key_id, safe='')}/revoke"
    return page("access/revoke.html", visitor=visitor, here=HERE, key=key, path=path, acted_at=acts.get(key.name))


def revoke_form(visitor: Visitor, key_id: str) -> Response:
    """Let nobody in with a key any more; a second time changes nothing."""
    key = find_key(*_place(visitor), key_id, by=visitor.call.by)
    revoke_key(*_place(visitor), key.key_id, by=visitor.call.by)
    return leave_for(visitor.call.request, HERE)


def _place(visitor: Visitor) -> tuple[Any, str]:
    return visitor.call.services.store, visitor.call.identity.ledger.ledger_id


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError:
        raise InvalidInput(f"{text[:40]!r} is not a role: choose one of {', '.join(Role)}") from None


def _new(
    visitor: Visitor, said: dict[str, str], wrong: dict[str, str] | None = None, status: int = HTTPStatus.OK
) -> Response:
    shown: dict[str, Any] = {
        "given": said,
        "wrong": wrong or {},
        "roles": {role.value: f"{role.value.capitalize()}: {MAY[role]}" for role in Role},
        "once": once_after(visitor.call.request),
    }
    return page("access/new_key.html", status, visitor=visitor, here=HERE, **shown)

"""The users of a ledger's dashboard: who may come in, as what; adding one, changing that, letting one in no more."""

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
from api.sessions import LINK_SECONDS, sign_in_link
from api.users import (
    LEAST_PASSWORD_CHARS,
    Way,
    add_user,
    change_role,
    check_password,
    disable_user,
    find_user,
    list_users,
    set_password,
    ways_in,
)
from ledger.core.access import User, UserRole
from ledger.core.errors import InvalidInput, Refusal

HERE: Final = "/users"
MAY: Final = {
    UserRole.VIEWER: "looks at everything and changes nothing",
    UserRole.FINANCE: "also creates and changes customers, plans they are on, balances, saved views",
    UserRole.ADMIN: "also changes the catalog, keys and users",
}
WAYS: Final = {"link": "A link that signs them in once", "password": "A password"}


def list_page(visitor: Visitor) -> Response:
    """Everybody who may come in, and who might once."""
    store, ledger_id = _place(visitor)
    users = list_users(store, ledger_id, by=visitor.call.by)
    ways, acts = ways_in(store, ledger_id), last_acts(visitor, [each.name for each in users])
    return page(
        "access/users.html",
        visitor=visitor,
        here=HERE,
        live=live_path(visitor.call),
        users=[(user, ways.get(user.user_id, Way()), acts.get(user.name)) for user in users],
        may=MAY,
    )


def new_page(visitor: Visitor) -> Response:
    """The empty form."""
    return _new(visitor, {"role": UserRole.VIEWER.value, "way": "link"})


def new_form(visitor: Visitor) -> Response:
    """Add the user: back to the list or, without a password, the link that lets them in."""
    call, said = visitor.call, given(visitor.call.request)
    password = call.request.form.get("password", "") if said.get("way") == "password" else None
    name = said.get("name", "")
    wrong = _wrong_password(password)
    if wrong:
        return _new(visitor, said, wrong, HTTPStatus.BAD_REQUEST)
    store, ledger_id = _place(visitor)
    try:
        role = _role(said.get("role", ""))
        asked = once(call.request, {"name": name, "role": role.value})
        user = add_user(store, ledger_id, name, role, password, by=call.by, once=asked)
    except Refusal as refusal:
        return _new(visitor, said, {"name": refusal.sentence}, status_of(refusal))
    return leave_for(call.request, HERE) if password is not None else _link(visitor, user)


def role_page(visitor: Visitor, user_id: str) -> Response:
    """What a user may do."""
    user = _user(visitor, user_id)
    return _asks(visitor, "access/role.html", user, {"role": user.role.value})


def role_form(visitor: Visitor, user_id: str) -> Response:
    """Let a user do more, or less."""
    user, said = _user(visitor, user_id), given(visitor.call.request)
    try:
        change_role(*_place(visitor), user.user_id, _role(said.get("role", "")), by=visitor.call.by)
    except Refusal as refusal:
        return _asks(visitor, "access/role.html", user, said, {"role": refusal.sentence}, status_of(refusal))
    return leave_for(visitor.call.request, HERE)


def password_page(visitor: Visitor, user_id: str) -> Response:
    """Asks for another password."""
    return _asks(visitor, "access/password.html", _user(visitor, user_id), {})


def password_form(visitor: Visitor, user_id: str) -> Response:
    """Give a user another password; nobody stays signed in as them."""
    user, password = _user(visitor, user_id), visitor.call.request.form.get("password", "")
    wrong = _wrong_password(password)
    if wrong:
        return _asks(visitor, "access/password.html", user, {}, wrong, HTTPStatus.BAD_REQUEST)
    set_password(*_place(visitor), user.user_id, password)
    return leave_for(visitor.call.request, HERE)


def link_page(visitor: Visitor, user_id: str) -> Response:
    """Asks whether a link is wanted: looking at a page makes none."""
    return _asks(visitor, "access/link.html", _user(visitor, user_id), {})


def link_form(visitor: Visitor, user_id: str) -> Response:
    """A link that signs a user in once."""
    return _link(visitor, _user(visitor, user_id))


def disable_page(visitor: Visitor, user_id: str) -> Response:
    """Asks once more."""
    return _asks(visitor, "access/disable.html", _user(visitor, user_id), {})


def disable_form(visitor: Visitor, user_id: str) -> Response:
    """Let a user in no more."""
    user = _user(visitor, user_id)
    try:
        disable_user(*_place(visitor), user.user_id, by=visitor.call.by)
    except Refusal as refusal:
        return _asks(visitor, "access/disable.html", user, {}, {"": refusal.sentence}, status_of(refusal))
    return leave_for(visitor.call.request, HERE)


def _place(visitor: Visitor) -> tuple[Any, str]:
    return visitor.call.services.store, visitor.call.identity.ledger.ledger_id


def _user(visitor: Visitor, user_id: str) -> User:
    """The user who is meant. Raises `UserNotFound`, and `InvalidInput` for one who was disabled."""
    user = find_user(*_place(visitor), user_id, by=visitor.call.by)
    if user.disabled_at is not None:
        raise InvalidInput(f"User {user.name} was disabled: add a user of another name")
    return user


def _role(text: str) -> UserRole:
    try:
        return UserRole(text)
    except ValueError:
        raise InvalidInput(f"{text[:40]!r} is not a role: choose one of {', '.join(UserRole)}") from None


def _wrong_password(password: str | None) -> dict[str, str]:
    try:
        if password is not None:
            check_password(password)
    except InvalidInput as refusal:
        return {"password": refusal.sentence}
    return {}


def _link(visitor: Visitor, user: User) -> Response:
    secret = sign_in_link(*_place(visitor), user.user_id)
    link = f"{visitor.call.request.host_url}sign-in/{quote(secret, safe='')}"
    minutes = LINK_SECONDS // 60
    return page("access/link_made.html", visitor=visitor, here=HERE, user=user, link=link, minutes=minutes)


def _new(
    visitor: Visitor, said: dict[str, str], wrong: dict[str, str] | None = None, status: int = HTTPStatus.OK
) -> Response:
    shown: dict[str, Any] = {
        "given": {name: value for name, value in said.items() if name != "password"},
        "wrong": wrong or {},
        "roles": _roles(),
        "ways": WAYS,
        "least": LEAST_PASSWORD_CHARS,
        "once": once_after(visitor.call.request),
    }
    return page("access/new_user.html", status, visitor=visitor, here=HERE, **shown)


def _roles() -> dict[str, str]:
    return {role.value: f"{role.value.capitalize()}: {MAY[role]}" for role in UserRole}


def _asks(
    visitor: Visitor,
    template: str,
    user: User,
    said: dict[str, str],
    wrong: dict[str, str] | None = None,
    status: int = HTTPStatus.OK,
) -> Response:
    path = f"{HERE}/{quote(user.user_id, safe='')}"
    shown: dict[str, Any] = {"user": user, "path": path, "given": said, "wrong": wrong or {}, "roles": _roles()}
    return page(template, status, visitor=visitor, here=HERE, least=LEAST_PASSWORD_CHARS, **shown)

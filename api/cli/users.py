"""`tallystick users`: who may sign in to the dashboard."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from api.cli.options import Place, at_a_place, reporting
from api.cli.output import Row, report
from ledger.core.access import User, UserRole
from ledger.errors import OperatorError

if TYPE_CHECKING:
    from ledger.store.ledger import Store

ROLES = [role.value for role in UserRole]


@click.group()
def users() -> None:
    """Users: people who sign in to the dashboard, each with a role in one ledger."""


@users.command()
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), default=UserRole.VIEWER.value, show_default=True)
@reporting
@at_a_place
def add(place: Place, *, name: str, role: str, as_json: bool) -> None:
    """Add the user NAME; the password is asked for, or read from the first line of the standard input."""
    from api.cli.database import opened
    from api.cli.ensuring import OPERATOR, chosen
    from api.users import add_user

    password = _password()
    with opened(place) as store:
        ledger_id = chosen(store, place.ledger_id).ledger_id
        user = add_user(store, ledger_id, name, UserRole(role), password, by=OPERATOR)
    report([_row(ledger_id, user)], as_json=as_json)


@users.command()
@click.argument("user", metavar="USER")
@at_a_place
def password(place: Place, *, user: str) -> None:
    """Give USER, by id or name, another password; nobody stays signed in as them."""
    from api.users import set_password

    given = _password()
    with _found(place, user) as (store, ledger_id, user_id):
        set_password(store, ledger_id, user_id, given)


@users.command(name="list")
@reporting
@at_a_place
def list_(place: Place, *, as_json: bool) -> None:
    """List the users, disabled ones too."""
    from api.cli.database import opened
    from api.cli.ensuring import OPERATOR, chosen_ids
    from api.users import list_users

    with opened(place) as store:
        found = [
            _row(ledger_id, user)
            for ledger_id in chosen_ids(store, place.ledger_id)
            for user in list_users(store, ledger_id, by=OPERATOR)
        ]
    report(found, as_json=as_json, none="There is no user yet: tallystick users add NAME")


@users.command()
@click.argument("user", metavar="USER")
@click.argument("role", type=click.Choice(ROLES))
@reporting
@at_a_place
def role(place: Place, *, user: str, role: str, as_json: bool) -> None:
    """Let USER, by id or name, do what ROLE may do."""
    from api.cli.ensuring import OPERATOR
    from api.users import change_role

    with _found(place, user) as (store, ledger_id, user_id):
        changed = change_role(store, ledger_id, user_id, UserRole(role), by=OPERATOR)
    report([_row(ledger_id, changed)], as_json=as_json)


@users.command()
@click.argument("user", metavar="USER")
@reporting
@at_a_place
def disable(place: Place, *, user: str, as_json: bool) -> None:
    """Let USER, by id or name, in no more; what they did stays under their name."""
    from api.cli.ensuring import OPERATOR
    from api.users import disable_user

    with _found(place, user) as (store, ledger_id, user_id):
        disabled = disable_user(store, ledger_id, user_id, by=OPERATOR)
    report([_row(ledger_id, disabled)], as_json=as_json)


@users.command()
@click.argument("user", metavar="USER")
@click.option("--url", default="http://127.0.0.1:8000", show_default=True, help="Where the dashboard is served.")
@at_a_place
def link(place: Place, *, user: str, url: str) -> None:
    """Print a link that signs USER, by id or name, in once, within a quarter of an hour."""
    from api.sessions import sign_in_link

    with _found(place, user) as (store, ledger_id, user_id):
        secret = sign_in_link(store, ledger_id, user_id)
    click.echo(f"{url.rstrip('/')}/sign-in/{secret}")


@contextmanager
def _found(place: Place, asked: str) -> Iterator[tuple["Store", str, str]]:
    """The opened store, the ledger that is meant, and the id of its user of this id or name."""
    from api.cli.database import opened
    from api.cli.ensuring import OPERATOR, chosen
    from api.users import list_users

    with opened(place) as store:
        ledger_id = chosen(store, place.ledger_id).ledger_id
        yield store, ledger_id, _user_id(list_users(store, ledger_id, by=OPERATOR), asked)


def _password() -> str:
    if sys.stdin.isatty():
        given: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        return given
    return sys.stdin.readline().rstrip("\n")


def _user_id(found: Sequence[User], asked: str) -> str:
    """The id of the user of this id or name."""
    for user in found:
        if asked in (user.user_id, user.name):
            return user.user_id
    raise OperatorError(f"There is no user {asked}: `tallystick users list` says who there is.")


def _row(ledger_id: str, user: User) -> Row:
    return {
        "ledger": ledger_id,
        "user": user.user_id,
        "name": user.name,
        "role": user.role.value,
        "created_at": user.created_at,
        "disabled_at": user.disabled_at,
    }

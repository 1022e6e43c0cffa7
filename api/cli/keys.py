"""`tallystick keys`: the API keys of a ledger."""

from collections.abc import Sequence

import click

from api.cli.options import Place, at_a_place, reporting
from api.cli.output import Row, report
from ledger.core.settings import Key, Role
from ledger.errors import OperatorError

ROLES = [role.value for role in Role]


@click.group()
def keys() -> None:
    """API keys: each bound to one ledger, with a name that stands on what it does, and a role."""


@keys.command()
@click.option("--name", required=True, help="Who or what will use it; the actor of its events.")
@click.option("--role", type=click.Choice(ROLES), default=Role.WRITE.value, show_default=True)
@reporting
@at_a_place
def create(place: Place, *, name: str, role: str, as_json: bool) -> None:
    """Make a key and print its secret, which is shown this once and kept nowhere."""
    from api.cli.database import opened
    from api.cli.ensuring import OPERATOR, chosen
    from api.keys import create_key

    with opened(place) as store:
        ledger_id = chosen(store, place.ledger_id).ledger_id
        made = create_key(store, ledger_id, name, Role(role), by=OPERATOR)
    if as_json:
        report([{**_row(ledger_id, made.key), "secret": made.secret}], as_json=True)
    else:
        click.echo(made.secret)


@keys.command(name="list")
@reporting
@at_a_place
def list_(place: Place, *, as_json: bool) -> None:
    """List the keys, revoked ones too; secrets are kept nowhere."""
    from api.cli.database import opened
    from api.cli.ensuring import OPERATOR, chosen_ids
    from api.keys import list_keys

    with opened(place) as store:
        found = [
            _row(ledger_id, key)
            for ledger_id in chosen_ids(store, place.ledger_id)
            for key in list_keys(store, ledger_id, by=OPERATOR)
        ]
    report(found, as_json=as_json, none="There is no key yet: tallystick keys create --name NAME")


@keys.command()
@click.argument("key", metavar="KEY")
@reporting
@at_a_place
def revoke(place: Place, *, key: str, as_json: bool) -> None:
    """Revoke KEY, by its id or its name: within a second no server takes it any more."""
    from api.cli.database import opened
    from api.cli.ensuring import OPERATOR, chosen
    from api.keys import list_keys, revoke_key

    with opened(place) as store:
        ledger_id = chosen(store, place.ledger_id).ledger_id
        key_id = _key_id(list_keys(store, ledger_id, by=OPERATOR), key)
        revoked = revoke_key(store, ledger_id, key_id, by=OPERATOR)
    report([_row(ledger_id, revoked)], as_json=as_json)


def _key_id(found: Sequence[Key], asked: str) -> str:
    """The id of the key of this id; else of the one in use that has this name."""
    if any(key.key_id == asked for key in found):
        return asked
    named = [key.key_id for key in found if key.name == asked and key.revoked_at is None]
    if not named:
        raise OperatorError(f"There is no key {asked} in use: `tallystick keys list` says which there are.")
    return named[0]


def _row(ledger_id: str, key: Key) -> Row:
    return {
        "ledger": ledger_id,
        "key": key.key_id,
        "name": key.name,
        "role": key.role.value,
        "created_at": key.created_at,
        "revoked_at": key.revoked_at,
    }
